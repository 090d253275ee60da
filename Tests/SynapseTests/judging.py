"""The checks: what fedjoin makes of rooms with a history, beside what Synapse says of them."""

import json
import re

from checks import check, expect_joined
from detour import detour
from histories import crowded, eventful, redact_members, restricted, upgraded, with_third_party_invites
from joiner import expect, expect_equal
from people import Cast, someone
from rooms import create, quoted, stored_event

JUDGED = ["1", "3", "6", "9", "10", "11", "12"]

# ---------------------------------------------------------------- what is expected


def warned(run):
    """The checks that warned in the stage `verify`."""
    return {
        check["check"]
        for check in run.of_type("check")
        if check["stage"] == "verify" and check["result"] == "warn"
    }


def counted(run, name, words):
    """Two numbers that a check's detail begins or ends its sentence with."""
    details = [c["detail"] for c in run.of_type("check") if c["check"] == name and c["result"] != "skip"]
    found = [match for detail in details if (match := re.search(words, detail))]
    expect(found, f"no check {name} says {words!r}: {details}")
    return tuple(int(number) for number in found[-1].groups())


def expect_judged(run, expected_warnings=frozenset(), own=1, left=0):
    """Nothing but what is expected was warned of; everything has its signatures, and is allowed."""
    expect_equal("the checks that warned", sorted(warned(run)), sorted(expected_warnings))
    run.expect_end(verified=True, result="warn" if expected_warnings else "pass")
    signed, events = counted(run, "signatures", r"^(\d+) of (\d+) events have the signatures")
    expect_equal("number of events with the signatures they need", signed, events)
    allowed, judged = counted(run, "auth_rules", r"allow (\d+) of (\d+) events")
    expect_equal("number of events that the auth rules allow", allowed, judged - left)
    expect_equal("number of events judged", judged, events - own)
    return judged


def expect_room(run, world, room, joiner, us, partial=False):
    """The summary agrees with what Synapse says of the room before our join."""
    admin = Cast(world).admin
    path = f"/rooms/{quoted(room.id)}"
    state = [
        event
        for event in admin.ask("GET", f"{path}/state")
        if (event["type"], event["state_key"]) != ("m.room.member", us)
    ]
    joined = set(admin.ask("GET", f"{path}/joined_members")["joined"]) - {us}
    members = [event["content"]["membership"] for event in state if event["type"] == "m.room.member"]
    expect_equal("number of joined members in Synapse's state", members.count("join"), len(joined))

    def content(kind):
        found = [e["content"] for e in state if (e["type"], e["state_key"]) == (kind, "")]
        return found[0] if found else {}

    (create_event,) = (event for event in state if event["type"] == "m.room.create")
    creators = [create_event["content"].get("creator", create_event["sender"])]
    creators += create_event["content"].get("additional_creators", [])
    levels = sorted((-level, user) for user, level in content("m.room.power_levels")["users"].items())
    (record,) = run.of_type("room")
    wanted = {
        "room_id": room.id, "room_version": room.version, "partial": partial, "creators": creators,
        "join_rule": content("m.room.join_rules")["join_rule"],
        "joined": 0 if partial else len(joined),
        "invited": 0 if partial else members.count("invite"),
        "banned": 0 if partial else members.count("ban"),
        "servers": len({user.split(":", 1)[1] for user in joined}),
        "powers": [{"user": user, "level": -level} for level, user in levels[:5]],
        "history_visibility": content("m.room.history_visibility").get("history_visibility"),
        "encryption": content("m.room.encryption").get("algorithm"),
        "replacement_room": content("m.room.tombstone").get("replacement_room"),
        "acl_admits_us": True if content("m.room.server_acl") else None,
    }  # fmt: skip
    for field, value in wanted.items():
        expect_equal(f"room.{field}", record[field], value)
    return state


def expect_verified_again(run, world, room, joiner, expected_warnings=frozenset(), left=0):
    """The same answer, asked for once more and saved, is judged the same offline."""
    event = stored_event(world.a, run.end["event_id"])
    event.pop("unsigned", None)
    folder = world.a.directory / f"saved-{joiner.name.split(':')[1]}-{len(joiner.runs)}"
    (folder / "keys").mkdir(parents=True)
    (folder / "event.json").write_text(json.dumps({"event": event, "room_version": room.version}))
    path = f"/_matrix/federation/v2/send_join/{quoted(room.id)}/{quoted(run.end['event_id'])}"
    (folder / "sent.json").write_text(json.dumps(event))
    answer = joiner.run(
        "request", "PUT", world.a.name, path, "--body", folder / "sent.json", "-N", joiner.name,
        "--signing-key", joiner.signing_key, "--cacert", joiner.site.authority.certificate,
    )  # fmt: skip
    expect_equal("exit code", answer.exit, 0)
    (folder / "send_join.json").write_text(answer.stdout)
    for server in (world.a, world.b):
        document = server.ask("GET", "/_matrix/key/v2/server")
        (folder / "keys" / f"{server.label}.json").write_text(json.dumps(document))
    ours = world.a.ask("GET", f"/_matrix/key/v2/query/{joiner.name}")
    (folder / "keys" / "ours.json").write_text(json.dumps(ours))
    again = joiner.run("verify", folder, "--offline", "-o", "ndjson")
    expect_equal("exit code", again.exit, 0)
    judged = expect_judged(again, expected_warnings, left=left)
    said = json.loads(answer.stdout)
    different = {json.dumps(event, sort_keys=True) for event in without_unsigned(said)}
    expect_equal("number of events judged offline", judged, len(different))
    return judged


def without_unsigned(answer):
    for event in answer["state"] + answer["auth_chain"]:
        yield {key: value for key, value in event.items() if key != "unsigned"}


