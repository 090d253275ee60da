"""Ends joins by Ctrl-C and SIGTERM before, during and after send_join, and goes on from the folder that they leave.

Exit code: 0 all hold, 1 one does not.
"""

import argparse
import fcntl
import json
import os
import random
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

sys.dont_write_bytecode = True  # the sources' directory stays as it is

from servers import ADDRESS, Proxy  # noqa: E402
from world import Failed, hold  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = [signal.SIGINT, signal.SIGTERM]
# A run has to end so soon after a signal, in seconds.
PROMPT = 3
# So often does one arrive while a join stays up for its key, and so soon has it to end then.
LINGERS, LINGER_PROMPT = 25, 1


@dataclass
class Place:
    """Where a signal arrives, and what has to be said of the join then."""

    where: str
    # The request at which it does.
    target: str
    # Of what the resident answers that request, how many bytes in a hundred arrive before; None: it does not get it.
    part: object
    sent: object
    joined: object
    kept: bool
    taken: bool


KEYS = "/_matrix/key/v2/server"
PLACES = [
    Place("while the alias is asked for", "/query/directory", None, False, False, False, False),
    Place("while a template is asked for", "/make_join/", None, False, False, False, False),
    Place("before our event has arrived", "/send_join/", None, None, None, True, False),
    Place("after our event has arrived", "/send_join/", 0, None, None, True, True),
    Place("in the middle of the answer", "/send_join/", 50, None, None, True, True),
    Place("after the answer", KEYS, None, True, True, True, True),
]


def expect(condition, why):
    if not condition:
        raise Failed(why)


class Holding(Proxy):
    """A reverse proxy that calls `reached` at one place, and holds what it has until `go_on`."""

    def __init__(self, certificate, upstream, place, reached):
        self.cut, self.reached, self.go_on = place, reached, threading.Event()
        self.events, self.moment = [], None
        super().__init__(certificate, upstream)

    def hold(self):
        # What arrived before has been read by then.
        time.sleep(0.3)
        self.moment = time.monotonic()
        self.reached()
        self.go_on.wait(20)

    def forward(self, asked):
        if asked.method == "PUT":
            self.events.append(unquote(asked.target.split("?")[0].rsplit("/", 1)[1]))
        if self.go_on.is_set() or self.cut.target not in asked.target:
            return super().forward(asked)
        if self.cut.part is None:
            self.hold()
            return None
        status, headers, body = super().forward(asked)
        half = len(body) * self.cut.part // 100
        return status, {**headers, "Content-Length": len(body)}, self.parts(body[:half])

    def parts(self, body):
        yield body
        self.hold()


class Case:
    """One join that a signal ends, and what can be done from there."""

    def __init__(self, world, place, number, name):
        self.world, self.place, self.number = world, place, number
        self.folder = world.directory / name
        interrupt = lambda: world.interrupt(number)  # noqa: E731
        self.proxy = world.start(Holding(world.authority.issue(ADDRESS), world.sandbox.name, place, interrupt))
        self.way = ["--connect-to", f"{world.sandbox.name}:{self.proxy.place}"]
        self.identity = ["--signing-key", world.key, "--cacert", world.trusted, *self.way]
        self.serving = ["--listen", world.name, "--linger", "0"]

    def interrupted(self):
        arguments = self.world.join("#v11", *self.way, "--save", self.folder, "-o", "ndjson")
        run = self.world.run(arguments)
        took = time.monotonic() - self.proxy.moment
        self.proxy.go_on.set()
        expect(run.exit == 128 + self.number, f"exit {run.exit}, not {128 + self.number}: {run.stderr}")
        expect(took < PROMPT, f"it ends {took:.1f} s after the signal")
        judged = [c for c in run.records if c["type"] == "check" and c["stage"] == "verify" and c["result"] != "pass"]
        judged += [c for c in run.records if c["type"] == "check" and "cancelled" in c["detail"]]
        expect(not judged, f"what was not looked at is judged: {judged}")
        said = (run.end["sent"], run.end["joined"])
        wanted = (self.place.sent, self.place.joined)
        expect(said == wanted, f"sent and joined are {said}, not {wanted}")
        shown = self.world.run(["show", self.folder, "-o", "ndjson"])
        expect((shown.exit, shown.stdout) == (0, run.stdout), "show shows another run")
        self.room, self.resident = run.end["room_id"], self.world.sandbox.name

    @property
    def event(self):
        path = self.folder / "event.json"
        return json.loads(path.read_text())["event_id"] if path.exists() else None

    def again(self):
        return self.world.run(
            ["send-join", self.folder / "event.json", "-N", self.world.name, *self.identity, *self.serving]
        )

    def leave(self):
        return self.world.run(["leave", self.folder, "-o", "ndjson", *self.identity, *self.serving])

    def rests_on(self):
        """The events that a new template of ours rests on: our join, where there is one."""
        server = ["-N", self.world.name, "--signing-key", self.world.key, "--cacert", self.world.trusted]
        run = self.world.run(["make-join", self.room, "--via", self.resident, *server])
        expect(run.exit == 0, f"make-join ends with {run.exit}: {run.stderr}")
        return json.loads(run.stdout)["event"]["auth_events"]

    # ------------------------------------------------------------ what is done from there

    def check_nothing_sent(self):
        for run in (self.again(), self.leave()):
            expect(run.exit == 66, f"without an event, {run.command[1]} ends with {run.exit}: {run.stderr}")
        expect(not self.proxy.events, "an event was sent")

    def check_again_and_leave(self):
        run = self.again()
        expect(run.exit == 0, f"send-join ends with {run.exit}: {run.stderr}")
        expect(set(self.proxy.events) == {self.event}, f"these events were sent: {self.proxy.events}")
        expect(self.event in self.rests_on(), "the resident does not have our join")
        self.check_leave()

    def check_leave(self):
        run = self.leave()
        expect(run.exit == 0, f"leave ends with {run.exit}: {run.stderr}")
        expect(run.end["joined"] is False, "leave does not say that we are out")
        rest = self.rests_on()
        expect(self.event not in rest and run.end["event_id"] in rest, "the resident has not let us go")

    def check_leave_of_none(self):
        """Nothing that would have to be undone has arrived."""
        run = self.leave()
        expect(run.exit == 46, f"leave ends with {run.exit}: {run.stderr}")
        expect(run.end["joined"] is False, f"leave says {run.end}")
        expect("fedjoin explain not-in-room" in run.stderr, f"leave does not say why: {run.stderr}")


