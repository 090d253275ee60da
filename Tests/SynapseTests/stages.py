"""The checks of single stages and of saved runs: a join by hand, and what is left of one that was kept."""

import base64
import hashlib
import json
import shlex
import subprocess
from functools import cache
from pathlib import Path

from checks import check, expect_left, membership
from joiner import execute, expect, expect_equal
from rooms import create, member_event, restricted_to, stored_event

NAME = "Zoë 🦊 測試"


def options(joiner):
    return ["-N", joiner.name, "--signing-key", joiner.signing_key]


def network(joiner):
    return ["--cacert", joiner.site.authority.certificate]


def said(run, path):
    """What a command put on stdout, as a file and as JSON."""
    expect_equal("exit code", run.exit, 0)
    path.write_text(run.stdout)
    return json.loads(run.stdout)


def expect_references(version, event):
    """Pairs of an id and hashes in versions 1 and 2, ids in later ones ("Event format")."""
    for key in ("auth_events", "prev_events"):
        for reference in event[key]:
            pair = isinstance(reference, list)
            expect_equal(f"form of {key}", pair, version in ("1", "2"))
            event_id = reference[0] if pair else reference
            expect(event_id.startswith("$"), f"{key} has no event id: {event_id!r}")
            expect_equal(f"server in an id of {key}", ":" in event_id, version in ("1", "2"))


def expect_template(template, room, joiner):
    expect_equal("room_version", template["room_version"], room.version)
    expect_equal("room_id", template["room_id"], room.id)
    expect_equal("resident", template["resident"], room.resident.name)
    event = template["event"]
    wanted = {"type": "m.room.member", "room_id": room.id, "sender": joiner.user, "state_key": joiner.user}
    expect_equal("template", {key: event.get(key) for key in wanted}, wanted)
    expect_equal("membership", event["content"]["membership"], "join")
    expect_references(room.version, event)


def content_hash(event):
    left_out = ("unsigned", "signatures", "hashes")
    kept = {key: value for key, value in event.items() if key not in left_out}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def expect_signed(join, template, room, joiner, **content):
    keys = ["event", "event_id", "resident", "room_id", "room_version"]
    expect_equal("members of the file", sorted(join), keys)
    expect_equal("room_id", join["room_id"], room.id)
    expect_equal("room_version", join["room_version"], room.version)
    expect_equal("resident", join["resident"], room.resident.name)
    event = join["event"]
    keys = {
        "auth_events", "content", "depth", "hashes", "origin", "origin_server_ts", "prev_events", "room_id",
        "sender", "signatures", "state_key", "type",
    }  # fmt: skip
    expect_equal("members of the event", set(event), keys | ({"event_id"} if room.version == "1" else set()))
    expect_equal("content", event["content"], {"membership": "join", **content})
    for key in ("auth_events", "prev_events", "depth"):
        expect_equal(key, event[key], template["event"][key])
    expect_equal("content hash", event["hashes"], {"sha256": content_hash(event)})
    expect_equal("signers", list(event["signatures"]), [joiner.name])
    if room.version == "1":
        expect_equal("event_id", join["event_id"], event["event_id"])


def by_hand(version, world, joiner):
    room, here = create(world.a, version), joiner.site.directory / f"stages-{version}"
    here.mkdir()
    user = ["-u", joiner.user]
    with joiner.publishing():
        asked = joiner.run("make-join", room.id, "--via", room.resident.name, *options(joiner), *user, *network(joiner))
        template = said(asked, here / "template.json")
        expect_template(template, room, joiner)
        expect_equal("Synapse's membership", membership(world.a, room, joiner.user), None)

        signed = joiner.run("sign", here / "template.json", *options(joiner), "--display-name", NAME)
        join = said(signed, here / "join.json")
        expect_signed(join, template, room, joiner, displayname=NAME)
        expect_equal("Synapse's membership", membership(world.a, room, joiner.user), None)

        sent = joiner.run("send-join", here / "join.json", *options(joiner), *network(joiner))
        answer = said(sent, here / "answer.json")
        expect_equal("our event as it came back", answer["event"]["hashes"], join["event"]["hashes"])
        expect(answer["state"] and answer["auth_chain"], "the answer has no state or no auth chain")
        event = member_event(world.a, room.id, joiner.user)
        expect_equal("Synapse's membership", event["content"]["membership"], "join")
        expect_equal("Synapse's event id", event["event_id"], join["event_id"])

        judged = joiner.run(
            "verify", here / "answer.json", "--event", here / "join.json", *network(joiner), "-o", "ndjson"
        )
        expect_equal("exit code", judged.exit, 0)
        judged.expect_end(result="pass", verified=True, room_version=version, event_id=join["event_id"])

        again = joiner.run("send-join", here / "join.json", *options(joiner), *network(joiner))
        expect_equal("exit code of the same event again", again.exit, 0)


for number in ["1", "3", "10", "11", "12"]:
    check(f"joins a room of version {number} by hand, a stage a command, and each file is as specified", number)(
        by_hand
    )