def judge(world, room, joiner, expected_warnings=frozenset(), by=None, left=0, **content):
    """Joins, whole and in part, and verifies the saved answer; a note of what was judged."""
    options = ["--via", room.resident.name] if by else []
    target = by or room.alias
    result = "warn" if expected_warnings else "pass"
    run = joiner.join(target, *options, "--linger", "0")
    expect_joined(run, room, joiner, result=result, **content)
    judged = expect_judged(run, expected_warnings, left=left)
    state = expect_room(run, world, room, joiner, joiner.user)
    expect_verified_again(run, world, room, joiner, expected_warnings, left)
    return f"{judged} events, {len(state)} of the state"


def judge_partial(world, room, joiner, expected_warnings=frozenset(), left=0):
    """Another user of ours joins and has members left out."""
    first, joiner.user = joiner.user, f"@second:{joiner.name}"
    try:
        run = joiner.join(room.alias, "--omit-members", "--linger", "0")
        expect_joined(run, room, joiner, result="warn" if expected_warnings else "pass")
        judged = expect_judged(run, expected_warnings, left=left)
        expect_room(run, world, room, joiner, joiner.user, partial=True)
    finally:
        joiner.user = first
    return f"{judged} in part"


# ---------------------------------------------------------------- the rooms


def judges_eventful(version, world, joiner):
    room = eventful(world, version)
    whole = judge(world, room, joiner)
    return f"{whole}, {judge_partial(world, room, joiner)}"


for number in JUDGED:
    name = f"finds no fault with a room of version {number} with bans, kicks, redactions and more"
    check(name, number)(judges_eventful)


def judges_restricted(version, world, joiner):
    gate = create(world.a)
    room = restricted(world, version, gate)
    if version != "8":
        redact_members(world, room)
    joiner.join(gate.alias, "--linger", "0").expect_exit(0)
    return judge(world, room, joiner, join_authorised_via_users_server=world.admin_a)


for number in ["8", "9", "10", "11", "12"]:
    name = f"finds no fault with a restricted room of version {number} that people came back to"
    check(name, number)(judges_restricted)


@check("says of a restricted room of version 8 which joins cannot be judged since they were redacted")
def judges_redacted_restricted(world, joiner):
    # Redaction takes away who let them in, which version 9 was made for.
    gate = create(world.a)
    room = restricted(world, "8", gate)
    redact_members(world, room)
    joiner.join(gate.alias, "--linger", "0").expect_exit(0)
    return judge(world, room, joiner, {"auth_rules"}, left=2)


def judges_upgraded(version, successor, world, joiner):
    old, new = upgraded(world, version, successor)
    notes = [judge(world, old, joiner, by=old.id), judge(world, new, joiner)]
    return "; ".join(notes)


for old, new in (("1", "6"), ("9", "11"), ("11", "12")):
    name = f"finds no fault with a room of version {old} that was upgraded, nor with the new one, of {new}"
    check(name, old, new)(judges_upgraded)


def judges_third_party(version, world, joiner):
    return judge(world, with_third_party_invites(world, version, joiner.site.python), joiner)


for number in JUDGED:
    name = f"finds no fault with invites by address in a room of version {number}"
    check(name, number)(judges_third_party)


def judges_incomplete(version, lost, world, joiner):
    """What gets lost of an answer, whole or in part, is asked for again where our join rests on it."""
    cast = Cast(world)
    room = create(world.a, version)
    cast.admin.change_levels(room, {someone(world.a, "alice").id: 50})
    for number, options in enumerate(([], ["--omit-members"])):
        joiner.user = f"@whole{number}:{joiner.name}"
        whole = joiner.join(room.alias, "--linger", "0", *options)
        judged = expect_judged(whole)
        joiner.user = f"@cut{number}:{joiner.name}"
        with detour(world.a, joiner.certificate, lambda answer: answer.update(auth_chain=[]), lost) as way:
            run = joiner.join(room.alias, "--linger", "0", "--connect-to", way, *options)
        expect_joined(run, room, joiner, result="warn")
        said = [c["detail"] for c in run.of_type("check") if c["check"] == "auth_chain"]
        expect(said, "nothing is said of what the answer lacks")
        for detail in said:
            got = (f"fetched from {world.a.name}", f"{world.a.name} gave it when asked", f"{world.a.name} gave all when")
            expect(any(words in detail for words in got), f"not fetched: {detail}")
        # The full answer to the second has the first one in it.
        expect_equal("number of events judged", expect_judged(run, {"auth_chain"}), judged + (not options))
    return f"{len(said)} fetched of {judged}"


for number in ["1", "6", "11", "12"]:
    name = f"fetches what an answer of version {number} lacks and our join rests on"
    check(name, number, ())(judges_incomplete)

check("fetches what an answer lacks one by one where the chain is not to be had", "11", ("/event_auth/",))(
    judges_incomplete
)


@check("judges a room of many members, whole and in part")
def judges_crowd(world, joiner):
    room = crowded(world, "11", world.crowd)
    whole = judge(world, room, joiner)
    part = judge_partial(world, room, joiner)
    joins = [run for run in joiner.runs if "join" in run.command]
    return f"{world.crowd} members, {whole}, {part}\n{cost_table(joins)}"


def cost_table(joins):
    """What a join costs with the whole answer, and with the one that leaves members out."""
    lines = ["     answer      bytes   seconds   peak MiB"]
    for name, run in zip(("whole", "in part"), joins, strict=True):
        (size,) = (
            record["response"]["bytes"]
            for record in run.of_type("http")
            if record["request"]["method"] == "PUT"
        )
        lines.append(f"     {name:8} {size:8} {run.seconds:9.1f} {run.peak / 1024:10.1f}")
    return "\n".join(lines)
