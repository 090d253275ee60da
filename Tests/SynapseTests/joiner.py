"""The joining server: its name, key and certificate, and runs of fedjoin as it."""

import contextlib
import json
import os
import shlex
import subprocess
import tempfile
import time

from homeserver import ADDRESS, free_port

RUN_SECONDS = 60
running = set()


class Failed(Exception):
    """A check failed; the message says why."""


def expect(condition, why):
    if not condition:
        raise Failed(why)


def expect_equal(what, got, wanted):
    # Escaped, as texts that look the same may differ.
    expect(got == wanted, f"{what} is {got!a}, not {wanted!a}")


class Run:
    """One ended run of fedjoin and what it said."""

    def __init__(self, command, exit_code, stdout, stderr, seconds, peak):
        self.command = command
        self.exit = exit_code
        self.stdout = stdout
        self.stderr = stderr
        self.seconds = seconds
        # Of memory, in KiB.
        self.peak = peak

    def __str__(self):
        parts = [f"$ {shlex.join(self.command)}", self.stdout.rstrip()]
        if self.stderr:
            parts += ["--- stderr", self.stderr.rstrip()]
        return "\n".join([*parts, f"--- exit {self.exit}"])

    @property
    def records(self):
        records = []
        # Not splitlines(), which also splits at U+2028 inside of a string.
        for number, line in enumerate(self.stdout.removesuffix("\n").split("\n"), start=1):
            try:
                records.append(json.loads(line))
            except ValueError:
                raise Failed(f"line {number} of stdout is not JSON: {line[:200]!r}") from None
        return records

    def of_type(self, kind):
        return [record for record in self.records if record.get("type") == kind]

    @property
    def end(self):
        """The run_end record, which must be the last one and the only one of its kind."""
        expect_equal("number of run_end records", len(self.of_type("run_end")), 1)
        expect_equal("type of the last record", self.records[-1].get("type"), "run_end")
        return self.records[-1]

    def stage(self, name):
        """The last stage_end record of that stage: there is one for each candidate tried."""
        ends = [record for record in self.of_type("stage_end") if record.get("stage") == name]
        expect(ends, f"no stage_end record of {name}")
        return ends[-1]

    @property
    def methods(self):
        return [record["request"]["method"] for record in self.of_type("http")]

    def servers_of(self, path):
        """Whom the requests went to that have `path` in their target, in order."""
        return [
            record["server"]
            for record in self.of_type("http")
            if path in record["request"]["target"]
        ]

    def expect_end(self, **fields):
        for field, wanted in fields.items():
            expect_equal(f"run_end.{field}", self.end.get(field), wanted)

    def expect_exit(self, code):
        expect_equal("exit code", self.exit, code)
        self.expect_end(exit=code)


