"""Measures `fedjoin verify` beside Synapse's own code on the same answer: all in turns, medians of the ratios.

Beside the path that Synapse goes for every event, and beside the parts of it that do the work alone, without Keyring and
Twisted. Synapse's authorisation rules are not part of its time; ours are of ours. Exit code: 0 every bound holds, 1 one
does not, 2 nothing could be measured.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from measure import Bounds, interleaved, median, run
from rooms import ROOT, Generator, verify_command
from run import installed

sys.path.append(str(ROOT / "Tests/SynapseTests"))
from installation import SetupError, install_synapse  # noqa: E402

SIDE = Path(__file__).with_name("synapse_side.py")
LEAST = 7


def synapse(python, room, *more):
    command = [python, "-B", SIDE, room.answer, "--keys", room.keys, "--room-version", room.version, *more]
    taken = run(command)
    if taken.code:
        raise SystemExit(f"beside_synapse.py: Synapse does not take the room: {taken.out or taken.err[-500:]}")
    return json.loads(taken.out)


def ours(fedjoin, room):
    taken = run(verify_command(fedjoin, room))
    if taken.code:
        raise SystemExit(f"beside_synapse.py: exit {taken.code} of fedjoin: {taken.err.strip()}")
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/release/fedjoin")
    parser.add_argument("--roomgen", type=Path, default=ROOT / ".build/release/roomgen")
    parser.add_argument("--room-version", default="11")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rooms-only", action="store_true", help="see that Synapse takes rooms of every version")
    options = parser.parse_args()
    try:
        python = install_synapse()
    except SetupError as error:
        print(f"beside_synapse.py: {error}", file=sys.stderr)
        return 2
    generator, bounds = Generator(options.roomgen), Bounds()
    for version in range(1, 13):
        taken = synapse(python, generator.room(1_000, str(version)), "--rules")
        print(f"room version {version}: Synapse finds all {taken['entries']} entries good, by its rules, too")
    if options.rooms_only:
        return 0
    room = generator.room(options.events, options.room_version)
    with tempfile.TemporaryDirectory() as name:
        fedjoin = installed(options.fedjoin, Path(name))
        seen = interleaved(
            options.rounds, ours=lambda: ours(fedjoin, room), theirs=lambda: synapse(python, room),
            parts=lambda: synapse(python, room, "--parts"),
        )  # fmt: skip
    print(f"\n{room.entries} events, room version {room.version}, medians of {options.rounds} rounds, "
          f"{os.cpu_count()} cores")  # fmt: skip
    for label, seconds in (
        ("fedjoin", [t.wall for t in seen["ours"]]), ("Synapse", [t["seconds"] for t in seen["theirs"]]),
        ("its parts", [t["seconds"] for t in seen["parts"]]),
    ):  # fmt: skip
        print(f"  {label:10}{median(seconds):8.2f} s {room.entries / median(seconds):9.0f} events/s")
    ratios = {
        side: median([t["seconds"] / o.wall for o, t in zip(seen["ours"], seen[side])]) for side in ("theirs", "parts")
    }
    bounds.hold("events/s to Synapse's", ratios["theirs"], least=LEAST)
    print(f"  events/s to its parts': {ratios['parts']:.3g}")
    return bounds.code()


if __name__ == "__main__":
    sys.exit(main())
