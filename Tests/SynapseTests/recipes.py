"""Kinds of events, each aimed at some of the rules; what comes out is up to chance and the room."""

from copy import copy

import levels
from scenes import CREATOR, JOIN_RULES, MOD, OTHER, STRANGER, USER, USERS, Wanted

ALL = {}


def recipe(function):
    ALL[function.__name__] = function
    return function


def member(room, membership, sender=None, target=None, **more):
    sender = sender or room.random.choice(USERS)
    return Wanted("m.room.member", target or sender, sender, {"membership": membership, **more})


def targeted(room, membership, **more):
    return member(room, membership, target=room.random.choice(USERS), **more)


@recipe
def message(room):
    return Wanted(sender=room.random.choice(USERS))


@recipe
def topic(room):
    return Wanted("m.room.topic", "", room.random.choice(USERS))


@recipe
def others_state(room):
    key = room.random.choice([*USERS, "@", "key"])
    return Wanted("org.example.mine", key, room.random.choice([CREATOR, MOD, USER]))


@recipe
def third_party_state(room):
    return Wanted("m.room.third_party_invite", "t", room.random.choice(USERS))


@recipe
def join(room):
    return member(room, "join")


@recipe
def first_join(room):
    wanted = member(room, "join", target=CREATOR if room.chance(0.5) else None)
    wanted.create_prev = True
    return wanted


@recipe
def joined_by_other(room):
    return targeted(room, "join")


@recipe
def restricted_join(room):
    authoriser = room.random.choice([*USERS, 1]) if room.chance(0.1) else room.random.choice(USERS)
    wanted = member(room, "join", join_authorised_via_users_server=authoriser)
    # A server that signs as the sender's cannot be said to have not signed as the authoriser's.
    wanted.signed = isinstance(authoriser, str) and (
        room.chance(0.8) or authoriser.split(":")[1] == wanted.sender.split(":")[1]
    )
    return wanted


@recipe
def authorised_leave(room):
    wanted = member(room, "leave", join_authorised_via_users_server=OTHER, sender=USER)
    wanted.signed = room.chance(0.5)
    return wanted


@recipe
def invite(room):
    return targeted(room, "invite")


@recipe
def third_party_invite(room):
    if room.chance(0.5):
        room.state = {
            key: event
            for key, event in room.state.items()
            if event.content.get("membership") != "ban"
        }
    target = room.random.choice(USERS)
    signed = room.signed_invite(target)
    change = room.random.choice(
        ["", "", "mxid", "token", "other", "signatures", "unsigned", "whole", "more"]
    )
    if change in ("mxid", "token", "signatures"):
        del signed[change]
    elif change == "other":
        signed["token"] = "other"
    elif change == "more":
        signed["signatures"]["id.example"]["ed25519:-"] = "A" * 86
    inner = {} if change == "unsigned" else {"signed": signed}
    if change == "whole":
        inner = "invite"
    to = target if room.chance(0.85) else STRANGER
    sender = room.third_party if room.chance(0.8) else USER
    return member(room, "invite", sender, to, third_party_invite=inner)


@recipe
def leave(room):
    return member(room, "leave")


@recipe
def kick(room):
    return targeted(room, "leave")


@recipe
def ban(room):
    return targeted(room, "ban")


@recipe
def knock(room):
    return member(room, "knock")


@recipe
def knock_for_other(room):
    return targeted(room, "knock")


@recipe
def odd_membership(room):
    wanted = targeted(room, room.random.choice(["lurk", 1, None, "JOIN"]))
    if room.chance(0.3):
        del wanted.content["membership"]
    elif room.chance(0.3):
        wanted.content["membership"] = "join"
        wanted.state_key = None
    return wanted


@recipe
def odd_target(room):
    target = "nobody" if room.chance(0.2) else room.random.choice(USERS)
    return member(room, room.random.choice(["ban", "invite"]), sender=CREATOR, target=target)


@recipe
def aliases(room):
    key = room.random.choice(["a", "b", "", None])
    return Wanted("m.room.aliases", key, room.random.choice([CREATOR, USER, OTHER]))


@recipe
def redaction(room):
    redacts = room.random.choice(["$x:a", "$x:a", "$x:b", "$x:b", "x:a", None])
    return Wanted("m.room.redaction", None, room.random.choice(USERS), redacts=redacts)


