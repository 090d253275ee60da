"""Judges a send_join answer as Synapse does, in Synapse's own code; run by Synapse's python.

Its SendJoinParser, _check_sigs_on_pdu with a Keyring, and content hash over every entry of the answer, as many at once
as Synapse has; keys come from a file, which is faster than its database. With --parts the content hash, redaction and
verify_signed_json alone, one event after the other: what is left of that path without Keyring and Twisted. With --rules
its authorisation rules, too, which are not part of the time. Prints one line of JSON.
Exit code: 0 all events are good, 1 some are not.
"""

import argparse
import asyncio
import json
import sys
import time
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

from signedjson.key import decode_verify_key_bytes, generate_signing_key
from signedjson.sign import SignatureVerifyException, verify_signed_json
from synapse import event_auth
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.crypto.event_signing import check_event_content_hash
from synapse.crypto.keyring import Keyring, KeyFetcher
from synapse.events.utils import prune_event
from synapse.federation.federation_base import InvalidEventSignatureError, _check_sigs_on_pdu
from synapse.federation.transport.client import SendJoinParser
from synapse.metrics.background_process_metrics import run_as_background_process
from synapse.storage.keys import FetchKeyResult
from synapse.types import get_domain_from_id
from synapse.util.async_helpers import concurrently_execute
from synapse.util.clock import Clock
from twisted.internet import defer, task
from unpaddedbase64 import decode_base64

CHUNK = 65_536  # what Twisted hands to a parser at most
AT_ONCE = 10_000  # as _check_sigs_and_hash_for_pulled_events_and_fetch


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


class GivenKeys(KeyFetcher):
    """Keys that are there already."""

    def __init__(self, hs, keys):
        super().__init__(hs)
        self.keys = keys

    async def _fetch_keys(self, keys_to_fetch):
        found = {}
        for wanted in keys_to_fetch:
            for key_id in wanted.key_ids:
                if known := self.keys.get((wanted.server_name, key_id)):
                    found.setdefault(wanted.server_name, {})[key_id] = FetchKeyResult(*known)
        return found


def keyring(reactor, keys):
    """Synapse's Keyring, with as much of a homeserver around it as it asks for."""
    name = "joining.example"
    clock = Clock(reactor, server_name=name)
    hs = SimpleNamespace(
        hostname=name, get_clock=lambda: clock, is_mine_server_name=lambda server: server == name,
        config=SimpleNamespace(key=SimpleNamespace(old_signing_keys={})), signing_key=generate_signing_key("a"),
        run_as_background_process=lambda what, func, *args: run_as_background_process(what, name, func, *args),
    )  # fmt: skip
    return Keyring(hs, test_only_key_fetchers=[GivenKeys(hs, keys)])


async def check(events, version, ring):
    """What is wrong with them, as FederationClient finds it."""
    bad = []

    async def look(event):
        try:
            await _check_sigs_on_pdu(ring, version, event)
        except InvalidEventSignatureError as error:
            bad.append(f"{event.event_id}: {error}")
        if not check_event_content_hash(event):
            bad.append(f"{event.event_id}: content hash")

    await concurrently_execute(look, events, AT_ONCE)
    return bad


def check_parts(events, version, keys):
    """The same by what does the work alone."""
    bad = []
    for event in events:
        if not is_signed(event, version, keys):
            bad.append(f"{event.event_id}: signature")
        if not check_event_content_hash(event):
            bad.append(f"{event.event_id}: content hash")
    return bad


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


async def judge(reactor, options):
    version = KNOWN_ROOM_VERSIONS[options.room_version]
    began, began_cpu = time.perf_counter(), time.process_time()
    keys = read_keys(options.keys)
    response = parse(options.answer, version)
    parsed = time.perf_counter()
    events = [*response.state, *response.auth_events, response.event]
    if options.parts:
        bad = check_parts(events, version, keys)
    else:
        bad = await check(events, version, keyring(reactor, keys))
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    if options.rules:
        bad += refused_by_rules(response, version)
    print(json.dumps({
        "entries": len(events), "seconds": seconds, "cpu_seconds": cpu, "parse_seconds": parsed - began,
        "bad": len(bad), "some": bad[:20],
    }))  # fmt: skip
    if bad:
        raise SystemExit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("answer", type=Path)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--room-version", required=True)
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--rules", action="store_true")
    options = parser.parse_args()
    task.react(lambda reactor: defer.ensureDeferred(judge(reactor, options)))


if __name__ == "__main__":
    main()
