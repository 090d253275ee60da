"""Rooms with a history: what people of two homeservers do to one another, and to a room."""

import contextlib
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

from homeserver import ApiError
from people import Cast
from rooms import Room, create, member_event, state_event

# Combining accents, a line separator, a pair of surrogates, and what JSON has to escape.
ODD_TEXT = "Re\u0301sume\u0301 \u2028 \U0001f98a \x7f \t \"quoted\" \\ / </b> \ufeff \uffff"
# So many join at once.
BATCH = 500
# Signs for an identity server, which no test has; with the libraries that Synapse itself uses.
SIGNER = """
import json, sys
from signedjson.key import decode_signing_key_base64, encode_verify_key_base64, get_verify_key
from signedjson.sign import sign_json
key = decode_signing_key_base64("ed25519", "0", "A" * 43)
signed = sign_json(json.load(sys.stdin), "identity.example", key)
json.dump({"signed": signed, "key": encode_verify_key_base64(get_verify_key(key))}, sys.stdout)
"""


def signed_by_identity_server(python, what):
    done = subprocess.run(
        [python, "-c", SIGNER], input=json.dumps(what).encode(), stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


# ---------------------------------------------------------------- everything in one room


def eventful(world, version):
    """A room of A in which users of both servers did all that its version has."""
    cast = Cast(world)
    alice, bob, erin, henry = cast.of_a("alice", "bob", "erin", "henry")
    carol, dave, ivy = cast.of_b("carol", "dave", "ivy")
    room, admin = create(world.a, version), cast.admin
    for account in (alice, bob, erin, carol, dave):
        account.join(room)
    events = {"m.room.power_levels": 50, "m.room.server_acl": 90}
    admin.change_levels(room, {alice.id: 50, carol.id: 60, bob.id: 10}, events=events)
    memberships(cast, room)
    levels(cast, room)
    redactions(cast, room)
    admin.act(room, "invite", user_id=henry.id)
    admin.act(room, "invite", user_id=ivy.id)
    acl = {"allow": ["*"], "deny": ["evil.example", "*.evil.example"], "allow_ip_literals": True}
    admin.set(room, "m.room.server_acl", acl)
    admin.set(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    if int(version) < 6:
        alias = room.alias.replace("#", "#old-")
        admin.set(room, "m.room.aliases", {"aliases": [alias]}, world.a.name)
    if int(version) >= 7:
        knocks(cast, room)
    oddities(cast, room)
    quarrels(cast, room)
    redact_deciding(cast, room)
    return room


def memberships(cast, room):
    """Names change, people leave and come again, are kicked, banned and let in again."""
    alice, bob, erin = cast.of_a("alice", "bob", "erin")
    carol, dave = cast.of_b("carol", "dave")
    alice.rename(room, "Alice, once")
    carol.rename(room, "Carol \U0001f98a")
    bob.act(room, "leave", reason="a while")
    dave.act(room, "leave")
    cast.settle(room, cast.admin, carol)
    bob.join(room)
    dave.join(room)
    cast.settle(room, cast.admin, carol)
    cast.admin.act(room, "kick", user_id=dave.id, reason="once")
    cast.settle(room, cast.admin, carol)
    carol.act(room, "kick", user_id=bob.id)
    carol.act(room, "ban", user_id=erin.id, reason="by a moderator of B")
    cast.settle(room, cast.admin, carol)
    alice.act(room, "ban", user_id=dave.id)
    alice.act(room, "ban", user_id=f"@never:{cast.world.b.name}")
    cast.settle(room, cast.admin, carol)
    carol.act(room, "unban", user_id=dave.id)
    cast.settle(room, cast.admin, carol)
    dave.join(room)
    bob.join(room)
    cast.settle(room, cast.admin, carol)


def levels(cast, room):
    """Power goes up and down, and what events need of it."""
    (alice, bob), (carol,) = cast.of_a("alice", "bob"), cast.of_b("carol")
    carol.change_levels(room, {bob.id: 40}, kick=55)
    cast.settle(room, cast.admin, carol)
    alice.change_levels(room, {alice.id: 20})
    cast.admin.change_levels(room, {bob.id: None}, events_default=0, state_default=25)
    cast.admin.change_levels(room, {alice.id: 75}, notifications={"room": 20})
    cast.settle(room, cast.admin, carol)


def redactions(cast, room):
    """Of state, of members of both servers, and of the very events that later joins rest on."""
    admin, (alice, bob), (carol, dave) = cast.admin, cast.of_a("alice", "bob"), cast.of_b("carol", "dave")
    topic = carol.set(room, "m.room.topic", {"topic": "something that should not be here"})
    rules = admin.set(room, "m.room.join_rules", {"join_rule": "public", "note": "redaction drops it"})
    power = admin.change_levels(room, notes="redaction drops them, too")
    names = [bob.rename(room, "a bad name"), dave.rename(room, "another")]
    cast.settle(room, admin, carol)
    for event in (topic, rules, power, *names):
        admin.redact(room, event)
    carol.redact(room, carol.set(room, "org.example.note", {"text": "one of B's own"}, "key"))
    carol.redact(room, carol.say(room, "hello"))
    alice.say(room, "after that")
    admin.change_levels(room, {bob.id: 5})
    cast.settle(room, admin, carol)


def knocks(cast, room):
    """One is let in, one turned away, one draws back, and one waits."""
    frank, grace = cast.of_a("frank", "grace")
    gina, jack, carol = cast.of_b("gina", "jack", "carol")
    cast.admin.set(room, "m.room.join_rules", {"join_rule": "knock"})
    cast.settle(room, cast.admin, carol)
    for account in (frank, grace, gina, jack):
        account.knock(room)
    cast.admin.act(room, "invite", user_id=frank.id)
    frank.join(room)
    cast.settle(room, cast.admin, carol)
    carol.act(room, "kick", user_id=gina.id)
    grace.act(room, "leave")
    cast.admin.set(room, "m.room.join_rules", {"join_rule": "public"})


def oddities(cast, room):
    """What rooms of people have, too: numbers and texts that are written in more ways than one."""
    admin, (alice, bob), (carol,) = cast.admin, cast.of_a("alice", "bob"), cast.of_b("carol")
    alice.rename(room, ODD_TEXT)
    carol.set(room, "m.room.topic", {"topic": "\u00e9" * 30000})
    carol.set(room, "org.example.numbers", {"zero": 0, "most": 2**53 - 1, "least": 1 - 2**53}, ODD_TEXT[:60])
    if int(room.version) < 6:
        numbers = {"half": 1.5, "minus": -0.0, "small": 1e-7, "large": 1e300, "round": 1e16, "long": 2**62}
        carol.set(room, "org.example.numbers", numbers)
        admin.change_levels(room, {bob.id: 10.0}, state_default=25.0)
    cast.settle(room, admin, carol)
    # So that what comes next has one event before it.
    admin.say(room, "numbers")
    join_historical(cast.world.a, room)
    # Synapse tells other servers of them with the next event of its own.
    admin.say(room, "welcome")
    cast.settle(room, admin, carol)


def join_historical(server, room):
    """Members with names that nobody could register today."""
    names = ["UPPER", "sp ace", "a!b#c$d%e&f", "quote\"back\\slash"]
    wanted = {"room_id": room.id, "localparts": names}
    server.ask("POST", "/_synapse/client/crowd", wanted)


def quarrels(cast, room):
    """Both servers act at once, so that the room's state is what state resolution makes of it."""
    admin, (alice,), (carol, dave) = cast.admin, cast.of_a("alice"), cast.of_b("carol", "dave")
    (erin,) = cast.of_a("erin")
    acts = [
        lambda: admin.change_levels(room, {alice.id: 50}),
        lambda: carol.change_levels(room, {dave.id: 30}),
        lambda: alice.set(room, "m.room.name", {"name": "A's name"}),
        lambda: carol.set(room, "m.room.name", {"name": "B's name"}),
        lambda: admin.act(room, "kick", user_id=dave.id),
        lambda: dave.rename(room, "Dave is still here"),
        lambda: carol.act(room, "unban", user_id=erin.id),
    ]
    with ThreadPoolExecutor(len(acts)) as pool:
        for act in [pool.submit(act) for act in acts]:
            # Whoever comes too late may not do it any more.
            with contextlib.suppress(ApiError):
                act.result()
    admin.say(room, "enough")
    cast.settle(room, admin, carol)
    carol.say(room, "yes")


def redact_deciding(cast, room):
    """Redacts the events that a join rests on, as they are now."""
    (carol,) = cast.of_b("carol")
    for kind in ("m.room.power_levels", "m.room.join_rules"):
        cast.admin.redact(room, state_event(cast.world.a, room.id, kind)["event_id"])
    cast.settle(room, cast.admin, carol)


# ---------------------------------------------------------------- rooms of a kind


def restricted(world, version, gate):
    """A room for the members of another, in which some came by that, left, came again, were renamed."""
    cast = Cast(world)
    admin, (alice, bob), (carol, dave) = cast.admin, cast.of_a("alice", "bob"), cast.of_b("carol", "dave")
    allow = [{"type": "m.room_membership", "room_id": gate.id}]
    # Only the admin may invite, and so it is the admin in whose name A lets people in.
    rule = {"join_rule": "restricted", "allow": allow}
    room = create(world.a, version, rule, power_level_content_override={"invite": 50})
    for account in (alice, bob, carol, dave):
        account.join(gate)
    cast.settle(gate, admin, carol)
    for account in (alice, bob, carol, dave):
        account.join(room)
    cast.settle(room, admin, carol)
    alice.rename(room, "Alice of the gate")
    carol.rename(room, "Carol of the gate")
    bob.act(room, "leave")
    dave.act(room, "leave")
    cast.settle(room, admin, carol)
    bob.join(room)
    dave.join(room)
    admin.act(room, "kick", user_id=bob.id)
    bob.join(room)
    cast.settle(room, admin, carol)
    return room


def redact_members(world, room):
    """Redacts how two came into a restricted room, one of each server."""
    cast = Cast(world)
    (bob,), (dave,) = cast.of_a("bob"), cast.of_b("dave")
    for account in (bob, dave):
        cast.admin.redact(room, member_event(world.a, room.id, account.id)["event_id"])
    cast.settle(room, cast.admin, dave)


def upgraded(world, version, successor):
    """The old room, which its tombstone says has moved, and the new one."""
    cast = Cast(world)
    (alice,), (carol,) = cast.of_a("alice"), cast.of_b("carol")
    old = create(world.a, version)
    alice.join(old)
    carol.join(old)
    cast.admin.change_levels(old, {carol.id: 50})
    cast.admin.act(old, "ban", user_id=f"@never:{world.b.name}")
    cast.settle(old, cast.admin, carol)
    new_id = cast.admin.act(old, "upgrade", new_version=successor)["replacement_room"]
    # The alias leads to the new room from now on.
    new = Room(new_id, old.alias, successor, world.a)
    carol.join(new)
    cast.settle(old, cast.admin, carol)
    cast.settle(new, cast.admin, carol)
    return old, new


def with_third_party_invites(world, version, python):
    """A user of each server was invited by an address, and B made its own's invite in A's name."""
    cast = Cast(world)
    admin, (bob,), (carol, dave) = cast.admin, cast.of_a("bob"), cast.of_b("carol", "dave")
    room = create(world.a, version)
    carol.join(room)
    admin.set(room, "m.room.join_rules", {"join_rule": "invite"})
    for account in (bob, dave):
        token = f"token-{account.id[1:4]}"
        claim = {"mxid": account.id, "token": token, "sender": admin.id}
        made = signed_by_identity_server(python, claim)
        # Without the address at which Synapse would ask whether the key still counts.
        invite = {"display_name": "b...@example.org", "public_keys": [{"public_key": made["key"]}]}
        admin.set(room, "m.room.third_party_invite", invite, token)
        cast.settle(room, admin, carol)
        account.act(room, "join", third_party_signed=made["signed"])
    admin.set(room, "m.room.join_rules", {"join_rule": "public"})
    cast.settle(room, admin, carol)
    return room


def crowded(world, version, count):
    """A room with so many members more than its creator, all of A."""
    room = create(world.a, version)
    for first in range(0, count, BATCH):
        names = [f"m{number}" for number in range(first, min(first + BATCH, count))]
        wanted = {"room_id": room.id, "localparts": names}
        world.a.ask("POST", "/_synapse/client/crowd", wanted)
    return room
