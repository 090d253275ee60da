"""Random power levels, well-formed and not."""

from copy import copy

NAMES = ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"]
LEVELS = [0, 0, 25, 50, 50, 75, 100]
# What int() makes a number of, and what it does not.
ODD = ["much", None, True, "1_0", "\u0665\u0660", [], {}, "", "- 1", "0x10"]


def level(version, random):
    """A level that every reader of that version takes."""
    value = random.choice(LEVELS)
    if version <= 9 and random.random() < 0.15:
        return random.choice([str(value), f" +0{value} ", f"-{value}\n"])
    if version <= 5 and random.random() < 0.1:
        return random.choice([value + 0.5, float(value), -0.5, 1e20])
    return value


def odd(random):
    return copy(random.choice(ODD))


def maybe_odd(version, random, share):
    return odd(random) if random.random() < share else level(version, random)


def state(version, random, users, creator):
    """Levels that were accepted once: from version 10 on integers alone."""
    share = 0.03 if version <= 9 else 0
    content = {"users": {u: level(version, random) for u in users if random.random() < 0.6}}
    if random.random() < 0.5:
        content["users"][creator] = 100
    for name in NAMES:
        if random.random() < 0.5:
            content[name] = maybe_odd(version, random, share)
    types = ["m.room.message", "m.room.topic", "m.room.power_levels", "m.room.redaction"]
    for name, keys in [("events", types), ("notifications", ["room", "x"])]:
        if random.random() < 0.6:
            content[name] = {
                key: maybe_odd(version, random, share) for key in keys if random.random() < 0.4
            }
        elif random.random() < share:
            content[name] = odd(random)
    return content


def changed(version, random, old, users):
    """`old` with a change or a few."""
    new = {key: dict(value) if isinstance(value, dict) else value for key, value in old.items()}
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        change_one(version, random, new, users)
    return new


def change_one(version, random, new, users):
    kind = random.choice(["single", "events", "notifications", "users", "users", "whole"])
    if kind == "single":
        put(version, random, new, random.choice(NAMES))
    elif kind == "whole":
        name = random.choice(["events", "notifications", "users"])
        if random.random() < 0.5:
            new.pop(name, None)
        else:
            new[name] = odd(random) if random.random() < 0.8 else {}
    else:
        entries = new.get(kind)
        if not isinstance(entries, dict):
            entries = new[kind] = {}
        keys = {"users": users, "events": ["m.room.topic", "x"], "notifications": ["room", "x"]}[
            kind
        ]
        if kind == "users" and random.random() < 0.03:
            keys = ["user", "@user", "@user:not a server"]
        put(version, random, entries, random.choice([*keys, *entries]))


def put(version, random, entries, key):
    if random.random() < 0.3:
        entries.pop(key, None)
    else:
        entries[key] = maybe_odd(version, random, 0.1)
