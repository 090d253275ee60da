"""The accounts and rooms on A and B that the joins need."""

import hashlib
import hmac
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from homeserver import ApiError, Homeserver

VERSIONS = [str(number) for number in range(1, 13)]
RESTRICTED_VERSIONS = ["8", "9", "10", "11", "12"]
# The oldest and the newest form of event ids, room ids and signatures.
TWO_SERVER_VERSIONS = ["1", "12"]


@dataclass(frozen=True)
class Room:
    """A room, the alias it is joined by, and the homeserver that is asked about it."""

    id: str
    alias: str
    version: str
    resident: Homeserver


@dataclass
class World:
    """What every check gets: both homeservers, and the rooms by their local names."""

    a: Homeserver
    b: Homeserver
    admin_a: str
    admin_b: str
    rooms: dict = field(default_factory=dict)


def quoted(text):
    return urllib.parse.quote(text, safe="")


def register_admin(server, localpart="admin"):
    """Makes an account with the registration secret, and lets `server.ask` use it."""
    path = "/_synapse/admin/v1/register"
    nonce = server.ask("GET", path)["nonce"]
    password = server.registration_secret
    said = "\0".join((nonce, localpart, password, "admin"))
    mac = hmac.new(server.registration_secret.encode(), said.encode(), hashlib.sha1)
    account = {"nonce": nonce, "username": localpart, "password": password, "admin": True}
    answer = server.ask("POST", path, account | {"mac": mac.hexdigest()})
    server.token = answer["access_token"]
    return answer["user_id"]


# ---------------------------------------------------------------- what an admin does and sees


def create(server, name, version="11", join_rule=None, **more):
    """Makes a room with the alias #NAME, public unless `join_rule` says otherwise."""
    if join_rule:
        rule = {"type": "m.room.join_rules", "state_key": "", "content": join_rule}
        more["initial_state"] = [rule]
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


def point_alias(server, name, room, **servers):
    """Makes #NAME on `server` lead to a room of the other homeserver."""
    alias = f"#{name}:{server.name}"
    body = {"room_id": room.id} | servers
    server.ask("PUT", f"/_matrix/client/v3/directory/room/{quoted(alias)}", body)
    return Room(room.id, alias, room.version, room.resident)


def member_event(server, room_id, user):
    """The whole membership event of `user` as `server` has it, or None."""
    state = f"/_matrix/client/v3/rooms/{quoted(room_id)}/state/m.room.member/{quoted(user)}"
    try:
        return server.ask("GET", f"{state}?format=event")
    except ApiError as error:
        if error.errcode == "M_NOT_FOUND":
            return None
        raise


def stored_event(server, event_id):
    """An event with its signatures, which the API leaves out."""
    import json

    ((text,),) = server.query("SELECT json FROM event_json WHERE event_id = ?", event_id)
    return json.loads(text)


def count_events(server):
    ((count,),) = server.query("SELECT count(*) FROM events")
    return count


# ---------------------------------------------------------------- the rooms, by name


def build(a, b):
    """Makes the accounts and all rooms; four at once, which is what pays off on two cores."""
    world = World(a, b, register_admin(a), register_admin(b))
    world.rooms["gate"] = create(a, "gate")
    with ThreadPoolExecutor(4) as pool:
        made = {name: pool.submit(make, world, name) for name, make in recipes()}
        for name, room in made.items():
            world.rooms[name] = room.result()
    return world


def recipes():
    """Pairs of a room's name and the function that makes it in a world."""
    for version in VERSIONS:
        yield f"v{version}", lambda world, name, v=version: create(world.a, name, v)
    for version in RESTRICTED_VERSIONS:
        yield f"restricted-v{version}", lambda world, name, v=version: make_restricted(world, name, v)