@check("joins through one pipe of stage commands")
def piped(world, joiner):
    room, here = create(world.a, "12"), joiner.site.directory / "piped"
    here.mkdir()
    fedjoin = shlex.quote(str(joiner.fedjoin))
    who = shlex.join(map(str, options(joiner)))
    how = shlex.join(map(str, network(joiner)))
    with joiner.publishing():
        line = (
            f"{fedjoin} make-join {shlex.quote(room.id)} --via {room.resident.name} {who} {how} -u {joiner.user}"
            f" | {fedjoin} sign - {who} | tee {here}/join.json | {fedjoin} send-join - {who} {how}"
            f" | {fedjoin} verify - --event {here}/join.json {how} -o ndjson"
        )
        run = execute(["sh", "-c", line], joiner.environment())
        joiner.runs.append(run)
        expect_equal("exit code", run.exit, 0)
        run.expect_end(verified=True)
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), "join")


@check("signs by hand for a restricted room, and who vouches for us signs it, too")
def restricted_by_hand(world, joiner):
    gate = create(world.a)
    room, here = restricted_to(gate, "11"), joiner.site.directory / "restricted"
    here.mkdir()
    with joiner.publishing():
        joiner.join(gate.alias).expect_exit(0)
        asked = joiner.run(
            "make-join", room.id, "--via", world.a.name, *options(joiner), "-u", joiner.user, *network(joiner)
        )
        template = said(asked, here / "template.json")
        # As Synapse answers itself, which does not say whose template it is.
        bare = {key: template[key] for key in ("event", "room_version")}
        (here / "bare.json").write_text(json.dumps(bare))
        refused = joiner.run("sign", here / "bare.json", *options(joiner))
        expect_equal("exit code without the resident", refused.exit, 59)
        signed = joiner.run("sign", here / "bare.json", "--via", world.a.name, *options(joiner))
        join = said(signed, here / "join.json")
        said(joiner.run("send-join", here / "join.json", *options(joiner), *network(joiner)), here / "answer.json")
    signers = set(stored_event(world.a, join["event_id"])["signatures"])
    expect_equal("the set of servers that signed the join", signers, {joiner.name, world.a.name})


# ---------------------------------------------------------------- saved runs


@cache
def namespaces_work():
    try:
        return subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


def without_network(joiner, *arguments):
    """Runs fedjoin where there is no network at all, if that can be had."""
    command = [str(word) for word in (joiner.fedjoin, *arguments)]
    if namespaces_work():
        command = ["unshare", "--net", *command]
    run = execute(command, joiner.environment() | {"SOURCE_DATE_EPOCH": "1700000000"})
    joiner.runs.append(run)
    return run


def saved(version, world, joiner):
    room, folder = create(world.a, version), joiner.site.directory / f"run-{version}"
    run = joiner.join(room.alias, "--display-name", NAME, "--save", folder, text=True)
    expect_equal("exit code", run.exit, 0)
    for form in ([], ["-o", "ndjson"]):
        shown = joiner.run("show", folder, *form)
        expect_equal("exit code of show", shown.exit, 0)
    expect_equal("what show says", joiner.run("show", folder).stdout, run.stdout)

    for form in ([], ["-vv"], ["-o", "ndjson"]):
        first, second = (without_network(joiner, "verify", folder, "--offline", *form) for _ in range(2))
        expect_equal("exit code of verify", first.exit, 0)
        expect_equal("the second verdict", (second.stdout, second.stderr), (first.stdout, first.stderr))
    first.expect_end(result="pass", verified=True, room_id=room.id, room_version=version)
    expect_equal("requests", first.methods, [])

    join = json.loads((folder / "event.json").read_text())
    event = member_event(world.a, room.id, joiner.user)
    expect_equal("Synapse's event id", event["event_id"], join["event_id"])
    expect_no_secrets(folder, joiner)
    with joiner.publishing():
        again = joiner.run("send-join", folder / "event.json", *options(joiner), *network(joiner))
        expect_equal("exit code of the same event again", again.exit, 0)
        left = joiner.run("leave", folder, *options(joiner), *network(joiner), "-o", "ndjson")
    left.expect_exit(0)
    expect_left(room, joiner)
    return None if namespaces_work() else "no network namespace can be made here: verified beside a network"


def expect_no_secrets(folder: Path, joiner):
    seed = base64.b64decode(joiner.signing_key.read_text().split()[2] + "==")
    forms = [base64.b64encode(seed), base64.urlsafe_b64encode(seed), seed.hex().encode(), seed]
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            expect(not any(form.rstrip(b"=") in text for form in forms), f"the signing key is in {path.name}")
            parts = text.split(b"sig=")[1:]
            expect(all(part.lstrip(b'\\"').startswith(b"[redacted]") for part in parts), f"a signature is in {path.name}")
            expect_equal(f"mode of {path.name}", oct(path.stat().st_mode & 0o777), oct(0o600))


for number in ["1", "6", "12"]:
    check(f"keeps a run in version {number}: shown, verified without a network, sent again, undone", number)(saved)
