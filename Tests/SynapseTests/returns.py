"""The checks of who comes and goes: in again, in twice, out without having been in, out after a ban."""

from checks import check, expect_joined, expect_left, expect_refused, membership
from detour import detour
from joiner import expect, expect_equal
from rooms import act, create, member_event


def rejoins(version, world, joiner):
    room = create(world.a, version)
    first = expect_joined(joiner.join(room.alias), room, joiner)
    joiner.leave(room.id, room.resident).expect_exit(0)
    expect_left(room, joiner)
    second = expect_joined(joiner.join(room.alias), room, joiner)
    expect(first["event_id"] != second["event_id"], "the second join is the first one")
    joiner.leave(room.id, room.resident).expect_exit(0)
    expect_left(room, joiner)


for number in ["1", "6", "11", "12"]:
    check(f"joins a room of version {number} again after it has left it, and leaves it again", number)(rejoins)


@check("does not get in by the join of before once it has left")
def old_join(world, joiner):
    room, folder = create(world.a), joiner.site.directory / "old-join"
    expect_joined(joiner.join(room.alias, "--save", folder), room, joiner)
    joiner.leave(room.id, room.resident).expect_exit(0)
    network = ["--cacert", joiner.site.authority.certificate, *joiner.serving, "--linger", "0"]
    run = joiner.run("send-join", folder / "event.json", "-N", joiner.name, "--signing-key", joiner.signing_key, *network)
    expect_equal("exit code", run.exit, 0)
    expect_left(room, joiner)


def joins_twice(version, world, joiner):
    room = create(world.a, version)
    expect_joined(joiner.join(room.alias), room, joiner)
    event = expect_joined(joiner.join(room.alias, "--display-name", "Twice"), room, joiner, displayname="Twice")
    named = member_event(room.resident, room.id, joiner.user)
    expect_equal("Synapse's event id", named["event_id"], event["event_id"])
    joiner.leave(room.id, room.resident).expect_exit(0)
    expect_left(room, joiner)


for number in ["1", "11", "12"]:
    check(f"joins a room of version {number} that it is in, and one leave is enough", number)(joins_twice)


def leaves_in_vain(joins, action, left, world, joiner):
    room = create(world.a)
    if joins:
        expect_joined(joiner.join(room.alias), room, joiner)
    if action:
        act(world.a, room.id, action, user_id=joiner.user)
    run = joiner.leave(room.id, room.resident)
    expect_refused(run, "make_leave", 46, "M_FORBIDDEN", "not in room")
    run.expect_end(joined=False, side="ours")
    expect_equal("the hint", run.stage("make_leave")["hints"][0], "not-in-room")
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), left)


for name, *how in [
    ("it was never in", False, None, None), ("it was kicked from", True, "kick", "leave"),
    ("it was banned from", True, "ban", "ban"), ("it was banned from before it came", False, "ban", "ban"),
]:  # fmt: skip
    check(f"has nothing to leave in a room that {name}, and says so", *how)(leaves_in_vain)


@check("stays banned when it was banned while it left")
def banned_while_leaving(world, joiner):
    """By its auth events the leave stands, so that Synapse takes it, and the ban counts: out are we by both."""
    room = create(world.a)
    expect_joined(joiner.join(room.alias), room, joiner)
    ban = lambda: act(world.a, room.id, "ban", user_id=joiner.user)  # noqa: E731
    with detour(world.a, joiner.certificate, lambda answer: None, before={"/send_leave/": ban}) as way:
        run = joiner.leave(room.id, room.resident, "--connect-to", way)
    run.expect_exit(0)
    run.expect_end(joined=False)
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), "ban")
