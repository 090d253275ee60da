"""Knocks and invites: a real homeserver takes the one and sends the other."""

import time

from checks import check, expect_joined, expect_left, expect_refused, membership
from joiner import expect, expect_equal
from rooms import act, create, join_from, quoted, stored_event, with_join_rule

NAME = "Zoë 🦊 測試"


def invite(server, room, joiner):
    """The admin of `server` invites the joiner, whose server is asked to sign that."""
    act(server, room.id, "invite", user_id=joiner.user)


def expect_knocked(run, room, joiner):
    run.expect_exit(0)
    run.expect_end(sent=True, joined=False, room_id=room.id, room_version=room.version)
    expect_equal("Synapse's membership", membership(room.resident, room, joiner.user), "knock")
    (shown,) = run.of_type("stripped_state")
    types = {event["type"] for event in shown["events"]}
    expect({"m.room.create", "m.room.join_rules"} <= types, f"only {types} are shown of the room")
    warned = [record for record in run.of_type("check") if record["check"] == "stripped_state"]
    expect_equal("warnings of what is shown", warned, [])


def signers(room, joiner):
    state = room.resident.ask(
        "GET",
        f"/_matrix/client/v3/rooms/{quoted(room.id)}/state/m.room.member/{quoted(joiner.user)}?format=event",
    )
    return set(stored_event(room.resident, state["event_id"])["signatures"])


def knocks_and_joins(version, rule, world, joiner):
    content = {"join_rule": rule}
    if rule == "knock_restricted":
        content["allow"] = [{"type": "m.room_membership", "room_id": create(world.a).id}]
    room = create(world.a, version, content)
    expect_knocked(joiner.knock(room.alias, "--reason", "please", "--display-name", NAME), room, joiner)
    with joiner.awaiting() as next_invite:
        invite(world.a, room, joiner)
        expect_equal("Synapse's membership", membership(world.a, room, joiner.user), "invite")
        expect_equal("the invite's signers", signers(room, joiner), {joiner.name, world.a.name})
        run = joiner.by_invite("join", next_invite(), "--display-name", NAME)
    expect_joined(run, room, joiner, displayname=NAME)


for number, rule in [
    ("7", "knock"), ("9", "knock"), ("10", "knock_restricted"), ("11", "knock"), ("12", "knock_restricted"),
]:  # fmt: skip
    name = f"knocks at a {rule} room of version {number}, is invited and joins"
    check(name, number, rule)(knocks_and_joins)


def joins_as_member(version, world, joiner):
    """Who is in a room that the rule names needs no knock."""
    gate = create(world.a)
    allow = [{"type": "m.room_membership", "room_id": gate.id}]
    room = create(world.a, version, {"join_rule": "knock_restricted", "allow": allow})
    expect_refused(joiner.join(room.alias), "make_join", 46, "M_FORBIDDEN", "required rooms/spaces")
    expect_joined(joiner.join(gate.alias), gate, joiner)
    expect_joined(joiner.join(room.alias), room, joiner, join_authorised_via_users_server=world.admin_a)
    expect_equal("the join's signers", signers(room, joiner), {joiner.name, world.a.name})


for number in ["10", "11", "12"]:
    name = f"joins a knock_restricted room of version {number} as a member of the room it names"
    check(name, number)(joins_as_member)


@check("takes a knock back")
def retracts_knock(world, joiner):
    room = with_join_rule(world.a, "knock")
    expect_knocked(joiner.knock(room.alias), room, joiner)
    joiner.leave(room.id, room.resident).expect_exit(0)
    expect_left(room, joiner)


@check("is refused when it knocks at a room that takes no knocks")
def refused_knock(world, joiner):
    room = create(world.a)
    run = joiner.knock(room.alias)
    expect_refused(run, "make_knock", 46, "M_FORBIDDEN", "You don't have permission to knock")


@check("is told that it need not knock when it is invited")
def needless_knock(world, joiner):
    room = with_join_rule(world.a, "knock")
    with joiner.awaiting():
        invite(world.a, room, joiner)
        run = joiner.knock(room.alias)
    expect_refused(run, "make_knock", 46, "M_FORBIDDEN", "already invited to this room")
    expect_equal("the hint", run.stage("make_knock")["hints"], ["no-need-to-knock"])


def joins_by_invite(version, options, world, joiner):
    room = with_join_rule(world.a, "invite", version)
    with joiner.awaiting() as next_invite:
        invite(world.a, room, joiner)
        run = joiner.by_invite("join", next_invite(), *options)
    expect_joined(run, room, joiner)
    expect_equal("servers of make_join", run.servers_of("/make_join/"), [world.a.name])
    expect_equal("directory queries", run.servers_of("/query/directory"), [])


