"""What fedjoin says while it runs: to a terminal, to a pipe, and to whoever goes away."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import outputs
from checks import check, expect
from servers import ADDRESS, NameServer, WebServer, json_answer, stalled


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


def stalling(w, seconds):
    """The arguments of a join whose directory answer takes so long."""
    server = w.start(WebServer(lambda asked: stalled(seconds)(asked, json_answer("{}")), w.authority.issue(ADDRESS)))
    return w.join(f"#x:{server.place}", "--no-self-check", serves=False, named=True), server.place


@check("a terminal is told what is awaited, and nobody else")
def waiting(w):
    arguments, place = stalling(w, 5)
    with Watched(w, arguments) as run:
        expect(run.until(run.errors, f"\rwaiting for {place}, 2 s\x1b[K"), run.text(run.errors))
        expect("waiting" not in run.text(run.out), "stdout has it, too")
    silent = w.start(NameServer({("x.example", "A"): "silence", ("x.example", "AAAA"): "silence"}))
    slow = w.join("#x:x.example:8448", "--no-self-check", "--dns-server", silent.place, serves=False, named=True)
    with Watched(w, slow) as run:
        expect(run.until(run.errors, "\rwaiting for the address of x.example, 1 s\x1b[K"), run.text(run.errors))
    for options, terminal in ((["-q"], True), (["-qq"], True), ([], False)):
        with Watched(w, [*arguments, "--max-time", "3", *options], terminal) as run:
            run.until(run.out, "\0", 10)
            expect("waiting" not in run.text(run.errors), f"{options}: {run.text(run.errors)!r}")


@check("a terminal is told how far a large room is, in a line that goes away")
def verifying(w):
    answer = large_answer(w.directory / "large.json")
    arguments = ["verify", answer, "--room-version", "11", "--offline"]
    with Watched(w, arguments) as run:
        run.until(run.errors, "\0", 60)
        said = run.text(run.errors)
        line, _, rest = said.rpartition("\r\x1b[K")
        expect(re.fullmatch(r"(\r(received|verifying) [0-9/]+ (KiB|events)\x1b\[K)+", line), said[:500])
        expect(rest.startswith("fedjoin: error: verify: there is no create event"), rest)
        run.until(run.out, "\0", 5)
        expect("verifying " not in run.text(run.out), "stdout has it, too")
    for options, terminal in ((["-q"], True), ([], False)):
        with Watched(w, [*arguments, *options], terminal) as run:
            run.until(run.errors, "\0", 60)
            said = run.text(run.errors)
            expect(not re.search(r"received|verifying|\x1b", said), f"{options}: {said[:500]}")
    answer.unlink()


def large_answer(path, count=60_000):
    """An answer with so many events, which take some seconds to judge, and no create event."""
    event = {
        "type": "m.room.topic", "room_id": "!r:a.example", "sender": "@u:a.example", "content": {"topic": "x" * 500},
        "depth": 1, "origin_server_ts": 1, "prev_events": [], "auth_events": [], "hashes": {"sha256": "A" * 43},
        "signatures": {"a.example": {"ed25519:k": "A" * 86}}, "state_key": "STATE KEY",
    }  # fmt: skip
    before, after = json.dumps(event).split("STATE KEY")
    state = ",".join(f"{before}{i}{after}" for i in range(count))
    path.write_text(f'{{"state":[{state}],"auth_chain":[]}}')
    return path


@check("records are there when they happen, not when the run ends")
def flushed(w):
    arguments, _ = stalling(w, 30)
    with Watched(w, [*arguments, "-o", "ndjson"]) as run:
        expect(run.until(run.out, '"stage":"directory","t"') and run.process.poll() is None, run.text(run.out))
        expect(run.text(run.out).endswith("\n"), "the last line is not whole")


@check("Ctrl-C ends a run at once, and the reports are written")
def interrupted(w):
    arguments, _ = stalling(w, 30)
    har, junit = w.directory / "c.har", w.directory / "c.xml"
    for quiet in ([], ["-q"]):
        with Watched(w, [*arguments, "-o", "ndjson", *quiet, "--har", har, "--report-junit", junit]) as run:
            run.until(run.errors, "waiting", 3)
            run.process.send_signal(signal.SIGINT)
            expect(run.process.wait(5) == 130, f"exit {run.process.returncode}")
            run.until(run.out, "\0", 5)
            outputs.check_har(har, outputs.check_records(run.text(run.out)))
            expect("stopped by SIGINT" in outputs.check_junit(junit), "the report does not say why")
            har.unlink(), junit.unlink()


@check("colours are for terminals")
def colours(w):
    main, worker = pty.openpty()
    environment = {**w.environment, "TERM": "xterm"}
    for changes, is_coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        subprocess.run([w.fedjoin, "demo"], env={**environment, **changes}, stdout=worker, check=True)
        said = os.read(main, 1 << 20)
        while select.select([main], [], [], 0.2)[0]:
            said += os.read(main, 1 << 20)
        expect((b"\x1b[32m ok\x1b[0m " in said) == is_coloured, f"{changes}: {said[:200]}")
    os.close(main), os.close(worker)


@check("who closes a stream early is no error")
def closed_streams(w):
    for arguments in (["demo"], ["demo", "-o", "ndjson"], ["demo", "-vv"], ["help", "join"], ["explain"]):
        process = subprocess.Popen(
            [w.fedjoin, *arguments], env=w.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        expect(process.wait() == 0 and not said, f"{arguments}: exit {process.returncode}, {said}")
