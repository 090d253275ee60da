"""Accounts on A and B that rooms get a history from, and what they do there."""

import threading
import time
from dataclasses import dataclass

from homeserver import ApiError, Homeserver
from joiner import expect
from rooms import World, numbers, quoted, register

SETTLED_SECONDS = 15
lock = threading.Lock()
known = {}


@dataclass(frozen=True)
class Account:
    server: Homeserver
    id: str
    token: str

    def ask(self, method, path, body=None):
        return self.server.ask(method, f"/_matrix/client/v3{path}", body, self.token)

    def act(self, room, action, **body):
        """A membership of its own or another's, or an upgrade."""
        return self.ask("POST", f"/rooms/{quoted(room.id)}/{action}", body)

    def join(self, room):
        """By way of the room's server, in case its own is not in the room."""
        self.ask("POST", f"/join/{quoted(room.id)}?via={quoted(room.resident.name)}", {})

    def knock(self, room):
        name = quoted(room.resident.name)
        self.ask("POST", f"/knock/{quoted(room.id)}?via={name}&server_name={name}", {})

    def set(self, room, kind, content, key=""):
        """Sets a piece of the room's state; the event's id."""
        path = f"/rooms/{quoted(room.id)}/state/{kind}/{quoted(key)}"
        return self.ask("PUT", path, content)["event_id"]

    def rename(self, room, name):
        """Takes another display name in this room alone; the event's id."""
        content = self.ask("GET", f"/rooms/{quoted(room.id)}/state/m.room.member/{quoted(self.id)}")
        return self.set(room, "m.room.member", content | {"displayname": name}, self.id)

    def say(self, room, text):
        body = {"msgtype": "m.text", "body": text}
        path = f"/rooms/{quoted(room.id)}/send/m.room.message/{next(numbers)}"
        return self.ask("PUT", path, body)["event_id"]

    def redact(self, room, event_id):
        path = f"/rooms/{quoted(room.id)}/redact/{quoted(event_id)}/{next(numbers)}"
        self.ask("PUT", path, {"reason": "as a test"})

    def change_levels(self, room, users=None, **levels):
        """Gives users, or kinds of events, another power; None takes a user's away. The event's id."""
        content = self.ask("GET", f"/rooms/{quoted(room.id)}/state/m.room.power_levels")
        named = content.get("users", {}) | (users or {})
        content["users"] = {user: level for user, level in named.items() if level is not None}
        return self.set(room, "m.room.power_levels", content | levels)


def someone(server, localpart):
    """An account, made when it is first asked for, that no limit of joins holds up."""
    with lock:
        if (server.name, localpart) not in known:
            user, token = register(server, localpart)
            path = f"/_synapse/admin/v1/users/{quoted(user)}/override_ratelimit"
            server.ask("POST", path, {"messages_per_second": 0, "burst_count": 0})
            known[server.name, localpart] = Account(server, user, token)
        return known[server.name, localpart]


@dataclass(frozen=True)
class Cast:
    """Who plays in a room's history: the admins, and others of A and of B by name."""

    world: World

    @property
    def admin(self):
        return Account(self.world.a, self.world.admin_a, self.world.a.token)

    def of_a(self, *localparts):
        return [someone(self.world.a, name) for name in localparts]

    def of_b(self, *localparts):
        return [someone(self.world.b, name) for name in localparts]

    def settle(self, room, *watchers):
        """Waits until the servers of these members have the same state: what follows rests on it."""
        deadline = time.monotonic() + SETTLED_SECONDS
        while True:
            states = [state_ids(account, room) for account in watchers]
            if all(state == states[0] for state in states):
                return
            different = [sorted(state ^ states[0])[:3] for state in states[1:]]
            expect(time.monotonic() < deadline, f"A and B do not agree on {room.id}: {different}")
            time.sleep(0.05)


def state_ids(account, room):
    try:
        state = account.ask("GET", f"/rooms/{quoted(room.id)}/state")
    except ApiError:
        return set()
    return {(event["type"], event["state_key"], event["event_id"]) for event in state}
