"""What a cause is shown with: a homeserver that is well, and runs of fedjoin against what stands in front of it."""

import json
import os
import re
import shlex
import subprocess
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

from certificates import Authority
from servers import ADDRESS, NameServer, Proxy, WebServer, free_port, json_answer

RUN_SECONDS = 60
WELL_KNOWN = "/.well-known/matrix/server"


class Failed(Exception):
    """A row does not hold; the message says why."""


class Run:
    """One ended run of fedjoin."""

    def __init__(self, command, exit, stdout, stderr):
        self.command, self.exit = command, exit
        self.stdout, self.stderr = stdout, stderr

    @property
    def records(self):
        return [json.loads(line) for line in self.stdout.removesuffix("\n").split("\n")]

    @property
    def end(self):
        return self.records[-1]

    def checks(self, name):
        return [r for r in self.records if r["type"] == "check" and r["check"] == name]


class Sandbox:
    """A resident homeserver of this run: `fedjoin sandbox`."""

    def __init__(self, fedjoin, directory, *options):
        self.ca = directory / "sandbox.pem"
        self.process = subprocess.Popen(
            [fedjoin, "sandbox", "--ca-file", self.ca, *options], stdout=subprocess.PIPE, text=True
        )
        self.name = re.search(r"sandbox (\S+)", self.process.stdout.readline()).group(1)
        self.place = re.search(rf"{ADDRESS}:\d+", self.process.stdout.readline()).group() if options else self.name
        # It writes a line of each request, and would wait for somebody to read it.
        self.reader = threading.Thread(target=self.process.stdout.read, daemon=True)
        self.reader.start()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class World:
    """Servers and runs of one row; all of them end with it."""

    def __init__(self, fedjoin, directory, authority, sandbox):
        self.fedjoin, self.directory, self.authority, self.sandbox = fedjoin, directory, authority, sandbox
        self.stack = ExitStack()
        self.name = f"{ADDRESS}:{free_port()}"
        self.key = self.make_key(self.name)
        self.trusted = directory / f"trusted-{self.name.rsplit(':')[1]}.pem"
        self.trusted.write_text(authority.path.read_text() + sandbox.ca.read_text())

    def close(self):
        self.stack.close()

    # ------------------------------------------------------------ commands

    def make_key(self, name):
        path = self.directory / f"{name.replace(':', '-')}-{free_port()}.key"
        self.run(["key", "generate", "-N", name, "--signing-key", path])
        return path

    @property
    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        kept = {k: v for k, v in kept.items() if not k.startswith(("FEDJOIN", "XDG_", "SSL", "SOURCE_DATE"))}
        return {**kept, "HOME": str(self.directory), "LC_ALL": "C.UTF-8"}

    def run(self, arguments, environment=None):
        command = [str(word) for word in (self.fedjoin, *arguments)]
        process = self.process = subprocess.Popen(
            command, env=environment or self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        with process:
            try:
                stdout, stderr = process.communicate(timeout=RUN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Run(command, process.returncode, stdout, stderr)

    def interrupt(self, number):
        """Sends a signal to the command that runs."""
        self.process.send_signal(number)

    def shown(self, run):
        """The command as a person would type it, without what only this run has."""
        words = ["fedjoin", *run.command[1:]]
        line = shlex.join(words).replace(str(self.directory) + "/", "")
        return line

    def join(self, room, *options, serves=True, named=False):
        """The arguments of a join of a room of the sandbox, or anybody's."""
        if ":" not in room and not named:
            room = f"{room}:{self.sandbox.name}"
        identity = ["-N", self.name, "--signing-key", self.key, "--cacert", self.trusted]
        serving = ["--listen", self.name, "--linger", "0"] if serves else []
        return ["join", *identity, *serving, *options, room]

    # ------------------------------------------------------------ servers

    def start(self, server):
        return self.stack.enter_context(server)

    def names(self, table):
        return ["--dns-server", self.start(NameServer(table)).place]

    def homeserver(self, certificate):
        """One that says its version, and refuses the rest."""
        answer = lambda asked: (  # noqa: E731
            json_answer('{"server":{"name":"other","version":"1"}}')
            if asked.target.endswith("/version")
            else json_answer('{"errcode":"M_UNRECOGNIZED","error":"Unrecognized request"}', 404)
        )
        return self.start(WebServer(answer, certificate))

    def well_known(self, name, answer):
        """Options by which the file of `name` is asked of us."""
        certificate = self.authority.issue(name)
        server = self.start(WebServer(lambda _: answer, certificate))
        return ["--connect-to", f"{name}:443:{server.place}"]

    def proxied(self, **hooks):
        """Options by which the sandbox is reached through a proxy that does what the hooks say."""
        certificate = self.authority.issue(ADDRESS)
        proxy = self.start(Proxy(certificate, self.sandbox.name, **hooks))
        return ["--connect-to", f"{self.sandbox.name}:{proxy.place}"]


@contextmanager
def own_sandbox(fedjoin, directory, authority):
    """A world with a sandbox of its own, which has seen nobody yet; both end with it."""
    sandbox = Sandbox(fedjoin, directory)
    try:
        world = World(fedjoin, directory, authority, sandbox)
        try:
            yield world
        finally:
            world.close()
    finally:
        sandbox.stop()


def hold(fedjoin, rows, what):
    """Runs rows, each a name and what it does with a world of its own, and says which hold; the exit code."""
    failed = 0
    for name, row in rows:
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            try:
                with own_sandbox(fedjoin, directory, Authority(directory)) as world:
                    row(world)
                print(f"ok   {name}", flush=True)
            except Failed as error:
                failed += 1
                print(f"FAIL {name}: {error}", flush=True)
    print(f"{len(rows) - failed} of {len(rows)} {what} hold")
    return 1 if failed else 0
