"""Measures `fedjoin verify` beside libsodium alone: both in turns, medians of the rounds' ratios.

An event is an entry of state or auth chain, or our join. Exit code: 0 every bound holds, 1 one does not, 2 nothing
could be measured.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from measure import MIB, Bounds, interleaved, median, peak_memory, run
from rooms import ROOT, Generator, Room, checks, seconds_after_signatures, verify_command
from run import installed

LARGE = 100_000  # where the bounds on speed count
TWICE = 200_000


def checked(taken, what):
    if taken.code:
        raise SystemExit(f"verify.py: exit {taken.code} for {what}: {taken.err.strip() or taken.out.strip()[-500:]}")
    return taken


class Measuring:
    def __init__(self, fedjoin, generator, version, rounds, bounds):
        self.fedjoin, self.generator, self.version = fedjoin, generator, version
        self.rounds, self.bounds = rounds, bounds

    def verify(self, room, *more):
        return checked(run(verify_command(self.fedjoin, room, *more)), f"a good answer of {room.entries} events")

    def size(self, events, twice=None):
        """One size beside libsodium, and with `twice` that many events in the same rounds."""
        room = self.generator.room(events, self.version)
        # As JSON, which says when the signatures were done: what is measured of one run is so of one machine.
        sides = {"both": lambda: self.generator.around(room, lambda: self.verify(room, "-o", "json"))}
        large = self.generator.room(twice, self.version) if twice else None
        if large:
            sides["twice"] = lambda: self.verify(large)
        seen = interleaved(self.rounds, **sides)
        ours, bare = zip(*seen["both"])
        memory = self.memory(room)
        self.show(events, room, ours, bare, memory)
        if large:
            self.linear(events, twice, ours, seen["twice"], memory, self.memory(large))
        if events >= LARGE:
            self.speed(ours, bare)

    def memory(self, room):
        taken, peak = peak_memory(verify_command(self.fedjoin, room))
        checked(taken, f"a good answer of {room.entries} events")
        return peak

    def show(self, events, room, ours, bare, memory):
        facts = room.facts
        wall, cpu = median([t.wall for t in ours]), median([t.cpu for t in ours])
        bare_wall, bare_cpu = median([b["seconds"] for b in bare]), median([b["cpu_seconds"] for b in bare])
        print(f"\n{events} events by {facts['servers']} servers, room version {room.version}: {room.entries} entries, "
              f"{facts['bytes'] / 1e6:.1f} MB, {facts['signatures']} signatures of events, "
              f"{facts['key_signatures']} of key documents")  # fmt: skip
        print(f"  fedjoin    {wall:8.3f} s {cpu:8.3f} s CPU {room.entries / wall:9.0f} events/s "
              f"{facts['bytes'] / 1e6 / wall:7.1f} MB/s {memory / MIB:7.1f} MiB")  # fmt: skip
        print(f"  libsodium  {bare_wall:8.3f} s {bare_cpu:8.3f} s CPU {room.signatures / bare_wall:9.0f} signatures/s")
        ratio = 100 * median([b["seconds"] / t.wall for b, t in zip(bare, ours)])
        cpu_ratio = 100 * median([b["cpu_seconds"] / t.cpu for b, t in zip(bare, ours)])
        print(f"  of libsodium's rate: {ratio:.0f} %, by CPU time {cpu_ratio:.0f} %")
        limit = 32 * MIB + 1024 * room.entries
        self.bounds.hold("anonymous memory", memory / MIB, most=round(limit / MIB, 1), unit=" MiB")

    def linear(self, events, twice, ours, large, memory, memory_twice):
        # Between two runs of the smaller one, but for the last.
        after = [*ours[1:], ours[-1]]
        ratio = median([2 * t.cpu / (b.cpu + a.cpu) for b, t, a in zip(ours, large, after)])
        most = 1.05 * twice / events
        self.bounds.hold(f"CPU time of {twice} events to {events}", ratio, most=most)
        self.bounds.hold(f"memory of {twice} events to {events}", memory_twice / max(memory, 1), most=most)

    def speed(self, ours, bare):
        whole = median([b["seconds"] / t.wall for b, t in zip(bare, ours)])
        self.bounds.hold("rate with authorisation rules, of libsodium's", 100 * whole, least=80, aim=90, unit=" %")
        alone = median([b["seconds"] / (t.wall - seconds_after_signatures(t.out)) for b, t in zip(bare, ours)])
        self.bounds.hold("hashes, ids and signatures alone, of libsodium's", 100 * alone, least=85, unit=" %")

    def spoilt(self, directory):
        """An answer with a changed event is not passed: what is measured does judge."""
        room = self.generator.room(1000, self.version)
        for name in ("event.json", "keys.json", "facts.json"):
            (directory / name).write_bytes((room.folder / name).read_bytes())
        body = room.answer.read_bytes()
        at = body.index(b'"depth":') + len(b'"depth":')
        digit = b"1" if body[at : at + 1] != b"1" else b"2"
        (directory / "answer.json").write_bytes(body[:at] + digit + body[at + 1 :])
        self.refused("an answer with a changed depth", Room(directory, room.version))

    def refused(self, what, room, seconds=None, events=None):
        """The answer does not pass: by exit code or by checks, in words, and where `seconds` are given in time."""
        taken, memory = peak_memory(verify_command(self.fedjoin, room))
        listed = [c for c in checks(run(verify_command(self.fedjoin, room, "-o", "json")).out) if c["result"] != "pass"]
        words = (taken.err.strip() or taken.out.strip()).splitlines()
        print(f"\n{what}: exit {taken.code}, {len(listed)} checks that do not pass, {taken.wall:.2f} s, "
              f"{memory / MIB:.1f} MiB\n  {words[-1] if words else '(not a word)'}")  # fmt: skip
        # Neither a signal nor a command line that was not understood is a verdict.
        judged = 0 <= taken.code < 128 and taken.code != 64
        noticed = judged and bool(words) and (taken.code > 0 or bool(listed))
        self.bounds.say("it is noticed, and said in words", "yes" if noticed else "no", noticed)
        if seconds:
            self.bounds.hold("time", taken.wall, most=seconds, unit=" s")
            limit = 32 + 1024 * events / MIB
            self.bounds.hold("anonymous memory", memory / MIB, most=round(limit, 1), unit=" MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/release/fedjoin")
    parser.add_argument("--roomgen", type=Path, default=ROOT / ".build/release/roomgen")
    parser.add_argument("--room-version", default="11")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="no more than 10,000 events")
    options = parser.parse_args()
    for program in (options.fedjoin, options.roomgen):
        if not os.access(program, os.X_OK):
            print(f"verify.py: no {program}; make bench builds it", file=sys.stderr)
            return 2
    bounds = Bounds()
    print(f"verify: medians of {options.rounds} rounds, all sides in turns, on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        generator = Generator(options.roomgen)
        fedjoin = installed(options.fedjoin, directory)
        measuring = Measuring(fedjoin, generator, options.room_version, options.rounds, bounds)
        measuring.size(1_000)
        measuring.spoilt(directory)
        measuring.size(10_000, 20_000 if options.quick else None)
        if not options.quick:
            measuring.size(LARGE, TWICE)
        part = 10 if options.quick else 1
        for command, count in (("hostile-dangling", 100_000 // part), ("hostile-tiny", 1_000_000 // part)):
            room = generator.room(count, options.room_version, command=command)
            measuring.refused(f"{command}, {count} events", room, 10, count)
    return bounds.code()


if __name__ == "__main__":
    sys.exit(main())
