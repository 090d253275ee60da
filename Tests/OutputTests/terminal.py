"""What fedjoin says while it runs: to a terminal, to a pipe, and to whoever goes away."""

import os
import pty
import select
import subprocess
import time


class Watched:
    """A run whose standard error is a terminal, and what came of both streams with the times since its start."""

    def __init__(self, world, arguments, terminal=True):
        main, worker = pty.openpty() if terminal else os.pipe()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in (world.fedjoin, *arguments)], env={**world.environment, "TERM": "xterm"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=worker,
        )  # fmt: skip
        os.close(worker)
        self.errors, self.out = main, self.process.stdout.fileno()
        self.said = {self.errors: [], self.out: []}

    def until(self, stream, text, seconds=20):
        """Reads on until a stream has said `text`; whether it did before it ended."""
        end = time.monotonic() + seconds
        while text not in self.text(stream) and time.monotonic() < end and self.read(end):
            pass
        return text in self.text(stream)

    def read(self, end):
        ready, _, _ = select.select(list(self.said), [], [], max(0, end - time.monotonic()))
        for stream in ready:
            try:
                part = os.read(stream, 65_536)
            except OSError:  # a terminal that nobody writes to any more
                part = b""
            if not part:
                self.ended.setdefault(stream, "".join(self.said.pop(stream)))
            else:
                self.said[stream].append(part.decode(errors="replace"))
        return bool(ready) and bool(self.said)

    ended: dict

    def text(self, stream):
        return self.ended[stream] if stream in self.ended else "".join(self.said[stream])

    def __enter__(self):
        self.ended = {}
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        os.close(self.errors)
