"""Runs fedjoin against two real homeservers (Synapse) on loopback.

The first run makes .build-synapse/venv, which takes about a minute and the package index; after
that only loopback is contacted. Exit code: 0 all passed, 1 a check failed, 2 nothing could be run.
"""

import argparse
import os
import signal
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

sys.dont_write_bytecode = True  # the sources' directory stays as it is

import causes  # noqa: E402, F401  (registers its checks, as does joins)
import invites  # noqa: E402, F401
import joins  # noqa: E402, F401
import judging  # noqa: E402, F401
import returns  # noqa: E402, F401
import stages  # noqa: E402, F401
from checks import CHECKS  # noqa: E402
from homeserver import Site  # noqa: E402
from installation import ROOT, SetupError  # noqa: E402
from joiner import Failed, Joiner, kill_all  # noqa: E402
from rooms import World, register_admin  # noqa: E402

AT_ONCE = 3


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="SUBSTRING", default="", help="checks whose name has it")
    parser.add_argument("--keep", action="store_true", help="keep the run directory in any case")
    parser.add_argument(
        "--large", action="store_true", help="a room of 10,000 members in place of 1,000: half a minute"
    )
    parser.add_argument("--list", action="store_true", help="print the checks' names and end")
    parser.add_argument(
        "--fedjoin", metavar="PATH", type=Path,
        help="default: $FEDJOIN, .build/debug/fedjoin, .build/release/fedjoin",
    )  # fmt: skip
    return parser.parse_args()


def find_fedjoin(path):
    given = path or os.environ.get("FEDJOIN")
    builds = [ROOT / ".build" / kind / "fedjoin" for kind in ("debug", "release")]
    for candidate in [Path(given)] if given else builds:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate.resolve()
    raise SetupError(f"no fedjoin at {given or ' or '.join(map(str, builds))}; build it first")


def perform(world, site, fedjoin, certificate, check):
    """Runs one check; answers it, its note, why it failed (or None), and what fedjoin said."""
    joiner = Joiner(fedjoin, site, certificate)
    note = None
    try:
        joiner.make_key()
        note, why = check.function(world, joiner), None
    except Failed as failure:
        why = str(failure)
    except Exception:
        why = "the check itself broke\n" + traceback.format_exc()
    return check, note, why, joiner.runs


def report(check, note, why, runs):
    if why is None:
        print(f"ok   {check.name}{': ' + note if note else ''}", flush=True)
        return True
    print(f"FAIL {check.name}: {why}")
    for run in runs:
        print(run)
    print(flush=True)
    return False


def run_checks(world, site, fedjoin, checks):
    one = partial(perform, world, site, fedjoin, site.authority.issue("joiner"))
    # First, while the servers have nothing else to fetch from one another.
    alone = [report(*one(check)) for check in checks if check.alone]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            results = [report(*done) for done in pool.map(one, (c for c in checks if not c.alone))]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            kill_all()
            raise
    return alone + results


def run(options):
    checks = [check for check in CHECKS if options.only in check.name]
    if not checks:
        raise SetupError(f"no check has {options.only!r} in its name; see --list")
    if options.list:
        print("\n".join(check.name for check in checks))
        return 0
    fedjoin = find_fedjoin(options.fedjoin)
    began = time.monotonic()
    with Site(options.keep) as site:
        a, b = site.servers
        world = World(a, b, register_admin(a), register_admin(b), 10000 if options.large else 1000)
        print(f"A and B run: {time.monotonic() - began:.1f} s", flush=True)
        results = run_checks(world, site, fedjoin, checks)
        site.failed = not all(results)
    print(f"{time.monotonic() - began:.1f} s in all")
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 1 if results.count(False) else 0


def main():
    # So that `kill` unwinds the `with` blocks, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(parse_arguments())
    except SetupError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
