"""What a check is, and what checks expect of fedjoin and of Synapse."""

from dataclasses import dataclass
from functools import partial
from typing import Callable

from joiner import expect, expect_equal
from rooms import member_event


@dataclass(frozen=True)
class Check:
    name: str
    function: Callable  # (world, joiner), raising Failed
    alone: bool = False  # before other checks change the rooms


CHECKS = []


def check(name, *arguments, alone=False):
    """Registers a function as a check; given twice, it is two checks."""

    def register(function):
        CHECKS.append(Check(name, partial(function, *arguments), alone))
        return function

    return register


def membership(server, room, user):
    event = member_event(server, room.id, user)
    return event and event["content"]["membership"]


def expect_joined(run, room, joiner, result="pass", **content):
    """fedjoin says so, and the resident server has this very event."""
    expect_equal("exit code", run.exit, 0)
    run.expect_end(
        result=result, exit=0, sent=True, joined=True, verified=True,
        room_id=room.id, room_version=room.version,
    )  # fmt: skip
    event = member_event(room.resident, room.id, joiner.user)
    expect(event, f"Synapse has no member event of {joiner.user}")
    expect_equal("Synapse's membership", event["content"]["membership"], "join")
    expect_equal("Synapse's event id", event["event_id"], run.end.get("event_id"))
    for field, wanted in content.items():
        expect_equal(f"content.{field} in Synapse", event["content"].get(field), wanted)
    return event


def expect_nothing_sent(run):
    run.expect_end(sent=False)
    expect(not run.end.get("joined"), "run_end says joined")
    expect("PUT" not in run.methods, f"there was a PUT among the requests: {run.methods}")


def expect_left(room, joiner):
    expect_equal("Synapse's membership", membership(room.resident, room, joiner.user), "leave")


def expect_refused(run, stage, code, errcode, words):
    run.expect_exit(code)
    run.expect_end(result="fail", failed_stage=stage)
    end = run.stage(stage)
    expect_equal(f"errcode of {stage}", end.get("errcode"), errcode)
    expect(words in (end.get("remote_error") or ""), f"remote_error does not say {words!r}")
    expect_nothing_sent(run)


def expect_cause(run, code, cause, side):
    """What a person is pointed to, and whose fault it is."""
    run.expect_exit(code)
    expect_equal("the hint", run.stage(run.end.get("failed_stage"))["hints"], [cause])
    run.expect_end(side=side)
    expect_nothing_sent(run)
