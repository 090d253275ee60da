"""Servers that say whatever a terminal, XML or JSON means something by, and files that cannot be written."""

import json

import outputs
from checks import check, expect
from commands import every_form
from servers import ADDRESS, WebServer, json_answer

# Everything that a terminal, XML or JSON means something by, and some that is no character at all.
HOSTILE = "".join(map(chr, range(1, 32))) + "\x7f\x9b]]><&'\"</failure>\u202e\u2028\ufffe\U0001fffe\U000e0041%s"


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


@check("a proxy's password is in nothing that is written, whatever the proxy repeats")
def proxy(w):
    told = []

    def answer(asked):
        told.append(asked.headers["Proxy-Authorization"])
        return 403, {"X-Echo": told[-1]}, b""

    place = w.start(WebServer(answer)).place
    _, said = every_form(w, w.join("#v11", "--no-self-check", "-x", f"http://me:secretword@{place}"), 32)
    encoded = told[-1].removeprefix("Basic ")
    for name, text in said.items():
        expect("secretword" not in text and encoded not in text, f"{name} has the password in it")
    expect("http://me:PASSWORD@" in said["text "], "the line to copy does not say where it belongs")


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
