"""The checks of this folder, by their titles."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "Tests/CauseTests"))

from outputs import Wrong  # noqa: E402

CHECKS = []


def check(title):
    """Registers a function that runs commands in a world, and raises where what they say does not hold."""

    def register(perform):
        CHECKS.append((title, perform))
        return perform

    return register


def expect(condition, why):
    if not condition:
        raise Wrong(why)
