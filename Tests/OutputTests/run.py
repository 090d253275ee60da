"""Runs every kind of command that has stages in every form of output, and checks each: records by their schema, JUnit
and HAR by theirs, and that no key and no signature of a request is in any of them.

Exit code: 0 all hold, 1 one does not, 2 nothing could be run.
"""

import argparse
import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # the sources' directory stays as it is
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "Tests/CauseTests"))

import outputs  # noqa: E402
from certificates import Authority  # noqa: E402
from outputs import Wrong  # noqa: E402
from servers import ADDRESS, WebServer, json_answer, stalled  # noqa: E402
from terminal import Watched  # noqa: E402
from world import Sandbox, World  # noqa: E402

CHECKS = []
LEVELS = ["-qq", "-q", "-v", "-vv", "-vvv"]
# Everything that a terminal, XML or JSON means something by, and some that is no character at all.
HOSTILE = "".join(map(chr, range(1, 32))) + "\x7f\x9b]]><&'\"</failure>\u202e\u2028\ufffe\U0001fffe\U000e0041%s"


def check(title):
    def register(perform):
        CHECKS.append((title, perform))
        return perform

    return register


def expect(condition, why):
    if not condition:
        raise Wrong(why)


# ---------------------------------------------------------------- each kind of command


def every_form(w, arguments, exit, starts=True):
    """Runs a command in every form of output; answers all that it wrote, by name."""
    har, junit = w.directory / "run.har", w.directory / "run.xml"
    for path in (har, junit):
        path.unlink(missing_ok=True)
    run = w.run([*arguments, "-o", "ndjson", "--har", har, "--report-junit", junit])
    # The records of a command that puts an answer on stdout go to stderr.
    text = run.stdout if run.stdout.startswith('{"') and '"v":1' in run.stdout else run.stderr
    records = outputs.check_records(text)
    expect(run.exit == exit, f"exit {run.exit}, not {exit}: {run.stderr}")
    expect(records[-1]["exit"] == exit, f"run_end has exit {records[-1]['exit']}")
    said = {"ndjson": run.stdout + run.stderr}
    if starts:
        outputs.check_har(har, records)
        outputs.check_junit(junit)
        said |= {"har": har.read_text(), "junit": junit.read_text()}
    whole = w.run([*arguments, "-o", "json"])
    text = whole.stdout if whole.stdout.startswith('{"records"') else whole.stderr
    kinds = {record["type"] for record in records}
    if starts:
        outputs.check_whole(text, kinds)
    said["json"] = whole.stdout + whole.stderr
    for level in ["", *LEVELS]:
        run = w.run([*arguments, *filter(None, [level])])
        expect(run.exit == exit, f"{level}: exit {run.exit}, not {exit}")
        said[f"text {level}"] = run.stdout + run.stderr
    outputs.check_no_secrets(said, [outputs.seed_of(w.key)])
    return records, said


def sandbox_join(alias, exit, *options):
    return lambda w: every_form(w, w.join(alias, *options), exit)


JOINS = [
    ("#v12", 0), ("#v1", 0), ("#dead", 42), ("#invite", 46), ("#nobody-made-this", 37), ("#lie-sender", 49),
    ("#limited", 48), ("#forged", 99), ("#policy-refused", 86), ("#ghost", 0),
]  # fmt: skip
for room, status in JOINS:
    check(f"a join of {room}: {status}")(sandbox_join(room, status))
check("a dry run")(sandbox_join("#v11", 0, "--dry-run"))
check("a join that stops early")(sandbox_join("#v11", 0, "--stop-after", "directory"))
check("a join that leaves again")(sandbox_join("#v11", 0, "--leave-after"))
check("a join with --strict")(sandbox_join("#ghost", 99, "--strict"))


@check("a join whose time is over")
def late(w):
    server = w.start(WebServer(lambda asked: stalled(2)(asked, json_answer("{}")), w.authority.issue(ADDRESS)))
    every_form(w, w.join(f"#x:{server.place}", "--max-time", "1", "--no-self-check", serves=False, named=True), 34)


