"""Kills joins at random moments around send_join, and sends each event that was kept again: joined once, by one event.

Exit code: 0 all hold, 1 one does not.
"""

import argparse
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

sys.dont_write_bytecode = True  # the sources' directory stays as it is

from certificates import Authority  # noqa: E402
from servers import ADDRESS, Proxy  # noqa: E402
from world import Failed, own_sandbox  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 3
# Before and after the resident has the event, at most so many seconds each, so that kills fall there, too.
PAUSE = 0.05
EARLY, KEPT = "before our event was kept", "with our event kept, before it was sent"
SENT, ANSWERED, ENDED = "while it was sent", "after it was answered", "not at all: it came to its end"
# For a hundred kills, how many at least have to fall there; where chance has it otherwise, more are killed, up to so many
# times what was asked for.
SHARES = {EARLY: 5, SENT: 15, ANSWERED: 5}
MOST = 4


def expect(condition, why):
    if not condition:
        raise Failed(why)


class Watching(Proxy):
    """A reverse proxy that notes which events it is sent, and what of each was kept at that moment."""

    def __init__(self, certificate, upstream, rolls):
        self.rolls, self.folders = rolls, {}
        self.sent, self.answered, self.faults, self.moments = {}, set(), [], {}
        super().__init__(certificate, upstream)

    def forward(self, asked):
        if asked.method != "PUT":
            return super().forward(asked)
        event, name = json.loads(asked.body), unquote(asked.target.split("?")[0].rsplit("/", 1)[1])
        user = event["sender"]
        self.moments.setdefault(user, time.time())
        self.sent.setdefault(user, []).append(name)
        try:
            kept = json.loads((self.folders[user] / "event.json").read_text())
            expect((kept["event"], kept["event_id"]) == (event, name), "another event than was kept is sent")
        except (Failed, KeyError, OSError, ValueError) as fault:
            self.faults.append(f"{user} sends {name}, and what is kept is not it: {fault!r}")
        time.sleep(self.rolls.uniform(0, PAUSE))
        given = super().forward(asked)
        time.sleep(self.rolls.uniform(0, PAUSE))
        self.answered.add(user)
        return given


