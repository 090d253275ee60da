"""Random rooms of any version, and random events that want to be let into them."""

from dataclasses import dataclass, field

from signedjson.key import encode_verify_key_base64, generate_signing_key, get_verify_key
from signedjson.sign import sign_json
from synapse.api.errors import SynapseError
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.events import make_event_from_dict

import levels

CREATOR, MOD, USER, OTHER, STRANGER = "@creator:a", "@mod:a", "@user:a", "@other:b", "@new:b"
USERS = [CREATOR, MOD, USER, OTHER, STRANGER]
TOKEN_KEYS = [generate_signing_key("0"), generate_signing_key("1")]
JOIN_RULES = ["invite", "public", "knock", "restricted", "knock_restricted", "private"]
MEMBERSHIPS = ["join", "join", "join", "invite", "leave", "ban", "knock", None]


def domain(user_id):
    return user_id.split(":", 1)[1] if ":" in user_id else ""


@dataclass
class Case:
    """One event and what it is judged by; each event with whether it was rejected itself."""

    version: int
    recipe: str
    event: object
    named: list
    create: tuple = None
    signed: bool = True

    def request(self):
        return {
            "op": "judge",
            "room_version": str(self.version),
            "event": self.event.get_dict(),
            "event_id": self.event.event_id,
            "auth_events": [as_json(event, rejected) for event, rejected in self.named],
            "create": self.create and as_json(*self.create),
            "signed_by_authoriser": self.signed,
        }


class Unbuilt:
    """An event that Synapse's library refuses to read."""

    def __init__(self, content, error):
        self.content, self.error = content, error
        self.event_id = content.get("event_id", "$" + "u" * 43)

    def get_dict(self):
        return self.content


def as_json(event, rejected):
    return {"event": event.get_dict(), "event_id": event.event_id, "rejected": rejected}


@dataclass
class Wanted:
    """An event before it is built, and what is done to what it names."""

    type: str = "m.room.message"
    state_key: object = None
    sender: str = USER
    content: dict = field(default_factory=dict)
    prev: list = None
    redacts: object = None
    signed: bool = True
    create_prev: bool = False


