"""Measures the command beside curl: time, CPU time and memory, both sides in turns, medians.

Exit code: 0 every ratio is within its bound, 1 one is not, 2 nothing could be measured.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.1"


@dataclass
class Cost:
    """What one process took: seconds of wall time, seconds of CPU time, bytes at most in memory."""

    wall: float
    cpu: float
    memory: int

    @staticmethod
    def of(command):
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}")
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)

    @staticmethod
    def median(costs):
        return Cost(*(statistics.median(getattr(c, name) for c in costs) for name in ("wall", "cpu", "memory")))


def interleaved(rounds, *sides):
    """The median cost of each side; a side makes the command of a round."""
    costs = [[] for _ in sides]
    for _ in range(rounds):
        for side, seen in zip(sides, costs):
            seen.append(Cost.of(side()))
    return [Cost.median(seen) for seen in costs]


def show(name, ours, theirs, what, bound):
    ratio = getattr(ours, what) / getattr(theirs, what)
    print(f"\n{name}")
    for label, cost in (("fedjoin", ours), ("curl", theirs)):
        print(f"  {label:8} {cost.wall * 1e3:7.2f} ms  {cost.cpu * 1e3:7.2f} ms CPU  {cost.memory / 2**20:6.1f} MiB")
    holds = ratio <= bound
    print(f"  {what} ratio {ratio:.2f}, at most {bound}: {'holds' if holds else 'DOES NOT HOLD'}", flush=True)
    return holds


class Stage:
    """A sandbox, the server of our key, and the four requests of a join as curl can make them."""

    def __init__(self, fedjoin, directory):
        self.fedjoin, self.directory = fedjoin, directory
        with socket.socket() as probe:
            probe.bind((ADDRESS, 0))
            self.name = f"{ADDRESS}:{probe.getsockname()[1]}"
        self.key, self.ca = directory / "signing.key", directory / "ca.pem"
        subprocess.run(
            [fedjoin, "key", "generate", "-N", self.name, "--signing-key", self.key], check=True, capture_output=True
        )
        self.server = subprocess.Popen(
            [fedjoin, "serve", "-N", self.name, "--signing-key", self.key, "--listen", self.name],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.server.stderr.readline()
        self.sandbox = None
        self.renew()

    def renew(self):
        """A resident with fresh rooms, so that no join is into a room with a history; it knows our key."""
        self.close_sandbox()
        self.sandbox = subprocess.Popen(
            [self.fedjoin, "sandbox", "--ca-file", self.ca], stdout=subprocess.PIPE, text=True
        )
        self.resident = re.search(rf"{ADDRESS}:\d+", self.sandbox.stdout.readline()).group()
        subprocess.run([*self.join("#v10"), "--stop-after", "directory"], check=True, capture_output=True)

    def join(self, alias):
        return [
            self.fedjoin, "join", f"{alias}:{self.resident}", "-N", self.name, "--signing-key", self.key,
            "--no-self-check", "--cacert", self.ca,
        ]  # fmt: skip

    def joining(self):
        self.renew()
        return self.join("#v11")

    def curl(self):
        """The same four requests over one connection. curl cannot sign, so that three of them are refused."""
        place, federation = f"https://{self.resident}", "/_matrix/federation"
        room = f"%21{'x' * 18}%3A{self.resident}"
        signed = [
            ("GET", f"{federation}/v1/query/directory?room_alias=%23v11%3A{self.resident}"),
            ("GET", f"{federation}/v1/make_join/{room}/%40fedjoin%3A{self.name}?ver=1&ver=2&ver=11&ver=12"),
            ("PUT", f"{federation}/v2/send_join/{room}/%24{'x' * 43}"),
        ]
        command = ["curl", "-q"]
        for method, target in signed:
            command += [*self.options(method), "-H", f"Authorization: X-Matrix {'x' * 190}", place + target, "--next"]
        return [*command, *self.options("GET"), f"{place}/_matrix/key/v2/server"]

    def options(self, method):
        body = ["-H", "Content-Type: application/json", "--data-binary", "x" * 680] if method == "PUT" else []
        return ["-s", "--cacert", self.ca, "-X", method, *body]

    def close_sandbox(self):
        if self.sandbox:
            self.sandbox.terminate()
            self.sandbox.stdout.close()
            self.sandbox.wait()

    def close(self):
        self.close_sandbox()
        self.server.terminate()
        self.server.stderr.close()
        self.server.wait()


def installed(fedjoin, directory):
    """The command as `make install` leaves it: without its symbols."""
    copy = directory / "fedjoin"
    shutil.copy(fedjoin, copy)
    subprocess.run(["strip", copy], check=True)
    return copy


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/release/fedjoin")
    parser.add_argument("--rounds", type=int, default=31)
    options = parser.parse_args()
    if not os.access(options.fedjoin, os.X_OK):
        print(f"run.py: no fedjoin at {options.fedjoin}; make release builds it", file=sys.stderr)
        return 2
    print(f"medians of {options.rounds} rounds, both sides in turns, on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        fedjoin = installed(options.fedjoin, Path(name))
        version = interleaved(
            options.rounds * 3, lambda: [fedjoin, "--version"], lambda: ["curl", "-q", "--version"]
        )
        held = [show("to start: --version", *version, "wall", 1.4)]
        stage = Stage(fedjoin, Path(name))
        try:
            join = interleaved(options.rounds, stage.joining, stage.curl)
        finally:
            stage.close()
        held.append(show("a join, and curl with as many requests over one connection", *join, "cpu", 2.0))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