class Kills:
    def __init__(self, world, directory, seed):
        self.world, self.directory, self.seed = world, directory, seed
        watching = Watching(world.authority.issue(ADDRESS), world.sandbox.name, random.Random(seed))
        self.proxy = world.start(watching)
        folder = self.folder("first")
        began = time.time()
        self.check(world.run(self.join("first")), "a join that nobody kills")
        self.whole = time.time() - began
        # From the moment that our event is about to be made, to the judging of the room.
        times = {r["stage"]: r["t"] for r in self.records(folder) if r["type"] == "stage_start"}
        self.around = (times["verify"] - times["sign"]) / 1000 * 1.1

    # ------------------------------------------------------------ what is run

    @property
    def identity(self):
        way = ["--connect-to", f"{self.world.sandbox.name}:{self.proxy.place}"]
        return ["-N", self.world.name, "--signing-key", self.world.key, "--cacert", self.world.trusted, *way]

    def user(self, name):
        return f"@{name}:{self.world.name}"

    def folder(self, name):
        """Where the run of this user is kept."""
        return self.proxy.folders.setdefault(self.user(name), self.directory / name)

    def join(self, name):
        way = ["--connect-to", f"{self.world.sandbox.name}:{self.proxy.place}"]
        return self.world.join("#v11", *way, "--no-self-check", "--save", self.folder(name), "-u", name, serves=False)

    @staticmethod
    def check(run, what):
        expect(run.exit == 0, f"{what} ends with {run.exit}: {run.stderr[-2000:]}")
        return run

    @staticmethod
    def records(folder):
        return [json.loads(line) for line in (folder / "run.ndjson").read_text().split("\n")[:-1]]

    # ------------------------------------------------------------ kills

    def kill(self, name, rolls):
        """Runs a join, and kills it at a random moment: of the whole run, or more often of the part around send_join."""
        command = [str(word) for word in (self.world.fedjoin, *self.join(name))]
        process = subprocess.Popen(
            command, env=self.world.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if rolls.random() < 0.2:
            time.sleep(rolls.uniform(0, self.whole))
        else:
            records = self.folder(name) / "run.ndjson"
            while process.poll() is None:
                if records.exists() and b'"stage":"sign"' in records.read_bytes():
                    break
                time.sleep(0.001)
            time.sleep(rolls.uniform(0, self.around))
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def once(self, number):
        """Where one kill fell; what was kept goes on from there."""
        name = f"u{number}"
        user, folder = self.user(name), self.folder(name)
        killed = self.kill(name, random.Random(f"{self.seed} {number}"))
        answered, sent = user in self.proxy.answered, bool(self.proxy.sent.get(user))
        kept = (folder / "event.json").exists()
        expect(kept or not sent, f"{user} has sent an event that is not kept")
        if kept:
            self.go_on(folder, user)
        elif folder.exists():
            self.begin_again(folder)
        if not killed:
            return ENDED
        return ANSWERED if answered else SENT if sent else KEPT if kept else EARLY

    def go_on(self, folder, user):
        """The event that was kept is whole, goes out again, and is the one by which we are in the room."""
        event = json.loads((folder / "event.json").read_text())
        shown = self.check(self.world.run(["show", folder]), "show")
        expect(event["event_id"] in shown.stdout, f"show does not show our event: {shown.stdout}")
        again = ["send-join", folder / "event.json", "--no-self-check", *self.identity]
        sent = self.check(self.world.run(again), "send-join")
        answer = json.loads(sent.stdout)
        expect(answer["event"]["hashes"] == event["event"]["hashes"], "send-join is answered with another event")
        template = self.check(
            self.world.run(
                ["make-join", event["room_id"], "--via", event["resident"], "-u", user, *self.identity]
            ), "make-join",
        )  # fmt: skip
        named = json.loads(template.stdout)["event"]["auth_events"]
        expect(event["event_id"] in named, f"the resident's template rests on other events: {named}")
        expect(set(self.proxy.sent[user]) == {event["event_id"]}, f"these were sent: {self.proxy.sent[user]}")

    def begin_again(self, folder):
        """A run without an event has sent nothing, and says so."""
        run = self.world.run(["send-join", folder / "event.json", *self.identity])
        expect(run.exit == 66, f"send-join without an event ends with {run.exit}: {run.stderr}")

    # ------------------------------------------------------------ on the disk

    def check_synced(self):
        """By strace: the event, and then its name, are on the disk before it is sent. Why not, where that cannot be had."""
        name, trace = "traced", self.directory / "trace"
        command = [self.world.fedjoin, *self.join(name)]
        strace = ["strace", "-f", "-ttt", "-y", "-e", "trace=fsync,rename,renameat,renameat2", "-o", trace]
        try:
            done = subprocess.run(
                [str(word) for word in strace + command], env=self.world.environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        except FileNotFoundError:
            return "there is no strace"
        if done.returncode and "ptrace" in done.stderr.lower():
            return "strace may not trace here"
        expect(done.returncode == 0, f"a join under strace ends with {done.returncode}: {done.stderr}")
        steps = [
            (float(line.split()[1]), what)
            for line in trace.read_text().split("\n")
            for what, pattern in {
                "event": r"fsync\(\d+<[^>]*/\.event\.json>", "name": r"renameat2?\([^)]*\.event\.json",
                "folder": rf"fsync\(\d+<[^>]*/{name}>",
            }.items() if re.search(pattern, line)
        ]  # fmt: skip
        order = [what for _, what in steps[:3]]
        expect(order == ["event", "name", "folder"], f"the event is kept by {order}")
        expect(steps[2][0] < self.proxy.moments[self.user(name)], "it is sent before the disk has it")
        return None


def make_key_server(world):
    """Our key, for all joins of the run."""
    server = subprocess.Popen(
        [world.fedjoin, "serve", "-N", world.name, "--signing-key", world.key, "--listen", world.name],
        env=world.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    server.stderr.readline()
    return server


def lacking(found, times):
    """Where fewer kills fell than have to, of `times` that were asked for."""
    return [where for where, share in SHARES.items() if found.get(where, 0) * 100 < share * times]


def perform(kills, times):
    """The kills, by where they fell; how many did not hold."""
    found, failed, made = {}, 0, 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while made < times or lacking(found, times) and made < MOST * times:
            more = range(made, max(times, made + 2 * AT_ONCE))
            made = more.stop
            for task in [pool.submit(kills.once, number) for number in more]:
                try:
                    where = task.result()
                    found[where] = found.get(where, 0) + 1
                except (Failed, ValueError, KeyError, OSError) as error:
                    failed += 1
                    print(f"FAIL {error!r}", flush=True)
    for fault in kills.proxy.faults:
        failed += 1
        print(f"FAIL {fault}")
    for where in (EARLY, KEPT, SENT, ANSWERED, ENDED):
        print(f"ok   {found.get(where, 0):4} {'came to their end' if where == ENDED else 'killed ' + where}")
    for where in lacking(found, times):
        failed += 1
        print(f"FAIL of {made} kills fewer than {SHARES[where]} for each hundred of {times} fell {where}")
    return failed


def run(options, directory):
    with own_sandbox(options.fedjoin.resolve(), directory, Authority(directory)) as world:
        server = make_key_server(world)
        try:
            kills = Kills(world, directory, options.seed)
            failed = perform(kills, options.times)
            try:
                why = kills.check_synced()
                print(f"skip our event is on the disk before it is sent: {why}" if why else
                      "ok   our event is on the disk before it is sent")  # fmt: skip
            except Failed as error:
                failed += 1
                print(f"FAIL {error}")
            return failed
        finally:
            server.terminate()
            server.wait()
            server.stderr.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"{options.times} kills, seed {options.seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        failed = run(options, Path(name))
    print(f"{time.monotonic() - began:.1f} s, {failed} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
