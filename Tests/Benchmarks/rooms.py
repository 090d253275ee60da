"""Rooms to measure with, made once, and the command that judges them."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".build" / "bench"


@dataclass
class Room:
    """A folder with answer.json, keys.json and, but for an answer without a join, event.json and facts.json."""

    folder: Path
    version: str

    @property
    def answer(self):
        return self.folder / "answer.json"

    @property
    def keys(self):
        return self.folder / "keys.json"

    @property
    def facts(self):
        return json.loads((self.folder / "facts.json").read_text())

    @property
    def entries(self):
        """Events as they are counted here: those of state and auth chain, and our join."""
        return self.facts["entries"]

    @property
    def signatures(self):
        """What has to be verified: each distinct event's signatures, and each key document's own."""
        return self.facts["signatures"] + self.facts["key_signatures"]


class Generator:
    """roomgen, and the rooms that it made before."""

    def __init__(self, roomgen):
        self.roomgen = roomgen
        sources = sorted((ROOT / "Tests/Benchmarks/RoomGen").glob("*.swift"))
        self.stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()

    def room(self, events, version, servers=None, pattern=None, command="generate"):
        """A room of that size; servers are a twentieth of the events unless said."""
        options = ["--events", events]
        if command == "generate":
            options += ["--servers", servers or max(events // 20, 2), "--seed", 1]
            options += ["--name-pattern", pattern] if pattern else []
        if command != "hostile-tiny":
            options += ["--version", version]
        options = [str(option) for option in options]
        stamp = " ".join([self.stamp, command, *options])
        folder = CACHE / f"{command}-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            subprocess.run(
                [self.roomgen, command, *options, "--out", folder], check=True, stdout=subprocess.DEVNULL
            )
            (folder / "complete").touch()
        return Room(folder, version)

    def around(self, room, work):
        """What `work` answers, and libsodium alone over as many signatures as the room needs, half of them before and
        half after: so that a machine which grows slower or faster meanwhile does so for both."""
        half = room.signatures // 2
        before = self.sodium(room, half)
        answer = work()
        after = self.sodium(room, room.signatures - half)
        return answer, {key: before[key] + after[key] for key in ("seconds", "cpu_seconds")}

    def sodium(self, room, count):
        """libsodium alone over `count` signatures, of messages as long as what is signed of the room is:
        {"seconds": …, "cpu_seconds": …}.
        """
        size = round(room.facts["signed_bytes"] / room.signatures)
        command = [self.roomgen, "sodium", "--keys", room.keys, "--count", count, "--message-size", size]
        command = [str(part) for part in command]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def verify_command(fedjoin, room, *more, offline=True):
    """How fedjoin judges a room's answer."""
    command = [fedjoin, "verify", room.answer, "--room-version", room.version]
    if (room.folder / "event.json").exists():
        command += ["--event", room.folder / "event.json"]
    if offline:
        command += ["--keys", room.keys, "--offline"]
    return [*command, *more]


def seconds_after_signatures(out):
    """How long the run went on once hashes, ids and signatures were checked, as its records in `-o json` say."""
    records = json.loads(out)["records"]
    (done,) = (r["t"] for r in records if r.get("check") == "timing" and r.get("subject") == "signatures")
    return (records[-1]["t"] - done) / 1000


def checks(out):
    """All check records in what `-o json` printed, wherever they stand in it."""
    try:
        waiting, found = [json.loads(out)], []
    except ValueError:
        return []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "check" in value and "result" in value:
                found.append(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found
