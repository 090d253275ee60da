"""Holds the authorisation rules, hashes and redactions to Synapse's library, by random events.

Where the two judge an event otherwise, the difference has to be of a known class (differences.py).
Random numbers start at a seed, which is printed: --seed makes the same events again.
Exit code: 0 all passed, 1 a check failed, 2 nothing could be run.
"""

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.dont_write_bytecode = True  # the sources' directory stays as it is

from installation import ROOT, SetupError, install_synapse  # noqa: E402

VERSIONS = range(1, 13)
HITS = 50
# How often more events are made until each rule has its hits.
ROUNDS = 30


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=None, help="of the random numbers")
    parser.add_argument("--events", type=int, default=1500, help="at least so many of each version")
    parser.add_argument("--only", type=int, metavar="VERSION", help="of one room version alone")
    parser.add_argument(
        "--oracle", type=Path, help="default: .build/release/oracle, .build/debug/oracle"
    )
    return parser.parse_args()


def find_oracle(path):
    for candidate in (
        [path] if path else [ROOT / ".build" / kind / "oracle" for kind in ("release", "debug")]
    ):
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate.resolve()
    raise SetupError(f"no oracle at {path or '.build'}: swift build --product oracle -c release")


@dataclass
class Tally:
    """What came of one version's events."""

    version: int
    rules: list
    hits: Counter = field(default_factory=Counter)
    # By recipe and fault, which rules its events met.
    yields: dict = field(default_factory=dict)
    allowed: int = 0
    differences: Counter = field(default_factory=Counter)
    unexplained: list = field(default_factory=list)
    hashes: list = field(default_factory=list)

    @property
    def count(self):
        return self.hits.total()

    @property
    def missing(self):
        return {rule: HITS - self.hits[rule] for rule in self.rules if self.hits[rule] < HITS}

    @property
    def has_unmet(self):
        return any(not self.hits[rule] for rule in self.rules)


def make(tally, random, count):
    """Events of any kind at first, then of those kinds that meet the rules which lack hits."""
    import faults
    import recipes
    import scenes

    kinds = [(name, fault) for name in recipes.ALL for fault in (None, *faults.ALL)]
    weights = [1 if fault else 20 for _, fault in kinds]
    if tally.count:
        needs = needed(tally, kinds)
        # Which kind meets a rule that none has met yet is found by trying all.
        weights = [needs.get(kind, 0) + tally.has_unmet for kind in kinds]
        count = min(int(sum(weights)) + 1, 2000)
    cases = []
    for name, fault in random.choices(kinds, weights, k=count):
        room = scenes.Room(tally.version, random)
        cases.append(
            (name, fault, room.case(name, recipes.ALL[name](room), fault and faults.ALL[fault]))
        )
    return cases


def needed(tally, kinds):
    """How many events of each kind it takes for the rules that lack hits, each by its best kind, where one is known."""
    needs = Counter()
    for rule, lack in tally.missing.items():
        if not tally.hits[rule]:
            continue
        rates = {kind: rate(tally.yields.get(kind, Counter()), rule) for kind in kinds}
        best = max(rates, key=rates.get)
        needs[best] = max(needs[best], lack / rates[best])
    return needs


def rate(met, rule):
    """The share of a kind's events that meet `rule`, little where few were made."""
    return (met[rule] + 0.02) / (met.total() + 10)


def judge(oracle, tally, made):
    import differences
    import judges

    cases = [case for _, _, case in made]
    for (name, fault, case), ours in zip(made, judges.ours(oracle, cases), strict=True):
        theirs = judges.synapse(case)
        tally.hits[ours.rule] += 1
        tally.yields.setdefault((name, fault), Counter())[ours.rule] += 1
        tally.allowed += ours.allowed
        if ours.allowed == theirs.allowed:
            continue
        found = differences.classify(differences.Judged(case, ours, theirs))
        if found:
            tally.differences[found.name] += 1
        else:
            tally.unexplained.append(
                f"ours: {ours}\n  Synapse: {theirs}\n  {json.dumps(case.request())}"
            )


def check(oracle, seed, count, version):
    import hashes
    import judges

    numbers = random.Random(f"{seed} {version}")
    [rules] = judges.ask(oracle, [{"op": "rules", "room_version": str(version)}])
    tally = Tally(version, rules)
    judge(oracle, tally, make(tally, numbers, count))
    for _ in range(ROUNDS):
        if not tally.missing:
            break
        judge(oracle, tally, make(tally, numbers, 0))
    tally.hashes = hashes.compare(oracle, version, numbers, 300)
    return tally


def report(tally):
    name = f"version {tally.version}"
    faults = [f"judged otherwise:\n  {text}" for text in tally.unexplained[:5]]
    if tally.missing:
        faults.append(f"rules with fewer than {HITS} events: {', '.join(tally.missing)}")
    if not 0 < tally.allowed < tally.count:
        faults.append(f"{tally.allowed} of {tally.count} events were let in")
    faults += tally.hashes[:5]
    if not faults:
        known = ", ".join(f"{count} {name}" for name, count in sorted(tally.differences.items()))
        print(
            f"ok   {name}: {tally.count} events, {tally.allowed} let in, each of {len(tally.rules)}"
            f" rules met {HITS} times or more; known differences: {known or 'none'}",
            flush=True,
        )
    for fault in faults:
        print(f"FAIL {name}: {fault}", flush=True)
    return not faults


def run(options):
    oracle = find_oracle(options.oracle)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    versions = [options.only] if options.only else VERSIONS
    with ProcessPoolExecutor(2) as pool:
        tallies = list(pool.map(partial(check, oracle, seed, options.events), versions))
    results = [report(tally) for tally in tallies]
    events, differences = sum(tally.count for tally in tallies), Counter()
    for tally in tallies:
        differences += tally.differences
    otherwise = f"{differences.total()} otherwise, of {len(differences)} known classes"
    print(f"{events} events judged, {otherwise}")
    print(f"{time.monotonic() - began:.1f} s in all")
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 1 if results.count(False) else 0


def main():
    try:
        python = install_synapse()
        if Path(sys.prefix).resolve() != (python.parent.parent).resolve():
            os.execv(python, [python, *sys.argv])
        return run(parse_arguments())
    except SetupError as error:
        print(f"differential.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
