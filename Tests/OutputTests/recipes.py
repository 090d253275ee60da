"""Runs each block of docs/recipes.md as far as a machine without names and without CI can: against the embedded
homeserver, with names and paths of this run in place of those that stand there.

Exit code: 0 all hold, 1 one does not, 2 nothing could be run.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # the sources' directory stays as it is

from checks import ROOT, expect  # noqa: E402, I001

import outputs  # noqa: E402
import yaml  # noqa: E402
from outputs import Wrong  # noqa: E402
from recipe_shell import Shell  # noqa: E402

PAGE = ROOT / "docs/recipes.md"
RECIPES = {}


def recipe(heading, number=0):
    def register(perform):
        RECIPES[heading, number] = perform
        return perform

    return register


def blocks():
    """The page's blocks of code by their headings, and which of a heading's they are."""
    found, heading, counts = {}, None, {}
    for part in re.split(r"^(## [^\n]*|```[a-z]*\n.*?^```)$", PAGE.read_text(), flags=re.M | re.S):
        if part.startswith("## "):
            heading = part[3:]
        elif part.startswith("```"):
            number = counts.get(heading, 0)
            found[heading, number] = part.split("\n", 1)[1].removesuffix("```")
            counts[heading] = number + 1
    return found


# ---------------------------------------------------------------- each block


@recipe("A dry run as your own homeserver")
def dry_run(shell, text):
    said = shell.run(shell.ours(text)).stdout
    expect("NOT JOINED, stopped after sign, as told" in said, said)


@recipe("A dry run as your own homeserver", 1)
def dry_run_reported(shell, text):
    shell.run(shell.ours(text))
    expect(len(outputs.check_har(shell.home / "join.har")["entries"]) > 2, "there is nothing in the archive")
    expect("connected to" in (shell.home / "join.txt").read_text(), "the transcript is not that of -v")
    shell.run(shell.ours(text, "invite"), 46)
    expect("fedjoin explain not-invited" in (shell.home / "join.txt").read_text(), "the errors are not there")


@recipe("From cron")
def cron(shell, text):
    command = text.split(" ", 6)[6]
    expect(text.count("\n") == 1 and "%" not in text, "a line of crontab is one line, and % ends it")
    done = shell.run(shell.ours(command))
    expect(done.stdout == done.stderr == "", f"a success says {done.stdout}{done.stderr}")
    done = shell.run(shell.ours(command, "invite"), 46)
    expect("=== 1 self" in done.stdout and "not-invited" in done.stderr, "a failure does not say all")


@recipe("From cron", 1)
def metrics(shell, text):
    for room, exit in (("v11", 0), ("invite", 46)):
        script = shell.home / "fedjoin-metrics"
        script.write_text(shell.ours(text))
        shell.run(f"sh ./fedjoin-metrics '#{room}:{shell.sandbox.name}'")
        check_metrics((shell.home / "fedjoin.prom").read_text(), exit)
    expect(not list(shell.home.glob("fedjoin.prom.*")), "something is left beside the file")


def check_metrics(text, exit):
    """By the text format: a help and a type, once, before a metric's samples, which are no two the same."""
    known, samples = {}, {}
    for line in text.removesuffix("\n").split("\n"):
        if found := re.fullmatch(r"# (HELP|TYPE) ([a-z_]+) (.+)", line):
            expect((found[1], found[2]) not in known, f"{found[1]} twice: {line}")
            known[found[1], found[2]] = found[3]
            continue
        found = re.fullmatch(r'([a-z_]+)(\{(?:[a-z_]+="[a-z_]*",?)+\})? ([0-9.]+(?:e-?[0-9]+)?)', line)
        expect(found and ("TYPE", found[1]) in known, f"no sample: {line}")
        expect(found[1] + (found[2] or "") not in samples, f"twice: {line}")
        samples[found[1] + (found[2] or "")] = float(found[3])
    expect(samples["fedjoin_exit_code"] == exit, f"the exit code is {samples['fedjoin_exit_code']}")
    result = "fail" if exit else "pass"
    expect(f'fedjoin_stage_seconds{{stage="make_join",result="{result}"}}' in samples, f"{samples}")


@recipe("GitHub Actions")
def github(shell, text):
    workflow = yaml.safe_load(text)
    job = workflow["jobs"]["join"]
    for step in job["steps"]:
        expect("run" in step or "@v" in step["uses"], f"a step does nothing: {step}")
        environment = {**job.get("env", {}), **step.get("env", {})}
        filled = {name: shell.ours(value) for name, value in environment.items()}
        if filled.get("KEY"):
            expect(filled["KEY"] == "${{ secrets.FEDJOIN_KEY }}", filled["KEY"])
            filled["KEY"] = shell.key.read_text().strip()
        if "run" in step:
            shell.run(shell.ours(step["run"]), shell="bash", **filled)
    check_joined_and_left(shell)