def check(world, place, number):
    if not place.kept:
        case = Case(world, place, number, "run")
        case.interrupted()
        expect(case.event is None, "there is an event")
        return case.check_nothing_sent()
    case = Case(world, place, number, "sent-again")
    case.interrupted()
    case.check_again_and_leave()
    case = Case(world, place, number, "left")
    case.interrupted()
    case.check_leave() if place.taken else case.check_leave_of_none()


def check_linger(world, number):
    """Ctrl-C ends the time that a join stays up, at whichever moment of it: also at once, when the join has just ended."""
    for _ in range(LINGERS):
        arguments = [*world.join("#v11", serves=False), "--listen", world.name, "--linger", "20", "-o", "ndjson"]
        command = [str(word) for word in (world.fedjoin, *arguments)]
        with subprocess.Popen(command, env=world.environment, text=True, stdout=subprocess.PIPE) as process:
            for line in process.stdout:
                if json.loads(line)["type"] == "linger":
                    break
            wait = random.choice([0, random.uniform(0, 0.02), random.uniform(0, 0.5)])
            time.sleep(wait)
            began = time.monotonic()
            process.send_signal(number)
            end = json.loads(process.stdout.read().splitlines()[-1])
        took = time.monotonic() - began
        expect(took < LINGER_PROMPT, f"{wait * 1000:.0f} ms into the linger, it ends after {took:.1f} s")
        expect((process.returncode, end["type"]) == (0, "run_end"), f"exit {process.returncode} after {end}")


def check_second(world, number):
    """A run that cannot hear of the first, since nobody reads what it writes, is ended by the second."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    command = [world.fedjoin, "demo", "-o", "ndjson", "-vvv"]
    with subprocess.Popen(command, env=world.environment, stdout=writing) as process:
        filled = b""
        while struct.unpack("i", filled or bytes(4))[0] < 3000:
            time.sleep(0.05)
            filled = fcntl.ioctl(reading, termios.FIONREAD, bytes(4))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        expect(process.poll() is None, f"the first ends it: {process.returncode}")
        process.send_signal(number)
        try:
            process.wait(PROMPT)
        except subprocess.TimeoutExpired:
            process.kill()
    os.close(reading)
    os.close(writing)
    expect(process.returncode == -number, f"the second leads to {process.returncode}")


def rows():
    """What is checked, in words, and how."""
    for place in PLACES:
        for number in SIGNALS:
            yield f"{number.name} {place.where}", lambda world, of=(place, number): check(world, *of)
    for number in SIGNALS:
        yield f"{number.name} while a join stays up", lambda world, of=number: check_linger(world, of)
        yield f"{number.name} after another one", lambda world, of=number: check_second(world, of)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    fedjoin = parser.parse_args().fedjoin.resolve()
    return hold(fedjoin, list(rows()), "signals")


if __name__ == "__main__":
    sys.exit(main())
