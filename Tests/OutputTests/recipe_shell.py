"""Where recipes are run: fedjoin on PATH, our key published, and a room that can be joined."""

import os
import subprocess

import outputs
from certificates import Authority
from checks import expect
from servers import ADDRESS
from world import Sandbox, World


class Shell:
    """Where recipes are run: fedjoin on PATH, our key published, and a room that can be joined."""

    def __init__(self, fedjoin, directory):
        self.directory = directory
        self.home = directory / "home"
        self.home.mkdir()
        self.authority = Authority(directory)
        self.sandbox = Sandbox(fedjoin, directory)
        self.world = World(fedjoin, directory, self.authority, self.sandbox)
        self.key = self.home / "us.key"
        self.key.write_text(self.world.key.read_text())
        self.key.chmod(0o600)
        (directory / "bin").mkdir()
        (directory / "bin/fedjoin").symlink_to(fedjoin)
        sudo = directory / "bin/sudo"
        sudo.write_text('#!/bin/sh\n[ "$1" = -u ] && shift 2\nexec "$@"\n')
        sudo.chmod(0o755)
        self.served = self.serve(fedjoin)
        self.environment = {
            **self.world.environment, "PATH": f"{directory}/bin:{os.environ['PATH']}",
            "FEDJOIN_CACERT": str(self.world.trusted), "HOME": str(self.home),
        }  # fmt: skip

    def serve(self, fedjoin):
        certificate = self.authority.issue(ADDRESS)
        served = subprocess.Popen(
            [fedjoin, "serve", "-N", self.world.name, "--signing-key", self.key,
             "--tls-cert", certificate.file, "--tls-key", certificate.key],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        served.stderr.readline()
        return served

    def stop(self):
        self.served.terminate()
        self.served.stderr.close()
        self.served.wait()
        self.world.close()
        self.sandbox.stop()

    def ours(self, text, room="v11"):
        """A block with this run's names and paths in it."""
        for there, here in (
            ("/etc/matrix-synapse/homeserver.signing.key", self.key), ("/usr/local/bin/", f"{self.directory}/bin/"),
            ("/var/lib/prometheus/node-exporter", self.home), ("/tmp/join", self.home / "join"),
            ("join.example.net", self.world.name), ("example.org", self.world.name),
            ("#room:other.org", f"#{room}:{self.sandbox.name}"), ("other.org", self.sandbox.name),
        ):  # fmt: skip
            text = text.replace(there, str(here))
        return text

    def run(self, text, exit=0, shell="sh", **variables):
        done = subprocess.run(
            [shell, "-ec" if shell == "bash" else "-c", text], capture_output=True, text=True, cwd=self.home,
            env={**self.environment, **variables}, stdin=subprocess.DEVNULL, timeout=100, check=False,
        )  # fmt: skip
        said = f"{done.stdout}{done.stderr}"
        expect(done.returncode == exit, f"exit {done.returncode}, not {exit}:\n{text}\n{said}")
        outputs.check_no_secrets({"what it said": said}, [outputs.seed_of(self.key)])
        return done
