"""Synapse in a virtual environment of its own, made once."""

import fcntl
import importlib.util
import subprocess
import sys
from pathlib import Path

SYNAPSE = "matrix-synapse==1.163.2"
ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build-synapse"


class SetupError(Exception):
    """What keeps the tests from starting at all."""


def install_synapse():
    """Makes .build-synapse/venv, unless it is there and complete; answers its python."""
    BUILD.mkdir(exist_ok=True)
    venv = BUILD / "venv"
    # Two runs that start at once must not build into the same place.
    with open(BUILD / "venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, content = venv / "complete", f"{SYNAPSE} {sys.version}\n"
        if not stamp.exists() or stamp.read_text() != content:
            build_venv(venv)
            stamp.write_text(content)
    return venv / "bin" / "python"


def build_venv(venv):
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            "python3 -m venv does not work here, as Debian's python3-venv is missing; install it:\n"
            "  apt install python3-venv"
        )
    print(f"installing {SYNAPSE} into {venv} (once; about a minute)", flush=True)
    must([sys.executable, "-m", "venv", "--clear", venv])
    must([venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", SYNAPSE])


def must(command):
    """Runs a command of the set-up; what it printed is shown only when it fails."""
    try:
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise SetupError(f"{command[0]}: not installed") from None
    if done.returncode != 0:
        words = " ".join(str(word) for word in command)
        raise SetupError(f"exit {done.returncode} from: {words}\n{done.stdout}")