for number in ["1", "3", "6", "10", "11", "12"]:
    name = f"is invited into an invite-only room of version {number} and joins by the invite"
    check(name, number, [])(joins_by_invite)
    check(f"{name}, its members left out", number, ["--omit-members"])(joins_by_invite)


def inviter_gone(leaves, world, joiner):
    """B invites into A's room, and then has left it, or does not answer any more."""
    room = create(world.a, "11", power_level_content_override={"invite": 0})
    join_from(world.b, room)
    rules = f"/_matrix/client/v3/rooms/{quoted(room.id)}/state/m.room.join_rules/"
    world.a.ask("PUT", rules, {"join_rule": "invite"})
    with joiner.awaiting() as next_invite:
        invite(world.b, room, joiner)
        deadline = time.monotonic() + 10
        while membership(world.a, room, joiner.user) != "invite":
            expect(time.monotonic() < deadline, "A, whose room it is, does not have the invite")
            time.sleep(0.1)
        if leaves:
            act(world.b, room.id, "leave")
        # Nobody listens at port 1.
        detour = [] if leaves else ["--connect-to", f"{world.b.name}:127.0.0.1:1"]
        run = joiner.by_invite("join", next_invite(), *detour)
    expect_joined(run, room, joiner, result="warn")
    asked = [world.a.name] if not leaves else [world.b.name, world.a.name]
    expect_equal("servers that answered make_join", run.servers_of("/make_join/")[-len(asked):], asked)


check("joins by an invite whose inviter's server has left the room, through the next one", True)(inviter_gone)
check("joins by an invite whose inviter's server is gone, through the next one", False)(inviter_gone)


def rejects(version, world, joiner):
    room = with_join_rule(world.a, "invite", version)
    with joiner.awaiting() as next_invite:
        invite(world.a, room, joiner)
        run = joiner.by_invite("leave", next_invite(), "--reason", "no")
    run.expect_exit(0)
    expect_left(room, joiner)


for number in ["1", "12"]:
    check(f"rejects an invite into a room of version {number}", number)(rejects)


# ---------------------------------------------------------------- kept


def undo(joiner, folder):
    network = ["--cacert", joiner.site.authority.certificate, "--allow-address", "loopback"]
    serving = [*joiner.serving, "--linger", "0"] if joiner.serving else []
    return joiner.run("leave", folder, "--signing-key", joiner.signing_key, *serving, *network, "-o", "ndjson")


def expect_shown(joiner, folder, run):
    shown = joiner.run("show", folder, "-o", "ndjson")
    expect_equal("what show says", (shown.exit, shown.stdout), (0, run.stdout))


@check("keeps a knock: shown, and taken back")
def keeps_knock(world, joiner):
    room, folder = with_join_rule(world.a, "knock"), joiner.site.directory / "knock"
    run = joiner.knock(room.alias, "--save", folder)
    expect_knocked(run, room, joiner)
    expect_shown(joiner, folder, run)
    undo(joiner, folder).expect_exit(0)
    expect_left(room, joiner)


def keeps_join_by_invite(version, world, joiner):
    room, folder = with_join_rule(world.a, "invite", version), joiner.site.directory / f"invited-{version}"
    with joiner.awaiting() as next_invite:
        invite(world.a, room, joiner)
        run = joiner.by_invite("join", next_invite(), "--save", folder)
        expect_joined(run, room, joiner)
        expect_shown(joiner, folder, run)
        judged = joiner.run("verify", folder, "--offline", "-o", "ndjson")
        judged.expect_exit(0)
        judged.expect_end(result="pass", verified=True, room_id=room.id, room_version=version)
        undo(joiner, folder).expect_exit(0)
    expect_left(room, joiner)


for number in ["1", "11", "12"]:
    name = f"keeps a join by an invite into a room of version {number}: shown, judged without a network, undone"
    check(name, number)(keeps_join_by_invite)


@check("keeps the rejection of an invite")
def keeps_rejection(world, joiner):
    room, folder = with_join_rule(world.a, "invite"), joiner.site.directory / "rejected"
    with joiner.awaiting() as next_invite:
        invite(world.a, room, joiner)
        run = joiner.by_invite("leave", next_invite(), "--save", folder)
    run.expect_exit(0)
    expect_left(room, joiner)
    expect_shown(joiner, folder, run)
