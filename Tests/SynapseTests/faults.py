"""What is done to the events that an event names: each fault aims at a rule of auth_events."""

from scenes import MOD, Room, Wanted

ALL = {}


def fault(function):
    ALL[function.__name__] = function
    return function


@fault
def duplicate(room, named):
    if not named:
        return {}
    key = room.random.choice(named)
    copy = Wanted(key.type, key.state_key, key.sender, {**key.get_dict()["content"], "copy": 1})
    return {"named": [*named, room.build(copy, [])]}


@fault
def unexpected(room, named):
    others = [event for event in room.state.values() if event not in named]
    return {"named": [*named, room.random.choice(others)]} if others else {}


@fault
def stateless(room, named):
    return {"named": [*named, room.build(Wanted(sender=MOD), [])]}


@fault
def rejected(room, named):
    return {"rejected": room.random.choice(named).event_id} if named else {}


@fault
def missing(room, named):
    return {"named": [event for event in named if room.chance(0.5)]}


@fault
def foreign(room, named):
    if not named:
        return {}
    other = Room(room.version, room.random)
    at = room.random.randrange(len(named))
    like = named[at]
    copy = Wanted(like.type, like.state_key, like.sender, like.get_dict()["content"])
    elsewhere = other.room_id if room.version >= 12 else "!other:a"
    if like.type == "m.room.create" and room.version >= 12:
        return {}
    return {"named": [*named[:at], other.build(copy, [], room_id=elsewhere), *named[at + 1 :]]}


@fault
def other_create(room, named):
    if room.version < 12:
        return {}
    if room.chance(0.5):
        return {"create": (room.create, True)}
    return {"room_id": "!" + "o" * 43, "create": None}


@fault
def room_id_of_create(room, named):
    return {"room_id": "!room:a"}
