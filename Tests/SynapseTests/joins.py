"""The checks: fedjoin joins rooms of a real homeserver, and Synapse says what came of it."""

import time

from checks import (
    check,
    expect_joined,
    expect_left,
    expect_nothing_sent,
    expect_refused,
    membership,
)
from joiner import expect, expect_equal
from rooms import (
    VERSIONS,
    act,
    count_events,
    create,
    elsewhere,
    left_by_a,
    member_event,
    on_both,
    restricted_to,
    stored_event,
    with_join_rule,
)

NAME = "Zoë 🦊 測試"
# Spelled with combining accents: whoever normalises it, changes its bytes.
REASON = "Re\u0301sume\u0301 ✓ \"quoted\" \\ </b>"


# ---------------------------------------------------------------- joining and leaving


def joins_and_leaves(version, world, joiner):
    room = create(world.a, version)
    run = joiner.join(room.alias, "--display-name", NAME, "--reason", REASON)
    expect_joined(run, room, joiner, displayname=NAME, reason=REASON)
    left = joiner.leave(room.id, room.resident)
    left.expect_exit(0)
    expect_left(room, joiner)


for number in VERSIONS:
    check(f"joins a room of version {number} by its alias, and leaves it", number)(joins_and_leaves)


def joins_restricted(version, options, world, joiner):
    gate = create(world.a)
    room = restricted_to(gate, version)
    expect_joined(joiner.join(gate.alias), gate, joiner)
    run = joiner.join(room.alias, "--display-name", NAME, *options)
    event = expect_joined(
        run, room, joiner, displayname=NAME, join_authorised_via_users_server=world.admin_a
    )
    signers = set(stored_event(room.resident, event["event_id"])["signatures"])
    expect_equal("the set of servers that signed the join", signers, {joiner.name, world.a.name})


for number in ["8", "9", "10", "11", "12"]:
    name = f"joins a restricted room of version {number} as a member of the room it names"
    check(name, number, [])(joins_restricted)
    check(f"{name}, with its members left out", number, ["--omit-members"])(joins_restricted)


def joins_room_of_two_servers(version, world, joiner):
    room = on_both(world, version)
    # Long enough for B, which gets the join from A, to fetch our key.
    run = joiner.join(room.alias, "--display-name", NAME, "--linger", "2")
    event = expect_joined(run, room, joiner, displayname=NAME)
    deadline = time.monotonic() + 3
    while (seen := member_event(world.b, room.id, joiner.user)) is None:
        expect(time.monotonic() < deadline, "B, a member of the room too, does not have the join")
        time.sleep(0.1)
    expect_equal("B's event id", seen["event_id"], event["event_id"])
    expect_equal("B's membership", seen["content"]["membership"], "join")


# The oldest and the newest form of event ids and room ids.
for number in ["1", "12"]:
    name = f"joins a room of version {number} on two servers, and both accept it"
    check(name, number)(joins_room_of_two_servers)


@check("joins a room with a member whose server is gone, by the key that the resident has of it")
def joins_after_one_that_is_gone(world, joiner):
    room = create(world.a)
    gone = joiner.another()
    expect_joined(gone.join(room.alias), room, gone)
    expect_joined(joiner.join(room.alias), room, joiner, result="warn")


@check("joins through another server than the alias's, which is not in the room")
def joins_elsewhere(world, joiner):
    room = elsewhere(world)
    run = joiner.join(room.alias, "--display-name", NAME)
    expect_joined(run, room, joiner, displayname=NAME)
    expect_equal("servers of make_join", run.servers_of("/make_join/"), [world.b.name])


@check("goes on to the next server when the first of the directory's answer has left the room")
def joins_by_second_candidate(world, joiner):
    room = left_by_a(world)
    run = joiner.join(room.alias)
    expect_joined(run, room, joiner, result="warn")
    asked = run.servers_of("/make_join/")
    expect_equal("servers of make_join", asked, [world.a.name, world.b.name])


@check("joins by room id and --via")
def joins_by_id(world, joiner):
    room = create(world.a, "12")
    expect_joined(joiner.join(room.id, "--via", world.a.name), room, joiner)


