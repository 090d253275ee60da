"""The two that judge: Synapse's library, and our rules through the oracle."""

import json
import subprocess
from dataclasses import dataclass

from synapse.event_auth import (
    check_state_dependent_auth_rules,
    check_state_independent_auth_rules,
    validate_event_for_room_version,
)
from synapse.events import make_event_from_dict

from scenes import Unbuilt


@dataclass
class Answer:
    allowed: bool
    # Our rule's number, or the class of what Synapse raised.
    rule: str
    reason: str


class Store:
    """The events that one event names, as the library asks for them."""

    def __init__(self, events):
        self.events = {event.event_id: event for event in events}

    async def get_events(
        self, event_ids, redact_behaviour, get_prev_content=False, allow_rejected=False
    ):
        return {id: self.events[id] for id in event_ids if id in self.events}


def run(coroutine):
    """To its end, as nothing in it ever waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("the library waits for something")


def rejected(event):
    """The same event as a server holds it that has rejected it."""
    return make_event_from_dict(event.get_dict(), event.room_version, rejected_reason="rejected")


def synapse(case):
    """Anything that is raised is a refusal: the event goes no further."""
    if isinstance(case.event, Unbuilt):
        return Answer(False, type(case.event.error).__name__, str(case.event.error))
    known = case.named + ([case.create] if case.create else [])
    events = [rejected(event) if is_rejected else event for event, is_rejected in known]
    store = Store(events)
    try:
        validate_event_for_room_version(case.event)
        run(check_state_independent_auth_rules(store, case.event))
        named = [store.events[id] for id in case.event.auth_event_ids()]
        check_state_dependent_auth_rules(case.event, named)
    except Exception as error:
        return Answer(False, type(error).__name__, str(error))
    return Answer(True, "", "")


def ask(oracle, requests):
    """The oracle's answers, one a request."""
    lines = "".join(json.dumps(request, ensure_ascii=False) + "\n" for request in requests)
    done = subprocess.run([oracle], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.split(b"\n") if line]
    for request, answer in zip(requests, answers, strict=True):
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(
                f"the oracle cannot answer: {answer['error']}\n{json.dumps(request)}"
            )
    return answers


def ours(oracle, cases):
    answers = ask(oracle, [case.request() for case in cases])
    return [Answer(one["allowed"], one["rule"], one.get("reason", "")) for one in answers]
