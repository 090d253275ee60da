"""Every kind of command that has stages, in every form of output."""

import outputs
from checks import check, expect
from servers import ADDRESS, WebServer, json_answer, stalled

LEVELS = ["-qq", "-q", "-v", "-vv", "-vvv"]


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


def kept(title, exit, *words):
    @check(f"a folder that a run is kept in has no secret: {title}")
    def perform(w):
        folder = w.directory / f"kept-{title.replace(' ', '-')}"
        run = w.run([*w.join(words[0], *words[1:]), "--save", folder, "-vvv"])
        expect(run.exit == exit, f"exit {run.exit}, not {exit}: {run.stderr}")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        expect(folder / "run.ndjson" in files, f"it has {[path.name for path in files]}")
        loose = [path.name for path in [folder, *folder.rglob("*")] if path.stat().st_mode & 0o077]
        expect(not loose, f"others can read {loose}")
        said = {path.name: path.read_bytes().decode("latin-1") for path in files}
        outputs.check_no_secrets(said, [outputs.seed_of(w.key)])
        shown = w.run(["show", folder, "-o", "ndjson"])
        outputs.check_no_secrets({"show": shown.stdout + shown.stderr}, [outputs.seed_of(w.key)])
        outputs.check_records(shown.stdout)


kept("a join", 0, "#v11")
kept("a refusal", 46, "#invite")
kept("a dry run", 0, "#v12", "--dry-run")
kept("a room that is not genuine", 99, "#forged")
