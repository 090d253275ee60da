"""Shows every cause that a join fails of, with the built command over real sockets, and checks what is said of it.

Exit code: 0 all hold, 1 one does not, 2 nothing could be run.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

sys.dont_write_bytecode = True  # the sources' directory stays as it is

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "Tests/OutputTests"))

import outputs  # noqa: E402
from causes import ROWS  # noqa: E402
from certificates import Authority  # noqa: E402
from world import Failed, Sandbox, World  # noqa: E402

AT_ONCE = 3


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    parser.add_argument("--gallery", action="store_true", help="print what is said of each")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose title, hint or number has it")
    return parser.parse_args()


def expect(condition, why):
    if not condition:
        raise Failed(why)


def errors(text):
    """The lines on stderr, without notes that say where a file was put."""
    return [line for line in text.split("\n") if re.match(r"fedjoin: (error|hint|more|warning): ", line)]


def check_failure(row, text, records):
    lines = errors(text.stderr)
    error = next((line for line in lines if line.startswith("fedjoin: error: ")), "")
    expect(row.says.lower() in error.lower(), f"the error line does not say {row.says!r}: {error!r}")
    more = [line for line in lines if line.startswith("fedjoin: more: ")]
    expect(more == [f"fedjoin: more: fedjoin explain {row.hint}"], f"it points to {more}, not to {row.hint}")
    expect(any(line.startswith("fedjoin: hint: ") for line in lines), "there is no hint")
    expect(records.end.get("side") == row.side, f"the side is {records.end.get('side')}, not {row.side}")
    ended = [r for r in records.records if r["type"] == "stage_end" and r.get("errcode")]
    asked = [str(row.exit)] * (row.exit < 100) + [r["errcode"] for r in ended[-1:]]
    for what in asked:
        expect(row.hint in explained(text.command[0], what), f"explain {what} does not list {row.hint}")


@cache
def explained(fedjoin, what):
    """The causes that `explain` lists of an exit status or an errcode."""
    said = subprocess.run([fedjoin, "explain", what, "-o", "json"], capture_output=True, text=True, check=False)
    return [cause["id"] for cause in json.loads(said.stdout or "[]")]


def check_warning(row, text, records):
    found = records.checks(row.warns)
    expect(any(check["result"] == "warn" for check in found), f"no check {row.warns} warns: {found}")
    pointer = f"(fedjoin explain {row.hint})"
    expect(any(pointer in check["detail"] for check in found), f"nothing points to {row.hint}: {found}")
    expect(pointer in text.stdout, f"no line has {pointer}")
    expect(records.end["result"] == "warn", f"the result is {records.end['result']}")


def check_outputs(world, text, records, har, junit):
    """Records, JUnit and HAR are what they have to be, and no secret is in any of them."""
    read = outputs.check_records(records.stdout)
    said = {"text": text.stdout + text.stderr, "records": records.stdout + records.stderr}
    if read[0]["type"] == "run_start":
        outputs.check_har(har, read)
        said |= {"har": har.read_text(), "junit": outputs.check_junit(junit)}
    outputs.check_no_secrets(said, [outputs.seed_of(world.key)])


def perform(row, fedjoin, directory, authority, sandbox):
    """Runs a row twice, for people and for programs; answers what was said, and why it does not hold."""
    world = World(fedjoin, directory, authority, sandbox)
    text = None
    try:
        arguments = row.make(world)
        text = world.run(arguments)
        har, junit = (directory / f"row-{world.name.rsplit(':')[1]}.{ending}" for ending in ("har", "xml"))
        records = world.run([*arguments, "-o", "ndjson", "--har", har, "--report-junit", junit])
        for run in (text, records):
            expect(run.exit == row.exit, f"exit {run.exit}, not {row.exit}")
        expect(records.end["exit"] == row.exit, "run_end has another exit code")
        check_warning(row, text, records) if row.warns else check_failure(row, text, records)
        check_outputs(world, text, records, har, junit)
        why = None
    except (Failed, outputs.Wrong) as failure:
        why = str(failure)
    finally:
        world.close()
    return row, world, text, why


def show(done, gallery):
    row, world, text, why = done
    if gallery or why:
        print(f"\n{row.number:2} {row.title}\n\n$ {world.shown(text)}")
        warnings = [line for line in text.stdout.split("\n") if line.startswith((" !!", "***", "<**"))]
        print("\n".join([*(text.stdout.split("\n") if why else warnings), *errors(text.stderr)]))
        print(f"exit {text.exit}")
    if why:
        print(f"FAIL {row.number} {row.title}: {why}", flush=True)
    elif not gallery:
        print(f"ok   {row.number:2} {row.title}", flush=True)
    return why is None


def main():
    options = parse_arguments()
    if not os.access(options.fedjoin, os.X_OK):
        print(f"run.py: no fedjoin at {options.fedjoin}; build it first", file=sys.stderr)
        return 2
    rows = [r for r in ROWS if options.only in f"{r.number} {r.title} {r.hint} {r.warns}"]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        authority = Authority(directory)
        sandbox = Sandbox(options.fedjoin, directory)
        try:
            one = partial(
                perform, fedjoin=options.fedjoin, directory=directory, authority=authority, sandbox=sandbox
            )
            with ThreadPoolExecutor(AT_ONCE) as pool:
                ended = pool.map(one, sorted(rows, key=lambda row: row.number))
                results = [show(done, options.gallery) for done in ended]
        finally:
            sandbox.stop()
    numbers = {row.number for row in ROWS}
    print(f"\n{results.count(True)} of {len(results)} rows hold, of {len(numbers)} causes")
    missing = sorted(set(range(1, 31)) - numbers)
    if missing and not options.only:
        print(f"no row shows cause {', '.join(map(str, missing))}")
    return 0 if all(results) and (options.only or not missing) else 1


if __name__ == "__main__":
    sys.exit(main())
