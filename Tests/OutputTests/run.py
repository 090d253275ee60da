"""Runs every kind of command that has stages in every form of output, and checks each: records by their schema, JUnit
and HAR by theirs, and that no key and no signature of a request is in any of them.

Exit code: 0 all hold, 1 one does not, 2 nothing could be run.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # the sources' directory stays as it is

from checks import CHECKS, ROOT  # noqa: E402, I001

import commands  # noqa: E402, F401
import hostile  # noqa: E402, F401
import running  # noqa: E402, F401
from certificates import Authority  # noqa: E402
from outputs import Wrong  # noqa: E402
from world import Sandbox, World  # noqa: E402


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    parser.add_argument("--only", default="", metavar="TEXT", help="checks whose title has it")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if not os.access(options.fedjoin, os.X_OK):
        print(f"run.py: no fedjoin at {options.fedjoin}; build it first", file=sys.stderr)
        return 2
    checks = [(title, perform) for title, perform in CHECKS if options.only in title]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        authority = Authority(directory)
        sandbox = Sandbox(options.fedjoin.resolve(), directory)
        try:
            for title, perform in checks:
                world = World(options.fedjoin.resolve(), directory, authority, sandbox)
                try:
                    perform(world)
                    print(f"ok   {title}", flush=True)
                except (Wrong, OSError, ValueError, KeyError) as error:
                    failed += 1
                    print(f"FAIL {title}: {error!r}", flush=True)
                finally:
                    world.close()
        finally:
            sandbox.stop()
    print(f"\n{len(checks) - failed} of {len(checks)} hold")
    return 0 if checks and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
