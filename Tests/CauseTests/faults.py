"""Cuts the exchange of send_join at each place, and checks what is said of the join, and that one more try ends it.

Exit code: 0 all hold, 1 one does not.
"""

import argparse
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.dont_write_bytecode = True  # the sources' directory stays as it is

from servers import ADDRESS, Proxy  # noqa: E402
from world import Failed, hold  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = (504, {"Content-Type": "text/html"}, b"<html>504 Gateway Time-out</html>")


@dataclass
class Fault:
    """Where the exchange is cut, and what a join without another try has to say of it."""

    where: str
    # Whether the resident gets the request.
    arrives: bool
    # What becomes of its answer; None breaks the connection off.
    answer: object
    exit: int
    sent: object
    joined: object
    # Of its body, how many bytes in a hundred are sent.
    part: int = 100
    # Of the request, what is read: CONNECTION nothing, HEAD not its body.
    stops_at: object = None

    @property
    def times(self):
        """A connection that was used before and breaks off without a byte is one that libcurl makes anew, by itself."""
        return 2 if self.answer is None and self.stops_at != CONNECTION else 1


CONNECTION, HEAD = "connection", "head"
FAULTS = [
    Fault("before the first byte", False, None, 82, False, False, stops_at=CONNECTION),
    Fault("in the middle of the request", False, None, 82, True, False, stops_at=HEAD),
    Fault("before the request arrives", False, None, 82, True, False),
    Fault("in place of the resident, which gets nothing", False, GATEWAY, 88, True, False),
    Fault("before the answer", True, None, 82, True, True),
    Fault("in place of the answer", True, GATEWAY, 88, True, True),
    Fault("in the answer, after its head", True, True, 82, True, True, part=0),
    Fault("in the middle of the answer", True, True, 82, True, True, part=50),
    Fault("before the last bytes of the answer", True, True, 82, True, True, part=99),
    Fault("after the answer", True, True, 0, True, True),
]


class Cutting(Proxy):
    """A reverse proxy that cuts so many exchanges of send_join as it is told, and notes the events that it is sent."""

    def __init__(self, certificate, upstream, fault, times):
        self.fault, self.times, self.events, self.has_template = fault, times, [], False
        super().__init__(certificate, upstream)

    def turns_away(self):
        """The connection for the request that is not to have a byte of it: that of the template was closed."""
        if self.fault.stops_at != CONNECTION or not self.has_template or self.times < 1:
            return False
        self.times -= 1
        return True

    def reads(self, handler):
        if self.fault.stops_at != HEAD or handler.command != "PUT" or self.times < 1:
            return True
        self.times -= 1
        self.events.append(handler.path.rsplit("/", 1)[1])
        handler.rfile.read(int(handler.headers["Content-Length"]) // 2)
        return False

    def forward(self, asked):
        if asked.method != "PUT":
            status, headers, body = super().forward(asked)
            if self.fault.stops_at == CONNECTION:
                headers = {**headers, "Connection": "close"}
                self.has_template = self.has_template or "/make_join/" in asked.target
            return status, headers, body
        self.events.append(asked.target.rsplit("/", 1)[1])
        self.times -= 1
        if self.times < 0 or self.fault.stops_at:
            return super().forward(asked)
        given = super().forward(asked) if self.fault.arrives else None
        if self.fault.answer is not True:
            return self.fault.answer
        status, headers, body = given
        if self.fault.part == 100:
            return status, {**headers, "Connection": "close"}, body
        length = {"Content-Length": str(len(body)), "Connection": "close"}
        return status, {**headers, **length}, body[: len(body) * self.fault.part // 100]


def expect(condition, why):
    if not condition:
        raise Failed(why)


def join(world, fault, *options):
    certificate = world.authority.issue(ADDRESS)
    proxy = world.start(Cutting(certificate, world.sandbox.name, fault, fault.times))
    way = ["--connect-to", f"{world.sandbox.name}:{proxy.place}", "-o", "ndjson"]
    return world.run(world.join("#v11", *way, *options)), proxy.events


def check(world, fault):
    """Once without another try, and once with one: the same event again, after which we are in the room."""
    run, events = join(world, fault)
    expect(run.exit == fault.exit, f"exit {run.exit}, not {fault.exit}: {run.stderr}")
    said = (run.end["sent"], run.end["joined"])
    expect(said == (fault.sent, fault.joined), f"sent and joined are {said}, not {(fault.sent, fault.joined)}")
    sent = fault.times if fault.sent else 0
    expect(len(events) == sent and len(set(events)) == min(sent, 1), f"these events were sent: {events}")
    if not fault.exit:
        return
    asked = [c["result"] for c in run.checks("outcome")]
    wanted = ["pass" if fault.joined else "fail"] if fault.sent else []
    expect(asked == wanted, f"the resident was asked, and said {asked}")
    if fault.stops_at == CONNECTION:
        expect("fedjoin explain connection-lost" in run.stderr, f"a cut is not what it tells: {run.stderr}")
    run, events = join(world, fault, "--retry", "1")
    expect(run.exit == 0 and run.end["joined"] is True, f"another try ends with {run.exit}: {run.stderr}")
    expect(len(events) == sent + 1 and len(set(events)) == 1, f"another try sent another event: {events}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    fedjoin = parser.parse_args().fedjoin.resolve()
    rows = [(f"cut {fault.where}", partial(check, fault=fault)) for fault in FAULTS]
    return hold(fedjoin, rows, "places")


if __name__ == "__main__":
    sys.exit(main())