@recipe("GitLab CI")
def gitlab(shell, text):
    job = yaml.safe_load(text)["federation"]
    variables = {name: shell.ours(value) for name, value in job["variables"].items()}
    readable = shell.home / "KEY_FILE"
    readable.write_text(shell.key.read_text())
    readable.chmod(0o644)
    for line in [*job["script"], *job["after_script"]]:
        shell.run(shell.ours(line), KEY_FILE=str(readable), **variables)
    expect(job["artifacts"]["reports"]["junit"] == "fedjoin.xml", "the report is another file")
    expect(not (shell.home / "signing.key").exists(), "the key stays there")
    check_joined_and_left(shell)


def check_joined_and_left(shell):
    report = outputs.check_junit(shell.home / "fedjoin.xml")
    expect('name="send_leave"' in report and "<skipped" not in report, "not every stage was reached")
    expect(outputs.check_har(shell.home / "fedjoin.har")["entries"], "there is nothing in the archive")


@recipe("A systemd timer")
def service(shell, text):
    unit = shell.ours(text)
    verify(shell, "fedjoin.service", unit.replace("User=matrix-synapse\n", ""))
    environment = dict(re.findall(r"^Environment=(\w+)=(.*)$", unit, re.M))
    done = shell.run(re.search(r"^ExecStart=(.*)$", unit, re.M)[1], **environment)
    expect(done.stdout == done.stderr == "", f"it says {done.stdout}{done.stderr}")


@recipe("A systemd timer", 1)
def timer(shell, text):
    verify(shell, "fedjoin.timer", text)


def verify(shell, name, text):
    (shell.home / name).write_text(text)
    if not shutil.which("systemd-analyze"):
        return print(f"     systemd-analyze is not here: {name} is not looked at by it")
    done = subprocess.run(
        ["systemd-analyze", "verify", shell.home / name], capture_output=True, text=True, cwd=shell.home, check=False
    )
    # What it says of units that this machine has is none of ours.
    said = [line for line in done.stderr.split("\n") if name in line]
    expect(not said, "\n".join(said))


def rooms(shell):
    names = [f"#{name}:{shell.sandbox.name}" for name in ("v1", "v11", "v12", "invite", "nobody-made-this")]
    (shell.home / "rooms.txt").write_text("\n".join(names) + "\n")
    return sorted(zip([0, 0, 0, 46, 37], names, strict=True))


@recipe("Many rooms")
def with_xargs(shell, text):
    due = rooms(shell)
    said = shell.run(shell.ours(text)).stdout.split("\n")
    found = sorted((int(line.split(" ")[0]), line.split(" ")[1]) for line in said[: len(due)])
    expect(found == due, f"{found}")
    told = sorted(line.split("\t")[:2] for line in said[len(due) :] if line)
    expect(told == [["37", "directory"], ["46", "make_join"]], f"{told}")
    for path in (shell.home / "runs").iterdir():
        outputs.check_records(path.read_text())


@recipe("Many rooms", 1)
def with_parallel(shell, text):
    due = rooms(shell)
    lines = shell.run(shell.ours(text)).stdout.removesuffix("\n").split("\n")[1:]
    found = sorted((int(line.split("\t")[0]), shlex.split(line)[-1].replace("\\", "")) for line in lines)
    expect(found == due, f"{found}")


@recipe("From Synapse's federation_client.py")
def federation_client(shell, text):
    first, second = text.split("# federation_client.py … ")
    answer = json.loads(shell.run(shell.ours(first)).stdout)
    expect(answer["server"]["name"], f"{answer}")
    # The sandbox has no devices; that the request came and was signed is what its answer says.
    said = shell.run(shell.ours("#" + second), 37).stderr
    expect("M_UNRECOGNIZED" in said, said)


@recipe("From curl")
def curl(shell, text):
    said = shell.run(shell.ours(text)).stdout
    expect("=== resolve: OK" in said and "=== keys: OK" in said and said.endswith("\n200\n"), said)


# ---------------------------------------------------------------- all of them


def perform_all(shell, only):
    found = blocks()
    failed = [f"{heading}, block {number}: there is no such block" for heading, number in RECIPES.keys() - found.keys()]
    for place, text in found.items():
        title = f"{place[0]}, block {place[1] + 1}"
        if only not in title:
            continue
        try:
            expect(place in RECIPES, "no test runs it")
            RECIPES[place](shell, text)
            print(f"ok   {title}", flush=True)
        except (Wrong, OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
            failed.append(f"{title}: {error}")
            print(f"FAIL {failed[-1]}", flush=True)
    print(f"\n{len(failed)} of {len(found)} recipes do not hold" if failed else f"\n{len(found)} recipes hold")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    parser.add_argument("--only", default="", metavar="TEXT", help="blocks whose heading has it")
    options = parser.parse_args()
    if not os.access(options.fedjoin, os.X_OK):
        print(f"recipes.py: no fedjoin at {options.fedjoin}; build it first", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        shell = Shell(options.fedjoin.resolve(), Path(name))
        try:
            return perform_all(shell, options.only)
        finally:
            shell.stop()


if __name__ == "__main__":
    sys.exit(main())