@recipe
def first_levels(room):
    room.state.pop(("m.room.power_levels", ""), None)
    content = levels.state(room.version, room.random, USERS, CREATOR)
    return Wanted("m.room.power_levels", "", CREATOR, content)


@recipe
def new_levels(room):
    old = room.state.get(("m.room.power_levels", ""))
    content = old.get_dict()["content"] if old else {}
    content = levels.changed(room.version, room.random, content, USERS)
    return Wanted("m.room.power_levels", "", room.random.choice([CREATOR, MOD, USER]), content)


def moderated(room, **more):
    """A moderator who may send power levels of 50, and those before the event."""
    old = {"users": {MOD: 50, OTHER: 25}, "events": {"m.room.power_levels": 50}, **more}
    room.add("m.room.power_levels", "", old, CREATOR)
    room.add("m.room.member", MOD, {"membership": "join"}, MOD)
    return Wanted(
        "m.room.power_levels", "", MOD, {name: copy(value) for name, value in old.items()}
    )


@recipe
def single_level(room):
    name = room.random.choice(levels.NAMES[2:])
    wanted = moderated(room, **{name: room.random.choice([25, 75])})
    wanted.content[name] = room.random.choice([0, 100])
    return wanted


@recipe
def entry_level(room):
    before = {"events": {"m.room.power_levels": 50, "x": room.random.choice([25, 75])}}
    wanted = moderated(room, **before, notifications={"x": room.random.choice([25, 75])})
    wanted.content["events"]["x"] = room.random.choice([25, 0, 100])
    wanted.content["notifications"]["x"] = room.random.choice([25, 0, 100])
    return wanted


@recipe
def user_level(room):
    wanted = moderated(room, users={MOD: 50, OTHER: room.random.choice([25, 50, 75])})
    wanted.content["users"][OTHER] = room.random.choice([0, 50, 75, 100])
    return wanted


@recipe
def malformed_levels(room):
    wanted = moderated(room)
    name = room.random.choice(
        [room.random.choice(levels.NAMES), "events", "notifications", "users"]
    )
    if name in levels.NAMES or room.chance(0.4):
        wanted.content[name] = levels.odd(room.random)
    else:
        key = room.random.choice([OTHER, "user", "@user"]) if name == "users" else "x"
        wanted.content[name] = {key: levels.odd(room.random) if room.chance(0.7) else 0}
    return wanted


@recipe
def restricted_room(room):
    """A stranger's join that a moderator lets in, or somebody else."""
    moderated(room, invite=room.random.choice([0, 50, 50, 75]))
    room.add("m.room.join_rules", "", {"join_rule": room.random.choice(JOIN_RULES[3:5])}, CREATOR)
    room.state.pop(("m.room.member", STRANGER), None)
    authoriser = MOD if room.chance(0.7) else OTHER
    return member(room, "join", STRANGER, join_authorised_via_users_server=authoriser)


@recipe
def knocked_room(room):
    room.add(
        "m.room.join_rules",
        "",
        {"join_rule": room.random.choice(["knock", "knock_restricted"])},
        CREATOR,
    )
    sender, target = room.random.choice(USERS), room.random.choice(USERS)
    return member(room, "knock", sender, sender if room.chance(0.7) else target)


@recipe
def moderation(room):
    """What a moderator of 50 does to a user of 25 or 50: invites, kicks, bans and ends of bans."""
    name, membership = room.random.choice(
        [("invite", "invite"), ("kick", "leave"), ("ban", "leave"), ("ban", "ban")]
    )
    moderated(
        room,
        users={MOD: 50, STRANGER: room.random.choice([25, 50])},
        **{name: room.random.choice([50, 75])},
    )
    before = room.random.choice(["ban", "leave", "ban"])
    room.add("m.room.member", STRANGER, {"membership": before}, STRANGER)
    return member(room, membership, MOD, STRANGER)


@recipe
def create(room):
    content = room.create.get_dict()["content"]
    change = room.random.choice(["", "prev", "server", "version", "creator", "additional"])
    if change == "version":
        content["room_version"] = room.random.choice(["org.example.new", 1, "13"])
    elif change == "creator":
        content.pop("creator", None)
    elif change == "additional":
        odd = ["@x:y", ["x"], [1], {}, ["@x:y", "@" + "x" * 255 + ":y"], [], ["@x:y"]]
        content["additional_creators"] = room.random.choice(odd)
    sender = OTHER if change == "server" else CREATOR
    return Wanted("m.room.create", "", sender, content, prev=None if change == "prev" else [])
