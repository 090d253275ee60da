"""Measures asking 1,000 key servers directly: 1,000 names, keys and connections on loopback.

Exit code: 0 every bound holds, 1 one does not, 2 nothing could be measured.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from measure import Bounds, interleaved, median, run
from rooms import ROOT, Generator, verify_command
from run import installed

sys.path.append(str(ROOT / "Tests/CauseTests"))
from certificates import Authority  # noqa: E402
from servers import ADDRESS, NameServer, free_port  # noqa: E402

SERVERS = 1_000
HOST = Path(__file__).with_name("keyserver_host.py")


class Names(NameServer):
    """Every name is on loopback; no thread a question, as the name server is not what is measured."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((ADDRESS, 0))
        self.asked = 0

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    @property
    def place(self):
        return "{}:{}".format(*self.socket.getsockname())

    def look_up(self, name, kind):
        return [(name, "A", ADDRESS)] if kind == "A" else [], 0

    def serve(self):
        try:
            while True:
                question, peer = self.socket.recvfrom(4096)
                self.asked += 1
                self.socket.sendto(self.answer(question), peer)
        except OSError:
            pass  # closed: the end


class KeyServers:
    """The process that is all of them."""

    def __init__(self, room, directory, port):
        self.authority = Authority(directory)
        certificate = self.authority.issue("*.bench.example")
        self.process = subprocess.Popen(
            [sys.executable, "-B", HOST, "--keys", room.keys, "--certificate", certificate.file,
             "--key", certificate.key, "--port", str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if not self.process.stdout.readline():
            raise SystemExit(f"keyservers.py: port {port} cannot be had")

    @property
    def cpu(self):
        """Seconds of CPU time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.given = int(self.process.stdout.read())
        self.process.wait()
        self.process.stdout.close()


def online(fedjoin, room, names, servers):
    return verify_command(
        fedjoin, room, "--dns-server", names.place, "--cacert", servers.authority.path,
        "--allow-address", "loopback", "--no-notary", "--max-key-servers", SERVERS, offline=False,
    )  # fmt: skip


def judged(command, what):
    taken = run(command)
    if taken.code:
        raise SystemExit(f"keyservers.py: exit {taken.code} {what}: {taken.err.strip() or taken.out.strip()[-500:]}")
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/release/fedjoin")
    parser.add_argument("--roomgen", type=Path, default=ROOT / ".build/release/roomgen")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for program in (options.fedjoin, options.roomgen):
        if not os.access(program, os.X_OK):
            print(f"keyservers.py: no {program}; make bench builds it", file=sys.stderr)
            return 2
    # The port stands in every name of the room, which is made for it, and not kept.
    port = free_port()
    pattern = f"s####.bench.example:{port}"
    room = Generator(options.roomgen).room(2 * SERVERS, "11", servers=SERVERS, pattern=pattern)
    bounds = Bounds()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        fedjoin = installed(options.fedjoin, directory)
        with Names() as names, KeyServers(room, directory, port) as servers:
            command = online(fedjoin, room, names, servers)
            before = servers.cpu
            seen = interleaved(
                options.rounds,
                asking=lambda: judged(command, "with keys from their servers"),
                knowing=lambda: judged(verify_command(fedjoin, room), "with the keys at hand"),
            )
            theirs = (servers.cpu - before) / options.rounds
        shutil.rmtree(room.folder)
        show(seen, theirs, names, options.rounds, bounds)
        bounds.hold("key documents that were fetched a round", servers.given / options.rounds, least=SERVERS)
    return bounds.code()


def show(seen, theirs, names, rounds, bounds):
    wall = median([t.wall for t in seen["asking"]])
    each = [(a.cpu - k.cpu) / (SERVERS - 1) for a, k in zip(seen["asking"], seen["knowing"])]
    print(f"\n{SERVERS} key servers asked directly, medians of {rounds} rounds")
    for label, side in (("asking", "asking"), ("keys known", "knowing")):
        taken = seen[side]
        print(f"  {label:10} {median([t.wall for t in taken]):7.3f} s {median([t.cpu for t in taken]):7.3f} s CPU")
    print(f"  the servers' process took {theirs:.3f} s CPU a round; {names.asked / rounds:.0f} questions for names")
    bounds.hold("wall time", wall, most=3, unit=" s")
    # The first connection's own cost is in it, which makes the figure a little too high.
    bounds.hold("CPU time of ours a connection", 1000 * median(each), most=2, unit=" ms")


if __name__ == "__main__":
    sys.exit(main())