@check("a run that stays up for others")
def linger(w):
    arguments = w.join("#v12")
    arguments[arguments.index("--linger") + 1] = "1"
    records = outputs.check_records(w.run([*arguments, "-o", "ndjson"]).stdout)
    expect("linger" in [record["type"] for record in records], "there is no record of it")


def look(title, exit, *words, starts=True):
    def perform(w):
        filled = [word.replace("SANDBOX", w.sandbox.name) for word in words]
        identity = ["-N", w.name, "--signing-key", w.key] if words[0] in IDENTIFIED else []
        every_form(w, [*filled, *identity, "--cacert", w.trusted], exit, starts)

    check(title)(perform)


IDENTIFIED = ("self", "directory", "request", "leave")
look("self, which nobody answers", 12, "self")
look("resolve", 0, "resolve", "SANDBOX")
look("resolve, and nobody there", 22, "resolve", "127.0.0.1:1")
look("resolve through a proxy that is not there", 22, "resolve", "SANDBOX", "-x", "http://127.0.0.1:1")
look("keys", 0, "keys", "SANDBOX")
look("keys, and nobody there", 32, "keys", "127.0.0.1:1")
look("directory, without our key", 36, "directory", "#v12:SANDBOX")
look("request, without our key", 36, "request", "GET", "SANDBOX", "/_matrix/federation/v1/query/profile?user_id=x")
look("leave of a room that we are not in", 46, "leave", "!x:SANDBOX", "--no-self-check")
look("a command line of wrong form", 64, "resolve", "not a name", starts=False)
look("a file that is not there", 66, "verify", "nowhere.json", starts=False)


@check("verify, of what is no answer, and of one that is")
def verify(w):
    answer = w.directory / "answer.json"
    answer.write_text("{}")
    every_form(w, ["verify", answer, "--offline"], 95)
    har = w.directory / "join.har"
    w.run(w.join("#v11", "--har", har))
    put = [e for e in outputs.check_har(har)["entries"] if e["request"]["method"] == "PUT"]
    answer.write_text(put[-1]["response"]["content"]["text"])
    every_form(w, ["verify", answer, "--cacert", w.trusted, "--allow-address", "loopback"], 0)
    environment = {**w.environment, "SOURCE_DATE_EPOCH": "1700000000"}
    keys = w.directory / "keys.json"
    asked = [e for e in outputs.check_har(har)["entries"] if e["request"]["url"].endswith("/key/v2/server")]
    keys.write_text(asked[-1]["response"]["content"]["text"])
    told = []
    for _ in range(2):
        junit, archive = w.directory / "v.xml", w.directory / "v.har"
        reports = ["--report-junit", junit, "--har", archive]
        run = w.run(["verify", answer, "--offline", "--keys", keys, *reports, "-vv"], environment)
        told.append((run.exit, run.stdout, run.stderr, junit.read_bytes(), archive.read_bytes()))
        expect(run.exit == 0, f"exit {run.exit}: {run.stderr}")
    expect(told[0] == told[1], "with SOURCE_DATE_EPOCH two runs of the same say different things")
    expect(b"2023-11-14T22:13:20" in told[0][3], "the JUnit report has another date")


@check("demo")
def demo(w):
    for room, exit in (("v12", 0), ("invite", 46)):
        every_form(w, ["demo", "--room", room], exit)


# ---------------------------------------------------------------- hostile words


