"""Two real homeservers (Synapse) on loopback: configured, started, asked, stopped."""

import contextlib
import ctypes
import json
import os
import random
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from certificates import Authority
from installation import BUILD, SetupError, install_synapse

ADDRESS = "127.0.0.1"
HERE = Path(__file__).resolve().parent
START_SECONDS = 60

_ports_taken = set()
_ports_lock = threading.Lock()


def free_port():
    """A port nobody listens on, never the same twice.

    It lies below the range the kernel takes ports of outgoing connections from: a port of that
    range can be gone again by the time the server which was promised it starts.
    """
    with _ports_lock:
        for port in random.sample(range(20000, 32000), 200):
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.bind((ADDRESS, port))
                if port not in _ports_taken:
                    _ports_taken.add(port)
                    return port
    raise SetupError("no free port between 20000 and 32000")


class ApiError(Exception):
    def __init__(self, method, path, status, body):
        super().__init__(f"{method} {path}: {status} {body}")
        self.status = status
        self.errcode = body.get("errcode")


class Homeserver:
    """One Synapse: its files, its process, and its API as its admin sees it."""

    def __init__(self, label, directory, authority, own_limits):
        self.label = label
        self.own_limits = own_limits
        self.directory = directory / label
        self.directory.mkdir()
        self.port = free_port()
        self.name = f"{ADDRESS}:{self.port}"
        self.signing_key = self.directory / "signing.key"
        self.database = self.directory / "homeserver.db"
        self.log = self.directory / "homeserver.log"
        self.registration_secret = secrets.token_hex(16)
        self.token = None
        self.process = None
        self.write_configuration(authority)
        # An empty ProxyHandler: a proxy of the environment must not see loopback requests.
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=authority.tls)
        )

    def write_configuration(self, authority):
        certificate, key = authority.issue(self.label)
        configuration = {
            "server_name": self.name,
            "report_stats": False,
            "listeners": [{
                "port": self.port, "type": "http", "tls": True, "bind_addresses": [ADDRESS],
                "resources": [{"names": ["client", "federation"]}],
            }],
            "database": {"name": "sqlite3", "args": {"database": str(self.database)}},
            "media_store_path": str(self.directory / "media"),
            "signing_key_path": str(self.signing_key),
            "tls_certificate_path": str(certificate),
            "tls_private_key_path": str(key),
            "federation_custom_ca_list": [str(authority.certificate)],
            # A whitelist does not do: it does not count for server names that are addresses.
            "ip_range_blacklist": [],
            "trusted_key_servers": [],
            "modules": [{"module": "crowd.Crowd", "config": {}}],
            "registration_shared_secret": self.registration_secret,
            "bcrypt_rounds": 4,
            "presence": {"enabled": False},
            # Both look at every member that comes, which is most of the work with a crowd.
            "stats": {"enabled": False},
            "update_user_directory_from_worker": "nobody",
            "federation": {
                "destination_min_retry_interval": "1s",
                "destination_max_retry_interval": "2s",
                "destination_retry_multiplier": 1,
            },
        } | no_rate_limits() | self.own_limits  # fmt: skip
        # Every JSON document is a YAML document, too.
        (self.directory / "homeserver.yaml").write_text(json.dumps(configuration, indent=1))

    def start(self, python):
        configuration = self.directory / "homeserver.yaml"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [python, "-m", "synapse.app.homeserver", "-c", configuration],
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | {"PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"},
                # Ctrl-C is for run.py, which then stops the servers itself.
                start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                code = self.process.returncode
                raise SetupError(f"homeserver {self.label} ended at once, exit {code}")
            with contextlib.suppress(OSError):
                with self.opener.open(f"https://{self.name}/health", timeout=5):
                    return
            time.sleep(0.05)
        raise SetupError(f"homeserver {self.label} is not ready after {START_SECONDS} s")

    def ask(self, method, path, body=None, token=None):
        """One request of the client or admin API, as the server's admin once there is one."""
        request = urllib.request.Request(f"https://{self.name}{path}", method=method)
        request.add_header("Content-Type", "application/json")
        if token or self.token:
            request.add_header("Authorization", f"Bearer {token or self.token}")
        if body is not None:
            request.data = json.dumps(body).encode()
        try:
            with self.opener.open(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ApiError(method, path, error.code, json.load(error)) from None

    def query(self, sql, *arguments):
        """Reads the database itself, for the few things no API shows."""
        location = f"file:{self.database}?mode=ro"
        with contextlib.closing(sqlite3.connect(location, uri=True)) as database:
            return database.execute(sql, arguments).fetchall()

    def complaints(self, lines=15):
        """The end of the log without what drowns it: INFO lines and the banner of the start."""
        if not self.log.exists():
            return ""
        said = self.log.read_text(errors="replace").splitlines()
        noise = (" - INFO - ", " - synapse.config.logger - ")
        return "\n".join([line for line in said if not any(n in line for n in noise)][-lines:])

    def tell_to_stop(self):
        if self.process:
            self.process.terminate()

    def wait_until_stopped(self):
        if self.process is None:
            return
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def no_rate_limits():
    """A test run asks in seconds what people ask in days."""
    free = {"per_second": 100000, "burst_count": 100000}
    names = ("rc_message", "rc_registration", "rc_joins_per_room", "rc_room_creation")
    return {name: free for name in names} | {
        "rc_joins": {"local": free, "remote": free},
        "rc_invites": {"per_room": free, "per_user": free, "per_issuer": free},
        "rc_federation": {"sleep_limit": 100000, "reject_limit": 100000, "concurrent": 1000},
    }


def few_joins():
    """More joins of one room than any check makes that is not about this very limit."""
    return {"rc_joins_per_room": {"per_second": 0.01, "burst_count": 5}}


def die_with_parent():
    """Even when run.py is killed without a chance to clean up, the servers end (on Linux)."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Site:
    """The run directory with homeservers A and B: everything in it ends with the `with` block."""

    def __init__(self, keep=False):
        self.python = install_synapse()
        self.keep = keep
        self.failed = False
        self.directory = Path(tempfile.mkdtemp(prefix="run-", dir=BUILD))
        self.servers = []

    def __enter__(self):
        try:
            self.authority = Authority(self.directory)
            for label, limits in (("A", {}), ("B", few_joins())):
                self.servers.append(Homeserver(label, self.directory, self.authority, limits))
            for server in self.servers:
                server.start(self.python)
            for server in self.servers:
                server.wait_until_ready()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind, error, traceback):
        for server in self.servers:
            server.tell_to_stop()
        for server in self.servers:
            server.wait_until_stopped()
        failed = self.failed or kind not in (None, KeyboardInterrupt)
        if failed:
            for server in self.servers:
                print(f"--- the last complaints in {server.log}\n{server.complaints()}")
        if failed or self.keep:
            print(f"--- kept: {self.directory}")
        else:
            shutil.rmtree(self.directory)
