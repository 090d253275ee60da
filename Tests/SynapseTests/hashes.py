"""Hashes, ids, redactions and signatures of random events, ours beside Synapse's."""

import hashlib
import json
from dataclasses import dataclass

from signedjson.key import encode_verify_key_base64, generate_signing_key, get_verify_key
from signedjson.sign import SignatureVerifyException, verify_signed_json
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.crypto.event_signing import (
    check_event_content_hash,
    compute_content_hash,
    compute_event_reference_hash,
    compute_event_signature,
)
from synapse.events import make_event_from_dict
from synapse.events.utils import prune_event
from unpaddedbase64 import encode_base64

import judges

KEY = generate_signing_key("k")
TYPES = [
    "m.room.create", "m.room.member", "m.room.power_levels", "m.room.join_rules",
    "m.room.history_visibility", "m.room.aliases", "m.room.redaction", "m.room.message",
]  # fmt: skip
KEYS = [
    "creator", "room_version", "membership", "join_authorised_via_users_server", "users", "events",
    "third_party_invite", "ban", "invite", "notifications", "join_rule", "allow", "aliases", "body",
    "history_visibility", "redacts",
]  # fmt: skip
WORDS = [
    "",
    "a",
    "é",
    "e\u0301",
    "\U0001f600",
    '"\\\n\t\u0000',
    "\u2028<>&",
    "m.room",
    "\u007f\u0080",
    "ﬀ",
]


@dataclass
class Sample:
    version: int
    dict: dict


def value(version, random, depth=0):
    kinds = ["text", "number", "bool", "null"] + (["list", "object", "object"] if depth < 3 else [])
    kind = random.choice(kinds)
    if kind == "text":
        return "".join(random.choice(WORDS) for _ in range(random.randrange(4)))
    if kind == "number":
        numbers = [0, -1, 50, 2**53 - 1, -(2**53) + 1]
        return random.choice(
            numbers + ([2**53, 0.5, -1e3, 1e20, 1e-7, 2**63, 10**25] if version <= 5 else [])
        )
    if kind == "list":
        return [value(version, random, depth + 1) for _ in range(random.randrange(4))]
    if kind == "object":
        return {
            random.choice(WORDS + KEYS): value(version, random, depth + 1)
            for _ in range(random.randrange(5))
        }
    return random.choice([True, False]) if kind == "bool" else None


def content(version, random):
    made = {key: value(version, random) for key in random.sample(KEYS, 6)}
    if random.random() < 0.5:
        made["third_party_invite"] = {"signed": value(version, random), "display_name": "x"}
    return made


def sample(version, random):
    room_version = KNOWN_ROOM_VERSIONS[str(version)]
    event = {
        "type": random.choice(TYPES), "sender": "@u:a", "content": content(version, random),
        "origin_server_ts": 1_700_000_000_000 + random.randrange(1000), "depth": 5,
        "prev_events": [], "auth_events": [],
    }  # fmt: skip
    if version <= 2:
        event["event_id"] = "$x:a"
    if not (version >= 12 and event["type"] == "m.room.create"):
        event["room_id"] = "!r:a" if version < 12 else "!" + "r" * 43
    if random.random() < 0.7 or event["type"] == "m.room.create":
        event["state_key"] = "" if event["type"] == "m.room.create" else random.choice(WORDS)
    for key in ("origin", "redacts", "membership", "prev_state", "unsigned", "more"):
        if random.random() < 0.3:
            event[key] = {} if key == "unsigned" else [] if key == "prev_state" else "a"
    name, digest = compute_content_hash(event, hashlib.sha256)
    event["hashes"] = {name: encode_base64(digest)}
    event["signatures"] = compute_event_signature(room_version, event, "a", KEY)
    # Some are changed after they were signed, where redaction keeps it and where it does not.
    if random.random() < 0.2:
        event["depth"] = 6
    if random.random() < 0.2:
        event["content"]["tampered"] = 1
    return Sample(version, event)


def request(one):
    return {
        "op": "hashes", "room_version": str(one.version), "event": one.dict,
        "keys": {"a": {"ed25519:k": encode_verify_key_base64(get_verify_key(KEY))}},
    }  # fmt: skip


def synapse(one):
    event = make_event_from_dict(one.dict, KNOWN_ROOM_VERSIONS[str(one.version)])
    redacted = prune_event(event).get_pdu_json()
    redacted.pop("unsigned", None)
    try:
        verify_signed_json(redacted, "a", get_verify_key(KEY))
        is_signed = True
    except SignatureVerifyException:
        is_signed = False
    return {
        "event_id": event.event_id,
        "reference_hash": encode_base64(compute_event_reference_hash(event)[1]),
        "content_matches": check_event_content_hash(event),
        "redacted": redacted,
        "signatures": is_signed,
    }


def compare(oracle, version, random, count):
    """A line for each event of `count` that we make something else of than Synapse."""
    samples = [sample(version, random) for _ in range(count)]
    different = []
    for one, ours in zip(
        samples, judges.ask(oracle, [request(one) for one in samples]), strict=True
    ):
        ours["signatures"] = ours["signatures"]["a"] == "valid"
        for key, theirs in synapse(one).items():
            if ours.get(key) != theirs:
                different.append(
                    f"{key}: {ours.get(key)}, Synapse: {theirs}, of {json.dumps(one.dict)}"
                )
    return different
