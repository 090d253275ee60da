"""What one process took, and whether a figure is within its bound."""

import os
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

MIB = 2**20


@dataclass
class Taken:
    """Seconds of wall and CPU time, and how it ended: exit code, what stood on stdout and stderr."""

    wall: float
    cpu: float
    code: int
    out: str
    err: str


def run(command, watch=None):
    """Runs a command to its end; `watch` is called with its process id until then, as often as it returns."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    texts = {}
    readers = [threading.Thread(target=lambda n=n, f=f: texts.update({n: f.read()}))
               for n, f in (("out", process.stdout), ("err", process.stderr))]  # fmt: skip
    for reader in readers:
        reader.start()
    while watch:
        watch(process.pid)
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            break
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    for reader in readers:
        reader.join()
    process.stdout.close()
    process.stderr.close()
    return Taken(wall, usage.ru_utime + usage.ru_stime, process.returncode, texts["out"], texts["err"])


def peak_memory(command):
    """Runs a command; what it took, and the most anonymous memory it had, in bytes.

    Looking every few milliseconds takes time itself, so that no run is both timed and watched.
    """
    peak = 0

    def watch(pid):
        nonlocal peak
        peak = max(peak, anonymous(pid))
        time.sleep(0.002)

    return run(command, watch), peak


def anonymous(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def interleaved(rounds, **sides):
    """What each side's function answers in each round, all sides in turns: name → list."""
    seen = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            seen[name].append(side())
    return seen


def median(values):
    return statistics.median(values)


class Bounds:
    """The bounds that were looked at so far."""

    def __init__(self):
        self.broken = []

    def hold(self, what, value, *, most=None, least=None, unit="", aim=None):
        holds = (most is None or value <= most) and (least is None or value >= least)
        bound = f"at most {most:g}" if least is None else f"at least {least:g}"
        bound += f"{unit}, aim {aim:g}{unit}" if aim is not None else unit
        self.say(what, f"{value:.3g}{unit}, {bound}", holds)

    def say(self, what, words, holds):
        print(f"  {what}: {words}: {'holds' if holds else 'DOES NOT HOLD'}", flush=True)
        if not holds:
            self.broken.append(what)

    def code(self):
        if self.broken:
            print(f"\n{len(self.broken)} of the bounds do not hold: {'; '.join(self.broken)}")
        return 1 if self.broken else 0
