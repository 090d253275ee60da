"""Judges a send_join answer as Synapse does, in Synapse's own code; run by Synapse's python.

Its SendJoinParser, content hash, redaction and verify_signed_json over every entry of the answer, with keys from a
file; with --rules its authorisation rules, too, which are not part of the time. Prints one line of JSON.
Exit code: 0 all events are good, 1 some are not.
"""

import argparse
import asyncio
import json
import sys
import time
from itertools import chain
from pathlib import Path

from signedjson.key import decode_verify_key_bytes
from signedjson.sign import SignatureVerifyException, verify_signed_json
from synapse import event_auth
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.crypto.event_signing import check_event_content_hash
from synapse.events.utils import prune_event
from synapse.federation.transport.client import SendJoinParser
from synapse.types import get_domain_from_id
from unpaddedbase64 import decode_base64

CHUNK = 65_536  # what Twisted hands to a parser at most


def read_keys(path):
    """(server, key id) → the key and until when it speaks for events."""
    found = {}
    for document in json.loads(path.read_text())["server_keys"]:
        server = document["server_name"]
        for key_id, entry in document["verify_keys"].items():
            key = decode_verify_key_bytes(key_id, decode_base64(entry["key"]))
            verify_signed_json(document, server, key)
            found[server, key_id] = key, document["valid_until_ts"]
        for key_id, entry in document["old_verify_keys"].items():
            found[server, key_id] = decode_verify_key_bytes(key_id, decode_base64(entry["key"])), entry["expired_ts"]
    return found


def parse(path, version):
    parser = SendJoinParser(version, v1_api=False)
    with open(path, "rb") as file:
        while data := file.read(CHUNK):
            parser.write(data)
    return parser.finish()


def signers(event, version):
    """The servers that have to have signed, as _check_sigs_on_pdu has them."""
    yield get_domain_from_id(event.sender)
    if version.event_format == 1 and get_domain_from_id(event.event_id) != get_domain_from_id(event.sender):
        yield get_domain_from_id(event.event_id)
    if (
        version.restricted_join_rule
        and event.type == "m.room.member"
        and event.membership == "join"
        and "join_authorised_via_users_server" in event.content
    ):
        yield get_domain_from_id(event.content["join_authorised_via_users_server"])


def is_signed(event, version, keys):
    """As Keyring.process_request: each key that a server signed with and that is known and was valid."""
    for server in signers(event, version):
        verified = False
        for key_id in event.signatures[server] if server in event.signatures else ():
            key, end = keys.get((server, key_id), (None, 0))
            if not key or version.enforce_key_validity and end < event.origin_server_ts:
                continue
            try:
                verify_signed_json(prune_event(event).get_pdu_json(), server, key)
            except SignatureVerifyException:
                return False
            verified = True
        if not verified:
            return False
    return True


def refused_by_rules(response, version):
    """The events that Synapse's authorisation rules refuse, by their auth events; our own by the state, too."""
    events = {e.event_id: e for e in chain(response.state, response.auth_events)}
    refused = []
    for event in [*events.values(), response.event]:
        try:
            event_auth.validate_event_for_room_version(event)
            asyncio.run(event_auth.check_state_independent_auth_rules(None, event, events))
            event_auth.check_state_dependent_auth_rules(event, [events[i] for i in event.auth_event_ids()])
        except Exception as error:
            refused.append(f"{event.event_id} ({event.type}): {error}")
    try:
        event_auth.check_state_dependent_auth_rules(response.event, response.state)
    except Exception as error:
        refused.append(f"our join against the state: {error}")
    return refused


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("answer", type=Path)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--room-version", required=True)
    parser.add_argument("--rules", action="store_true")
    options = parser.parse_args()
    version = KNOWN_ROOM_VERSIONS[options.room_version]
    began, began_cpu = time.perf_counter(), time.process_time()
    keys = read_keys(options.keys)
    response = parse(options.answer, version)
    parsed = time.perf_counter()
    bad = []
    for event in chain(response.state, response.auth_events, [response.event]):
        if not is_signed(event, version, keys):
            bad.append(f"{event.event_id}: signature")
        if not check_event_content_hash(event):
            bad.append(f"{event.event_id}: content hash")
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    if options.rules:
        bad += refused_by_rules(response, version)
    print(json.dumps({
        "entries": len(response.state) + len(response.auth_events) + 1, "seconds": seconds, "cpu_seconds": cpu,
        "parse_seconds": parsed - began, "bad": len(bad), "some": bad[:20],
    }))  # fmt: skip
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
