"""Joins with real names: a network namespace of its own, a name server on port 53, well-known files on 443.

Exit code: 0 all hold (or nothing could be run outside of CI, which is said), 1 one does not, 2 no fedjoin.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True  # the sources' directory stays as it is
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/CauseTests"))

from certificates import Authority, must  # noqa: E402
from servers import NameServer, Proxy, WebServer, json_answer  # noqa: E402
from world import Sandbox  # noqa: E402

# Public addresses, so that no address policy has to be loosened; they exist in the namespace alone.
HERE, THERE, DEAD = "11.0.0.1", "11.0.0.2", "11.0.0.3"
NAME, TARGET = "fed.example", "matrix.fed.example"
SRV, OLD = "_matrix-fed._tcp", "_matrix._tcp"
MISSING = (404, {"Content-Type": "text/html"}, b"<h1>404</h1>")
ADDRESSES = {(NAME, "A"): [HERE], (TARGET, "A"): [THERE], ("dead.example", "A"): [DEAD]}
JOINER = "127.0.0.1:8449"


@dataclass
class Case:
    """What leads where: the rule of the specification by which it does, and the exit status of a join."""

    title: str
    rule: str | None
    records: dict = field(default_factory=dict)
    delegates: str | None = None
    exit: int = 0
    place: str = ""


CASES = [
    Case("the well-known file has an address and a port", "3.1", {}, f"{THERE}:8450", 0, f"{THERE}:8450"),
    Case("the well-known file has a name and a port", "3.2", {}, f"{TARGET}:8450", 0, f"{TARGET}:8450"),
    Case("the well-known file has a name with an SRV record", "3.3",
         {(f"{SRV}.{TARGET}", "SRV"): [(10, 5, 8450, TARGET)]}, TARGET),
    Case("the well-known file has a name with an SRV record of the old service", "3.4",
         {(f"{OLD}.{TARGET}", "SRV"): [(10, 5, 8450, TARGET)]}, TARGET),
    Case("the well-known file has a name, and that is all", "3.5", {}, TARGET),
    Case("no well-known file, but an SRV record", "4", {(f"{SRV}.{NAME}", "SRV"): [(10, 5, 8450, NAME)]}),
    Case("no well-known file, but an SRV record of the old service", "5",
         {(f"{OLD}.{NAME}", "SRV"): [(10, 5, 8450, NAME)]}),
    Case("neither a well-known file nor SRV records", "6"),
    Case("the new service comes before the old one", "4",
         {(f"{SRV}.{NAME}", "SRV"): [(10, 5, 8450, NAME)], (f"{OLD}.{NAME}", "SRV"): [(1, 5, 1, NAME)]}),
    Case("the first target of two is dead", "4",
         {(f"{SRV}.{NAME}", "SRV"): [(20, 5, 8450, NAME), (10, 5, 8450, "dead.example")]}),
    Case("the name server fails on the SRV record", None, {(f"{SRV}.{NAME}", "SRV"): "SERVFAIL"}, exit=21),
    Case("the name is not there", None, {(NAME, "A"): "NXDOMAIN"}, exit=21),
]  # fmt: skip


class Failed(Exception):
    pass


def expect(condition, why):
    if not condition:
        raise Failed(why)


class World:
    """One namespace: names, the well-known file, a sandbox behind proxies with certificates for the names."""

    def __init__(self, fedjoin, directory, stack):
        self.fedjoin, self.directory = fedjoin, directory
        authority = Authority(directory)
        self.names = stack.enter_context(NameServer({}, ("127.0.0.1", 53)))
        sandbox = Sandbox(fedjoin, directory, "-N", NAME)
        stack.callback(sandbox.stop)
        own, target = authority.issue(NAME), authority.issue(TARGET, THERE)
        self.delegates = None
        stack.enter_context(WebServer(self.well_known, own, (HERE, 443)))
        for address, certificate in ((HERE, own), (THERE, target)):
            for port in (8448, 8450):
                stack.enter_context(Proxy(certificate, sandbox.place, at=(address, port)))
        self.key = directory / "joiner.key"
        self.run(["key", "generate", "-N", JOINER, "--signing-key", self.key])
        self.trusted = authority.path

    def well_known(self, _):
        return json_answer(json.dumps({"m.server": self.delegates})) if self.delegates else MISSING

    def run(self, arguments):
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and k != "FEDJOIN"}
        return subprocess.run(
            [str(word) for word in (self.fedjoin, *arguments)], env={**kept, "HOME": str(self.directory)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def join(self, *options):
        return self.run([
            "join", f"#v11:{NAME}", "-N", JOINER, "--signing-key", self.key, "--listen", JOINER, "--linger", "0",
            "--insecure-for", JOINER, "--cacert", self.trusted, "-o", "ndjson", *options,
        ])  # fmt: skip

    def check(self, case):
        self.names.table = ADDRESSES | case.records
        self.delegates = case.delegates
        done = self.join()
        expect(done.returncode == case.exit, f"exit {done.returncode}, not {case.exit}\n{done.stderr}{done.stdout}")
        records = [json.loads(line) for line in done.stdout.removesuffix("\n").split("\n")]
        expect(records[-1]["joined"] is (case.exit == 0), "run_end says something else of the join")
        found = [r for r in records if r["type"] == "resolved" and r["server"] == NAME]
        rules = {r["rule"] for r in found}
        expect(rules == ({case.rule} if case.rule else set()), f"the rules are {rules}, not {case.rule}")
        places = {f"{r['host']}:{r['port']}" for r in found}
        expect(not case.place or places == {case.place}, f"it leads to {places}, not to {case.place}")

    def check_disk(self, disk):
        """A disk that is full at some time costs nobody the verdict, and sends nothing that is not kept."""
        self.names.table, self.delegates = ADDRESSES, None
        folder = self.directory / "full"
        folder.mkdir()
        must(["mount", "-t", "tmpfs", "-o", f"size={disk.size}", "tmpfs", folder])
        try:
            done = self.join("--save", folder / "run")
        finally:
            must(["umount", folder])
            folder.rmdir()
        expect(done.returncode == 74, f"exit {done.returncode}, not 74\n{done.stderr}{done.stdout}")
        end = json.loads(done.stdout.rstrip("\n").split("\n")[-1])
        expect(end["exit"] == 74, f"run_end says {end['exit']}")
        facts = {key: end[key] for key in ("sent", "joined", "verified")}
        expect(facts == disk.facts, f"run_end says {facts}")
        expect("no space left on device" in done.stderr, f"stderr does not say why: {done.stderr}")


@dataclass
class Disk:
    title: str
    size: str
    facts: dict


DISKS = [
    Disk("the disk is full before our event is kept", "4k", {"sent": False, "joined": False, "verified": None}),
    Disk("the disk is full after our event was sent", "32k", {"sent": True, "joined": True, "verified": True}),
]


def inside(fedjoin):
    """In the namespace: its loopback and its addresses up, its own name server for the system's resolver."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        must(["ip", "link", "set", "lo", "up"])
        for address in (HERE, THERE, DEAD):
            must(["ip", "address", "add", f"{address}/32", "dev", "lo"])
        resolver = directory / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
        must(["mount", "--bind", resolver, "/etc/resolv.conf"])
        world = World(fedjoin, directory, stack)
        failed = 0
        checks = [(case.rule or "-", case, world.check) for case in CASES]
        checks += [("disk", disk, world.check_disk) for disk in DISKS]
        for kind, case, check in checks:
            try:
                check(case)
                print(f"ok   {kind:4} {case.title}", flush=True)
            except Failed as failure:
                failed += 1
                print(f"FAIL {kind:4} {case.title}: {failure}", flush=True)
    print(f"\n{len(checks) - failed} of {len(checks)} hold")
    return 1 if failed else 0


def namespaces_work():
    try:
        return subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not os.access(options.fedjoin, os.X_OK):
        print(f"run.py: no fedjoin at {options.fedjoin}; build it first", file=sys.stderr)
        return 2
    if options.inside:
        return inside(options.fedjoin.resolve())
    if not namespaces_work():
        print("run.py: no network namespace can be made here (it takes root): skipped", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    command = ["unshare", "--net", "--mount", sys.executable, __file__, "--inside", "--fedjoin", options.fedjoin]
    return subprocess.run([str(word) for word in command]).returncode


if __name__ == "__main__":
    sys.exit(main())
