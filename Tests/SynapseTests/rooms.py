"""Accounts and rooms on A and B, and what their admins see of them."""

import hashlib
import hmac
import itertools
import json
import urllib.parse
from dataclasses import dataclass

from homeserver import ApiError, Homeserver

VERSIONS = [str(number) for number in range(1, 13)]
numbers = itertools.count(1)


@dataclass(frozen=True)
class Room:
    """A room, the alias it is joined by, and the homeserver that is asked about it."""

    id: str
    alias: str
    version: str
    resident: Homeserver


@dataclass(frozen=True)
class World:
    """Both homeservers, their admins' user ids, and how much is asked of them.

    Rooms are made by the check that uses them: what is left of another check in a room, such as
    members whose server is gone, would change what its directory and its state say.
    """

    a: Homeserver
    b: Homeserver
    admin_a: str
    admin_b: str
    # How many members the largest room gets.
    crowd: int = 1000


def quoted(text):
    return urllib.parse.quote(text, safe="")


def register_admin(server, localpart="admin"):
    """Makes an account with the registration secret, and lets `server.ask` use it."""
    user, server.token = register(server, localpart, admin=True)
    return user


def register(server, localpart, admin=False):
    """Makes an account with the registration secret: its user id and its token."""
    path = "/_synapse/admin/v1/register"
    nonce = server.ask("GET", path)["nonce"]
    password = server.registration_secret
    said = "\0".join((nonce, localpart, password, "admin" if admin else "notadmin"))
    mac = hmac.new(server.registration_secret.encode(), said.encode(), hashlib.sha1)
    account = {"nonce": nonce, "username": localpart, "password": password, "admin": admin}
    answer = server.ask("POST", path, account | {"mac": mac.hexdigest()})
    return answer["user_id"], answer["access_token"]


# ---------------------------------------------------------------- what an admin does and sees


def create(server, version="11", join_rule=None, **more):
    """Makes a room with an alias of its own, public unless `join_rule` says otherwise."""
    if join_rule:
        rule = {"type": "m.room.join_rules", "state_key": "", "content": join_rule}
        more["initial_state"] = [rule]
    name = f"room-{next(numbers)}"
    preset = "private_chat" if join_rule else "public_chat"
    body = {"name": name, "room_alias_name": name, "room_version": version, "preset": preset}
    answer = server.ask("POST", "/_matrix/client/v3/createRoom", body | more)
    return Room(answer["room_id"], f"#{name}:{server.name}", version, server)


def act(server, room_id, action, **body):
    server.ask("POST", f"/_matrix/client/v3/rooms/{quoted(room_id)}/{action}", body)


def join_from(server, room):
    """The admin of `server` joins a room of the other homeserver."""
    path = f"/_matrix/client/v3/join/{quoted(room.id)}?via={quoted(room.resident.name)}"
    server.ask("POST", path, {})


def point_alias(server, room, **servers):
    """Makes an alias on `server` that leads to a room of the other homeserver."""
    alias = f"#alias-{next(numbers)}:{server.name}"
    body = {"room_id": room.id} | servers
    server.ask("PUT", f"/_matrix/client/v3/directory/room/{quoted(alias)}", body)
    return Room(room.id, alias, room.version, room.resident)


def member_event(server, room_id, user):
    """The whole membership event of `user` as `server` has it, or None."""
    return state_event(server, room_id, "m.room.member", user)


def state_event(server, room_id, kind, key=""):
    """The whole event of the room's state as `server` has it, or None."""
    state = f"/_matrix/client/v3/rooms/{quoted(room_id)}/state/{kind}/{quoted(key)}"
    try:
        return server.ask("GET", f"{state}?format=event")
    except ApiError as error:
        if error.errcode == "M_NOT_FOUND":
            return None
        raise


def stored_event(server, event_id):
    """An event with its signatures, which the API leaves out."""
    ((text,),) = server.query("SELECT json FROM event_json WHERE event_id = ?", event_id)
    return json.loads(text)


def count_events(server):
    ((count,),) = server.query("SELECT count(*) FROM events")
    return count


# ---------------------------------------------------------------- rooms of a kind


def with_join_rule(server, rule, version="11"):
    return create(server, version, {"join_rule": rule})


def restricted_to(gate, version):
    """Members of the gate room may join."""
    allow = [{"type": "m.room_membership", "room_id": gate.id}]
    return create(gate.resident, version, {"join_rule": "restricted", "allow": allow})


def restricted_to_unknown(server, version):
    """Members of a room may join that the server itself knows nothing of."""
    allow = [{"type": "m.room_membership", "room_id": f"!unknown:{server.name}"}]
    return create(server, version, {"join_rule": "restricted", "allow": allow})


def restricted_without_inviter(world, version):
    """A room of B for the members of a gate room; A is in both, and nobody of A may invite."""
    gate = on_both(world, "11", of=world.b)
    levels = {"invite": 50}
    allow = [{"type": "m.room_membership", "room_id": gate.id}]
    rule = {"join_rule": "restricted", "allow": allow}
    room = create(world.b, version, rule, power_level_content_override=levels)
    act(world.b, room.id, "invite", user_id=world.admin_a)
    join_from(world.a, room)
    return gate, room


def without_addresses(server):
    """A room whose server ACL denies the servers whose names are addresses, as here all are."""
    acl = {"type": "m.room.server_acl", "state_key": "", "content": {"allow": ["*"], "allow_ip_literals": False}}
    return create(server, initial_state=[acl])


def on_both(world, version, of=None):
    """A room of one (A) that the other is in, too."""
    resident = of or world.a
    room = create(resident, version)
    join_from(world.b if resident is world.a else world.a, room)
    return room


def elsewhere(world):
    """A's alias for a room that only B is in.

    A takes an alias for any room it has heard of; the invite, never accepted, is how it hears.
    """
    room = create(world.b)
    act(world.b, room.id, "invite", user_id=world.admin_a)
    return point_alias(world.a, room, servers=[world.b.name])


def left_by_a(world):
    """A's alias for a room of B that A has left; A's directory goes on to name A first."""
    room = create(world.b)
    join_from(world.a, room)
    aliased = point_alias(world.a, room)
    act(world.a, room.id, "leave")
    return aliased
