"""Where we judge otherwise than Synapse, each with the reason: one of no class is a failure."""

from dataclasses import dataclass
from typing import Callable

from levels import NAMES

CLASSES = []


@dataclass(frozen=True)
class Difference:
    name: str
    # What the specification says.
    reason: str
    applies: Callable  # (Judged) -> bool


@dataclass
class Judged:
    """A case, and both answers."""

    case: object
    ours: object
    theirs: object

    @property
    def event(self):
        return self.case.event.get_dict()

    @property
    def content(self):
        return self.event["content"]

    @property
    def membership(self):
        return self.content.get("membership") if self.event["type"] == "m.room.member" else None

    def state(self, type):
        events = [event.get_dict() for event, _ in self.case.named if event.type == type]
        if type == "m.room.create" and self.case.create:
            events.append(self.case.create[0].get_dict())
        return events[0] if events else None

    def levels(self):
        """Every level in the state and in the event, whatever it is."""
        contents = [(self.state("m.room.power_levels") or {}).get("content", {})]
        if self.event["type"] == "m.room.power_levels":
            contents.append(self.content)
        for content in contents:
            yield from (content[name] for name in NAMES if name in content)
            for name in ("users", "events", "notifications"):
                yield from (
                    content.get(name, {}).values()
                    if isinstance(content.get(name, {}), dict)
                    else [None]
                )


def difference(name, reason):
    def register(function):
        CLASSES.append(Difference(name, reason, function))
        return function

    return register


def server(user):
    return user.split(":", 1)[1] if ":" in user else None


def is_level(value, version):
    """Whether the specification takes `value` for a level."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return True
    if isinstance(value, float):
        return version <= 5
    return version <= 9 and isinstance(value, str) and is_level_string(value)


def is_level_string(value):
    value = value.strip(" \t\n\v\f\r")
    digits = value[1:] if value[:1] in ("+", "-") else value
    return digits.isascii() and digits.isdigit()


def int_takes(value):
    try:
        int(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


@difference(
    "odd target",
    "no rule asks whether a member event's state key is a user id; Synapse takes its server",
)
def odd_target(judged):
    key = judged.event.get("state_key")
    return (
        judged.ours.allowed
        and judged.membership
        and server(key or "") is None
        and "Invalid ID" in judged.theirs.reason
    )


@difference(
    "closed room",
    "a room is closed where m.federate is false, and to senders; Synapse has it closed by any"
    " value but true, and to those that a membership is about as well",
)
def closed_room(judged):
    create = judged.state("m.room.create")
    federate = create["content"].get("m.federate", True)
    is_about_foreigner = judged.membership and (
        server(judged.event["state_key"]) != server(create["sender"])
    )
    is_known = federate is False and is_about_foreigner or not isinstance(federate, bool)
    return judged.ours.allowed and is_known and "unfederatable" in judged.theirs.reason


@difference(
    "authoriser's signature",
    "it is asked for wherever join_authorised_via_users_server stands; Synapse asks on joins alone",
)
def authorisers_signature(judged):
    return (
        not judged.ours.allowed
        and judged.ours.rule.endswith(".2.1")
        and not judged.case.signed
        and judged.membership != "join"
    )


@difference(
    "one of many signatures",
    "any signature by any key lets a third party's invite in; Synapse fails at the first key that"
    " is none, and gives up a server at its first bad signature",
)
def one_signature(judged):
    if not (judged.ours.allowed and judged.ours.rule.endswith(".1.7")):
        return False
    signatures = judged.content["third_party_invite"]["signed"]["signatures"]["id.example"]
    key = judged.state("m.room.third_party_invite")["content"]["public_key"]
    return key == "no key" or len(signatures) > 1


@difference(
    "redaction of nothing",
    "in versions 1 and 2 who lacks the level may redact events of the own server; Synapse lets in"
    " what names no event, and reads a server out of what is no event id",
)
def redaction_of_nothing(judged):
    redacts = judged.event.get("redacts")
    is_id = isinstance(redacts, str) and redacts.startswith("$")
    return not judged.ours.allowed and judged.ours.rule == "11.3" and not is_id


@difference(
    "level not asked for",
    "before version 10 a level that is none lies in the state unharmed until a rule asks for it;"
    " Synapse reads all levels at once, and refuses the event",
)
def level_not_asked_for(judged):
    odd = [value for value in judged.levels() if not int_takes(value)]
    return (
        judged.ours.allowed
        and odd
        and judged.theirs.rule in ("TypeError", "ValueError", "AttributeError")
    )


@difference(
    "Python's int",
    "a level is an integer or a string of one; Synapse takes what int() takes: true, 1_0, digits of"
    " any script",
)
def pythons_int(judged):
    odd = [v for v in judged.levels() if int_takes(v) and not is_level(v, judged.case.version)]
    return judged.case.version <= 9 and not judged.ours.allowed and odd


@difference(
    "users", "the keys of users are user ids by their grammar; Synapse asks for @ and a colon alone"
)
def odd_users(judged):
    users = judged.content.get("users", {})
    return (
        not judged.ours.allowed and isinstance(users, dict) and any(" " in user for user in users)
    )


@difference(
    "levels that are no object",
    "before version 10 events and notifications may be anything; we let nobody make them so,"
    ' Synapse takes [] and "" for {}',
)
def no_object(judged):
    before = (judged.state("m.room.power_levels") or {}).get("content", {})
    values = [
        content.get(name, {})
        for content in (before, judged.content)
        for name in ("events", "notifications")
    ]
    return (
        not judged.ours.allowed
        and judged.event["type"] == "m.room.power_levels"
        and ([] in values or "" in values)
    )


def classify(judged):
    """The first class that the difference is of, or None."""
    return next((one for one in CLASSES if one.applies(judged)), None)
