"""Ends joins by Ctrl-C and SIGTERM before, during and after send_join, and goes on from the folder that they leave.

Exit code: 0 all hold, 1 one does not.
"""

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

sys.dont_write_bytecode = True  # the sources' directory stays as it is

from certificates import Authority  # noqa: E402
from servers import ADDRESS, Proxy  # noqa: E402
from world import Failed, own_sandbox  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = [signal.SIGINT, signal.SIGTERM]
# A run has to end so soon after a signal, in seconds.
PROMPT = 3


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    fedjoin = parser.parse_args().fedjoin.resolve()
    failed = 0
    for place in PLACES:
        for number in SIGNALS:
            with tempfile.TemporaryDirectory() as name:
                directory = Path(name)
                what = f"{number.name} {place.where}"
                try:
                    with own_sandbox(fedjoin, directory, Authority(directory)) as world:
                        check(world, place, number)
                    print(f"ok   {what}", flush=True)
                except Failed as error:
                    failed += 1
                    print(f"FAIL {what}: {error}", flush=True)
    print(f"{len(PLACES) * len(SIGNALS) - failed} of {len(PLACES) * len(SIGNALS)} signals hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