@check("whatever a server says, the reports hold")
def hostile(w):
    signatures = []

    def answer(asked):
        header = asked.headers.get("Authorization", "")
        if header:
            signatures.append(header.split('sig="')[1].split('"')[0])
        # What we sent is repeated to us, in an error's words and in a header.
        words = json.dumps({"errcode": "M_FORBIDDEN", "error": HOSTILE % header})
        return json_answer(words, 403, **{"X-Echo": header})

    server = w.start(WebServer(answer, w.authority.issue(ADDRESS)))
    arguments = w.join(f"#room:{server.place}", "--no-self-check", serves=False, named=True)
    records, said = every_form(w, arguments, 36)
    expect(signatures, "nothing was signed")
    outputs.check_no_secrets(said, [outputs.seed_of(w.key)], signatures)
    expect(any("M_FORBIDDEN" in text for text in said.values()), "the answer was not told")
    shown = [r for r in records if r["type"] == "stage_end"][-1]["remote_error"]
    expect("\u202e" in shown and "[redacted]" in shown, "the words came otherwise")
    for name in ("text ", "text -vvv", "junit"):
        found = [hex(ord(c)) for c in said[name] if ord(c) < 32 and c not in "\n\t" or c in "\x7f\x9b\u202e\u2028"]
        expect(not found, f"{name} has {found} in it")


@check("--show-secrets shows the signatures of requests, and never the key")
def secrets(w):
    signatures = []

    def answer(asked):
        signatures.append(asked.headers["Authorization"].split('sig="')[1].split('"')[0])
        return json_answer('{"errcode":"M_FORBIDDEN","error":"no"}', 403)

    server = w.start(WebServer(answer, w.authority.issue(ADDRESS)))
    arguments = w.join(f"#room:{server.place}", "--no-self-check", serves=False, named=True)
    har, junit = w.directory / "s.har", w.directory / "s.xml"
    run = w.run([*arguments, "--show-secrets", "-vvv", "--har", har, "--report-junit", junit])
    text = {"text": run.stdout + run.stderr, "har": har.read_text()}
    for name in text:
        expect(signatures[-1] in text[name], f"{name} has no signature")
    records = w.run([*arguments, "--show-secrets", "-o", "ndjson"]).stdout
    expect(signatures[-1] in records, "the records have no signature")
    seed = outputs.spellings(outputs.seed_of(w.key))
    for name, said in {**text, "ndjson": records, "junit": junit.read_text()}.items():
        expect(not any(spelling in said for spelling in seed), f"{name} has the seed in it")


# ---------------------------------------------------------------- while it runs


def stalling(w, seconds):
    """The arguments of a join whose directory answer takes so long."""
    server = w.start(WebServer(lambda asked: stalled(seconds)(asked, json_answer("{}")), w.authority.issue(ADDRESS)))
    return w.join(f"#x:{server.place}", "--no-self-check", serves=False, named=True), server.place


@check("a terminal is told what is awaited, and nobody else")
def waiting(w):
    arguments, place = stalling(w, 5)
    with Watched(w, arguments) as run:
        expect(run.until(run.errors, f"\rwaiting for {place}, 2 s\x1b[K"), run.text(run.errors))
        expect("waiting" not in run.text(run.out), "stdout has it, too")
    for options, terminal in ((["-q"], True), (["-qq"], True), ([], False)):
        with Watched(w, [*arguments, "--max-time", "3", *options], terminal) as run:
            run.until(run.out, "\0", 10)
            expect("waiting" not in run.text(run.errors), f"{options}: {run.text(run.errors)!r}")


@check("records are there when they happen, not when the run ends")
def flushed(w):
    arguments, _ = stalling(w, 30)
    with Watched(w, [*arguments, "-o", "ndjson"]) as run:
        expect(run.until(run.out, '"stage":"directory","t"') and run.process.poll() is None, run.text(run.out))
        expect(run.text(run.out).endswith("\n"), "the last line is not whole")


@check("Ctrl-C ends a run at once, and the reports are written")
def interrupted(w):
    arguments, _ = stalling(w, 30)
    har, junit = w.directory / "c.har", w.directory / "c.xml"
    for quiet in ([], ["-q"]):
        with Watched(w, [*arguments, "-o", "ndjson", *quiet, "--har", har, "--report-junit", junit]) as run:
            run.until(run.errors, "waiting", 3)
            run.process.send_signal(signal.SIGINT)
            expect(run.process.wait(5) == 130, f"exit {run.process.returncode}")
            run.until(run.out, "\0", 5)
            outputs.check_har(har, outputs.check_records(run.text(run.out)))
            expect("stopped by SIGINT" in outputs.check_junit(junit), "the report does not say why")
            har.unlink(), junit.unlink()