@check("leaves at once with --leave-after")
def leaves_after(world, joiner):
    room = create(world.a)
    run = joiner.join(room.alias, "--leave-after")
    run.expect_exit(0)
    run.expect_end(sent=True)
    expect_left(room, joiner)


@check("says JOINED in the text transcript and nothing on stderr")
def joins_with_text(world, joiner):
    room = create(world.a)
    run = joiner.join(room.alias, text=True)
    expect_equal("exit code", run.exit, 0)
    expect("=== JOINED" in run.stdout, "stdout does not say === JOINED")
    expect_equal("stderr", run.stderr, "")
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), "join")


# ---------------------------------------------------------------- refused


def refused(make_room, words, world, joiner):
    room = make_room(world.a)
    expect_refused(joiner.join(room.alias), "make_join", 46, "M_FORBIDDEN", words)
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), None)


REFUSALS = {
    "an invite-only room": (
        lambda a: with_join_rule(a, "invite"),
        "You are not invited to this room.",
    ),
    "a knock room": (
        lambda a: with_join_rule(a, "knock"),
        "You are not invited to this room.",
    ),
    "a room that is not federated": (
        lambda a: create(a, creation_content={"m.federate": False}),
        "This room has been marked as unfederatable.",
    ),
    "a restricted room when in none of the rooms it names": (
        lambda a: restricted_to(create(a), "11"),
        "You do not belong to any of the required rooms/spaces to join this room.",
    ),
}

for kind, (make_room, words) in REFUSALS.items():
    check(f"is refused by {kind}", make_room, words)(refused)


@check("is refused when it does not offer the room's version")
def refused_for_version(world, joiner):
    room = create(world.a, "11")
    run = joiner.join(room.alias, "--room-versions", "1")
    words = "does not support the features"
    expect_refused(run, "make_join", 46, "M_INCOMPATIBLE_ROOM_VERSION", words)
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), None)


@check("is refused when banned, and repeats the server's words in the text transcript")
def refused_when_banned(world, joiner):
    room, words = create(world.a), "You are banned from this room"
    act(world.a, room.id, "ban", user_id=joiner.user)
    expect_refused(joiner.join(room.alias), "make_join", 46, "M_FORBIDDEN", words)
    text = joiner.join(room.alias, text=True)
    expect_equal("exit code", text.exit, 46)
    expect(f'"{words}' in text.stdout, f"stdout does not quote {words!r}")
    expect("=== NOT JOINED" in text.stdout, "stdout does not say === NOT JOINED")
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), "ban")


@check("fails with 37 for an alias that does not exist")
def unknown_alias(world, joiner):
    alias = f"#nobody-made-this:{world.a.name}"
    run = joiner.join(alias)
    expect_refused(run, "directory", 37, "M_NOT_FOUND", f"Room alias {alias} not found")


# ---------------------------------------------------------------- as a server that runs


@check("changes nothing with --dry-run under the name and key of a running homeserver", alone=True)
def dry_run_changes_nothing(world, joiner):
    joiner.take_identity_of(world.b, "dry")
    room, servers = create(world.a), (world.a, world.b)
    before = [count_events(server) for server in servers]
    run = joiner.join(room.alias, "--dry-run")
    run.expect_exit(0)
    expect_nothing_sent(run)
    expect_equal("events in A and B", [count_events(server) for server in servers], before)
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), None)


@check("wants --force for a real join under the name of a running homeserver")
def wants_force(world, joiner):
    joiner.take_identity_of(world.b, "unforced")
    room = create(world.a)
    run = joiner.join(room.alias)
    run.expect_exit(64)
    expect_nothing_sent(run)
    expect("--force" in run.stdout + run.stderr, "no hint names --force")
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), None)


@check("joins an invite-only room as an invited user, with --force")
def joins_when_invited(world, joiner):
    # B runs, so it can take the invite, which fedjoin's own key server could not.
    joiner.take_identity_of(world.b, "invited")
    room = with_join_rule(world.a, "invite")
    act(world.a, room.id, "invite", user_id=joiner.user)
    run = joiner.join(room.id, "--via", world.a.name, "--force", "--display-name", NAME)
    expect_joined(run, room, joiner, result="warn", displayname=NAME)