class Joiner:
    """A joining server of its own for each check, so that no check depends on another."""

    def __init__(self, fedjoin, site, certificate):
        self.fedjoin = fedjoin
        self.site = site
        self.certificate = certificate
        self.runs = []
        port = free_port()
        self.name = f"{ADDRESS}:{port}"
        self.user = f"@ghost:{self.name}"
        self.signing_key = site.directory / f"joiner-{port}.key"
        tls_certificate, tls_key = certificate
        self.serving = [
            "--serve-keys", "--listen", self.name,
            "--tls-cert", tls_certificate, "--tls-key", tls_key,
        ]  # fmt: skip

    def make_key(self):
        """Done by the tool itself, as a person would begin."""
        run = self.run("key", "generate", "-N", self.name, "--signing-key", self.signing_key)
        expect_equal("exit code", run.exit, 0)
        mode = self.signing_key.stat().st_mode & 0o777
        expect_equal("mode of the key file", oct(mode), oct(0o600))

    def another(self):
        """A second joining server, for the same check."""
        other = Joiner(self.fedjoin, self.site, self.certificate)
        other.runs = self.runs
        other.make_key()
        return other

    @contextlib.contextmanager
    def publishing(self):
        """The key is served meanwhile by a process of its own, and not by the runs."""
        command = [self.fedjoin, "serve", "-N", self.name, "--signing-key", self.signing_key, *self.serving[1:]]
        server = subprocess.Popen(
            [str(word) for word in command], env=self.environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        running.add(server)
        try:
            server.stderr.readline()  # where it is served
            self.serving = []
            yield
        finally:
            server.terminate()
            server.stderr.close()
            server.wait()
            running.discard(server)

    @contextlib.contextmanager
    def awaiting(self):
        """Takes invites meanwhile; yields a function that waits for the next one and answers its file."""
        directory = self.site.directory / f"invites-{self.signing_key.stem}"
        directory.mkdir(exist_ok=True)
        command = [
            self.fedjoin, "serve", "-N", self.name, "--signing-key", self.signing_key, *self.serving[1:],
            "--await-invite", self.user, "--cacert", self.site.authority.certificate,
            "--allow-address", "loopback",
        ]  # fmt: skip
        server = subprocess.Popen(
            [str(word) for word in command], env=self.environment(), cwd=directory,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        running.add(server)
        seen = set()

        def invite():
            """It is there before the inviting server has our answer."""
            (path,) = set(directory.glob("invite-*.json")) - seen
            seen.add(path)
            expect_equal("mode of the invite's file", oct(path.stat().st_mode & 0o777), oct(0o600))
            return path

        try:
            server.stderr.readline()  # where it is served
            serving, self.serving = self.serving, []
            yield invite
        finally:
            self.serving = serving
            server.terminate()
            server.stderr.close()
            server.wait()
            running.discard(server)

    def change_key(self):
        """Another key of the same id, as after a lost key file."""
        key_id = self.signing_key.read_text().split()[1]
        self.signing_key = self.another().signing_key
        seed = self.signing_key.read_text().split()[2]
        self.signing_key.write_text(f"ed25519 {key_id} {seed}\n")

    def take_identity_of(self, homeserver, localpart):
        """Acts as a homeserver that runs and serves its key itself."""
        self.name = homeserver.name
        self.user = f"@{localpart}:{homeserver.name}"
        self.signing_key = homeserver.signing_key
        self.serving = []

    def join(self, room, *options, text=False):
        return self.act("join", room, *options, text=text)

    def leave(self, room_id, via, *options):
        return self.act("leave", room_id, "--via", via.name, *options)

    def knock(self, room, *options):
        return self.act("knock", room, *options)

    def by_invite(self, command, invite, *options):
        return self.act(command, "--invite", invite, "--allow-address", "loopback", *options)

    def act(self, command, room, *options, text=False):
        identity = ["-N", self.name, "--signing-key", self.signing_key, "-u", self.user]
        network = ["--cacert", self.site.authority.certificate]
        output = [] if text else ["-o", "ndjson"]
        linger = ["--linger", "1"] if self.serving and "--linger" not in options else []
        return self.run(
            command, *identity, *self.serving, *network, *linger, room, *options, *output
        )

    def run(self, *arguments):
        command = [str(word) for word in (self.fedjoin, *arguments)]
        done = execute(command, self.environment())
        self.runs.append(done)
        expect(done.exit is not None, f"fedjoin did not end within {RUN_SECONDS} s")
        return done

    def environment(self):
        """The caller's, without what would change how fedjoin behaves."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")
            and not name.startswith(("FEDJOIN", "XDG_", "SSL_", "SSLKEYLOG"))
        }
        return kept | {"HOME": str(self.site.directory), "LC_ALL": "C.UTF-8"}


def execute(command, environment):
    began = time.monotonic()
    peak, code = 0, None
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
        running.add(process)
        while (code := process.poll()) is None and time.monotonic() - began < RUN_SECONDS:
            peak = max(peak, peak_memory(process.pid))
            time.sleep(0.01)
        seconds = time.monotonic() - began
        if code is None:
            process.kill()
            process.wait()
        running.discard(process)
        said = [file.seek(0) or file.read().decode(errors="replace") for file in (stdout, stderr)]
    return Run(command, code, *said, seconds, peak)


def peak_memory(pid):
    """In KiB, 0 where it is not known. What waiting for a process tells includes who started it."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def kill_all():
    """For an interrupted run, whose threads wait for these."""
    for process in list(running):
        process.kill()