@check("colours are for terminals")
def colours(w):
    main, worker = pty.openpty()
    environment = {**w.environment, "TERM": "xterm"}
    for changes, is_coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        subprocess.run([w.fedjoin, "demo"], env={**environment, **changes}, stdout=worker, check=True)
        said = os.read(main, 1 << 20)
        while select.select([main], [], [], 0.2)[0]:
            said += os.read(main, 1 << 20)
        expect((b"\x1b[32m ok\x1b[0m " in said) == is_coloured, f"{changes}: {said[:200]}")
    os.close(main), os.close(worker)


@check("who closes a stream early is no error")
def closed_streams(w):
    for arguments in (["demo"], ["demo", "-o", "ndjson"], ["demo", "-vv"], ["help", "join"], ["explain"]):
        process = subprocess.Popen(
            [w.fedjoin, *arguments], env=w.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        expect(process.wait() == 0 and not said, f"{arguments}: exit {process.returncode}, {said}")


# ---------------------------------------------------------------- files


@check("a report is whole or not there, and the run's verdict stays")
def whole(w):
    folder = w.directory / "reports"
    folder.mkdir(exist_ok=True)
    path, link = folder / "run.xml", folder / "link.xml"
    path.write_text("before")
    if not link.is_symlink():
        link.symlink_to(path)
    run = w.run(["demo", "--har", folder / "nowhere/x.har"])
    expect(run.exit == 73 and run.stdout == "" and "no such file" in run.stderr, f"{run.exit}: {run.stderr}")
    run = w.run(["demo", "--har", folder])
    expect(run.exit == 73 and "is a directory" in run.stderr, f"{run.exit}: {run.stderr}")
    run = w.run(["demo", "-q", "--report-junit", link])
    expect(run.exit == 0 and run.stdout == run.stderr == "", f"it said {run.stdout}{run.stderr}")
    expect(link.is_symlink() and outputs.check_junit(path), "the link's target was not written")
    expect(sorted(p.name for p in folder.iterdir()) == ["link.xml", "run.xml"], "something is left in the folder")
    run = w.run(["demo", "-q", "--report-junit", "/dev/full"])
    expect(run.exit == 74 and "--report-junit /dev/full: no space left" in run.stderr, f"{run.exit}: {run.stderr}")
    run = w.run(["demo", "--room", "invite", "-qq", "--har", "/dev/full"])
    expect(run.exit == 46 and "no space left" in run.stderr, f"{run.exit}: {run.stderr}")
    run = w.run(["demo", "-q", "--har", "/dev/stdout"])
    expect(json.loads(run.stdout)["log"]["version"] == "1.2", "a pipe gets no report")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fedjoin", type=Path, default=ROOT / ".build/debug/fedjoin")
    parser.add_argument("--only", default="", metavar="TEXT", help="checks whose title has it")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if not os.access(options.fedjoin, os.X_OK):
        print(f"run.py: no fedjoin at {options.fedjoin}; build it first", file=sys.stderr)
        return 2
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        authority = Authority(directory)
        sandbox = Sandbox(options.fedjoin.resolve(), directory)
        try:
            for title, perform in CHECKS:
                if options.only not in title:
                    continue
                world = World(options.fedjoin.resolve(), directory, authority, sandbox)
                try:
                    perform(world)
                    print(f"ok   {title}", flush=True)
                except (Wrong, OSError, ValueError, KeyError) as error:
                    failed += 1
                    print(f"FAIL {title}: {error!r}", flush=True)
                finally:
                    world.close()
        finally:
            sandbox.stop()
    print(f"\n{failed} of {len(CHECKS)} do not hold" if failed else f"\nall {len(CHECKS)} hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