class Room:
    """A room with random members, levels and rules."""

    def __init__(self, version, random):
        self.version, self.random = version, random
        self.room_version = KNOWN_ROOM_VERSIONS[str(version)]
        self.number = 0
        self.room_id = "!room:a"
        self.create = self.make_create()
        if version >= 12:
            self.room_id = "!" + self.create.event_id[1:]
        self.state = {("m.room.create", ""): self.create}
        self.fill()

    def chance(self, share):
        return self.random.random() < share

    def make_create(self):
        content = {"room_version": str(self.version)}
        if self.version <= 10 or self.chance(0.1):
            content["creator"] = MOD if self.chance(0.1) else CREATOR
        if self.chance(0.15):
            content["m.federate"] = self.random.choice([True, False, False, False, "no"])
        if self.chance(0.3):
            content["additional_creators"] = self.random.choice([[], [MOD], [USER, OTHER]])
        wanted = Wanted("m.room.create", "", CREATOR, content, prev=[])
        return self.build(wanted, [])

    def fill(self):
        for user in USERS:
            membership = self.random.choice(MEMBERSHIPS)
            if user in (CREATOR, MOD) and self.chance(0.5):
                membership = "join"
            if membership:
                self.add("m.room.member", user, {"membership": membership}, user)
        if self.chance(0.85):
            content = levels.state(self.version, self.random, USERS, CREATOR)
            if self.version >= 12:
                for user in self.creators():
                    content.get("users", {}).pop(user, None)
            self.add("m.room.power_levels", "", content, CREATOR)
        if self.chance(0.9):
            rule = self.random.choice(JOIN_RULES) if self.chance(0.95) else 1
            content = {"join_rule": rule} if self.chance(0.95) else {}
            self.add("m.room.join_rules", "", content, CREATOR)
        self.third_party = self.random.choice(USERS)
        self.add("m.room.third_party_invite", "token", self.token_content(), self.third_party)

    def creators(self):
        return [CREATOR, *self.create.content.get("additional_creators", [])]

    def token_content(self):
        keys = [encode_verify_key_base64(get_verify_key(key)) for key in TOKEN_KEYS]
        if self.chance(0.5):
            return {"public_key": keys[0]}
        first = keys[1] if self.chance(0.7) else "no key"
        return {"public_key": first, "public_keys": [{"public_key": keys[0]}]}

    def add(self, type, key, content, sender):
        event = self.build(Wanted(type, key, sender, content), [])
        self.state[type, key] = event
        return event

    def build(self, wanted, named, room_id=None, rejected=False):
        self.number += 1
        event = {
            "type": wanted.type, "sender": wanted.sender, "content": wanted.content,
            "depth": self.number, "origin_server_ts": 1_700_000_000_000 + self.number,
            "hashes": {"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"},
            "signatures": self.signatures(wanted),
        }  # fmt: skip
        if wanted.state_key is not None:
            event["state_key"] = wanted.state_key
        if wanted.redacts is not None:
            event["redacts"] = wanted.redacts
        if not (self.version >= 12 and wanted.type == "m.room.create"):
            event["room_id"] = room_id or self.room_id
        if room_id:
            event["room_id"] = room_id
        if self.version <= 2:
            event["event_id"] = f"${self.number}:{domain(wanted.sender)}"
        prev = (
            ["$last:a" if self.version <= 2 else "$" + "l" * 43]
            if wanted.prev is None
            else wanted.prev
        )
        event["prev_events"] = self.references(prev)
        event["auth_events"] = self.references([event.event_id for event in named])
        reason = "rejected" if rejected else None
        try:
            return make_event_from_dict(event, self.room_version, rejected_reason=reason)
        except SynapseError as error:
            return Unbuilt(event, error)

    def references(self, ids):
        return [[id, {"sha256": "47DEQpj8HBSa"}] for id in ids] if self.version <= 2 else ids

    def signatures(self, wanted):
        """Of each server that has to sign; made up, as only the rules are judged."""
        servers = {domain(wanted.sender)}
        authoriser = wanted.content.get("join_authorised_via_users_server")
        if isinstance(authoriser, str) and wanted.signed:
            servers.add(domain(authoriser))
        return {server: {"ed25519:1": "A" * 86} for server in servers}

    def signed_invite(self, target):
        signed = {"mxid": target, "token": "token"}
        key = TOKEN_KEYS[0] if self.chance(0.9) else generate_signing_key("0")
        return sign_json(signed, "id.example", key)

    def selection(self, wanted):
        """The keys of the state that an event names (server-server API)."""
        if wanted.type == "m.room.create":
            return []
        keys = [("m.room.power_levels", ""), ("m.room.member", wanted.sender)]
        if self.version <= 11:
            keys.append(("m.room.create", ""))
        if wanted.type != "m.room.member":
            return keys
        membership = wanted.content.get("membership")
        keys.append(("m.room.member", wanted.state_key))
        if membership in ("join", "invite", "knock"):
            keys.append(("m.room.join_rules", ""))
        invite = wanted.content.get("third_party_invite")
        signed = invite.get("signed") if isinstance(invite, dict) else None
        if membership == "invite" and isinstance(signed, dict):
            keys.append(("m.room.third_party_invite", signed.get("token")))
        if membership == "join" and self.version >= 8:
            keys.append(("m.room.member", wanted.content.get("join_authorised_via_users_server")))
        return list(dict.fromkeys(key for key in keys if isinstance(key[1], str)))

    def case(self, recipe, wanted, change=None):
        """`change` gets the events that are named, and the room id, to alter them."""
        named = [self.state[key] for key in self.selection(wanted) if key in self.state]
        fault = change(self, named) if change else {}
        named = fault.get("named", named)
        if wanted.create_prev:
            wanted.prev = [self.create.event_id]
        event = self.build(wanted, named, room_id=fault.get("room_id"))
        create = None
        if self.version >= 12:
            create = fault.get("create", (self.create, False))
        rejected = fault.get("rejected")
        marked = [(one, one.event_id == rejected) for one in named]
        return Case(self.version, recipe, event, marked, create, wanted.signed)
