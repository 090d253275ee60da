"""What every output of fedjoin has to be: records, JUnit, HAR, and none of them with a secret in it."""

import base64
import copy
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import quote

import jsonschema

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parents[1] / "share/records-1.schema.json"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Wrong(Exception):
    """An output is not what it has to be; the message says how."""


def closed(schema):
    """The schema with no field that it does not name: readers pass over such, and we write none."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {key: closed(part) for key, part in schema.items()}
    if "required" in shut and "properties" in shut and "allOf" not in shut and "records" not in shut["properties"]:
        shut["additionalProperties"] = False
    return shut


@cache
def validator(path, is_closed=False):
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    schema = closed(copy.deepcopy(schema)) if is_closed else schema
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))


def validate(value, path, what, is_closed=False):
    for error in validator(path, is_closed).iter_errors(value):
        raise Wrong(f"{what}: at {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def check_records(text):
    """The records of what `-o ndjson` wrote, each by the schema, and in an order that a run can have."""
    lines = text.removesuffix("\n").split("\n")
    if not text.isascii() or any(CONTROLS.search(line) for line in lines):
        raise Wrong("a record is not printable ASCII")
    records = [json.loads(line) for line in lines]
    for record in records:
        validate(record, SCHEMA, f"record {record.get('type')}", is_closed=True)
    check_order(records)
    return records


def check_order(records):
    types = [record["type"] for record in records]
    if types[-1] != "run_end" or types.count("run_end") != 1:
        raise Wrong(f"the last record is {types[-1]}, with {types.count('run_end')} run_end in all")
    if types[0] != "run_start" and types != ["run_end"]:
        raise Wrong(f"the first record is {types[0]}")
    times = [record["t"] for record in records if "t" in record]
    if times != sorted(times):
        raise Wrong("the records' times go back")
    running = None
    for record in records:
        if record["type"] == "stage_start":
            running = record["stage"]
        elif record["type"] == "stage_end" and record["stage"] != running:
            raise Wrong(f"stage {record['stage']} ends while {running} runs")
    end = records[-1]
    if (end["exit"] == 0) == (end["result"] == "fail"):
        raise Wrong(f"exit {end['exit']} and result {end['result']}")


def check_whole(text, kinds):
    """The one object of `-o json`: records of the kinds that `-o ndjson` wrote."""
    value = json.loads(text)
    validate(value, SCHEMA, "the one object", is_closed=True)
    check_order(value["records"])
    found = {record["type"] for record in value["records"]}
    if found != kinds:
        raise Wrong(f"-o json has records of {sorted(found)}, -o ndjson of {sorted(kinds)}")


def check_junit(path):
    """A JUnit report by the schema, without characters that a reader might choke on; returns its text."""
    text = path.read_text()
    if CONTROLS.search(text):
        raise Wrong("the JUnit report has control characters")
    done = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", HERE / "junit.xsd", path], capture_output=True, text=True
    )
    if done.returncode:
        raise Wrong(f"xmllint: {done.stderr.strip()[:500]}")
    return text


def check_har(path, records=None):
    """A HTTP Archive by the schema, with an entry for each request; returns it."""
    archive = json.loads(path.read_text())
    validate(archive, HERE / "har.schema.json", "the HAR")
    log = archive["log"]
    pages = {page["id"] for page in log["pages"]}
    for entry in log["entries"]:
        if entry.get("pageref", next(iter(pages), None)) not in pages:
            raise Wrong(f"the HAR's page {entry['pageref']} is not there")
        phases = entry["timings"]
        total = sum(max(0, phases[name]) for name in ("dns", "connect", "send", "wait", "receive"))
        if abs(total - entry["time"]) > 1:
            raise Wrong(f"the HAR's phases come to {total}, its time is {entry['time']}")
    asked = [r for r in records or [] if r["type"] == "http"]
    if records is not None and len(asked) != len(log["entries"]):
        raise Wrong(f"{len(asked)} requests, {len(log['entries'])} entries in the HAR")
    return log


# ---------------------------------------------------------------- secrets


def seed_of(key_file):
    """The 32 bytes of a key file of one line."""
    return base64.b64decode(key_file.read_text().split()[2] + "==")


def spellings(secret):
    """The ways in which bytes may stand in text, each without the padding and the last letters, which vary."""
    standard = base64.b64encode(secret).decode().rstrip("=")[:-1]
    safe = base64.urlsafe_b64encode(secret).decode().rstrip("=")[:-1]
    return {standard, safe, quote(standard, safe=""), standard.replace("/", "\\/"), secret.hex(), secret.hex().upper()}


def check_no_secrets(texts, seeds=(), signatures=()):
    """None of `texts`, which are named, has a seed, a signature of a request, or what looks like one."""
    hidden = {spelling: "seed" for seed in seeds for spelling in spellings(seed)}
    hidden |= {s: "signature" for sig in signatures for s in spellings(base64.b64decode(sig + "=="))}
    for name, text in texts.items():
        for spelling, what in hidden.items():
            if spelling in text:
                raise Wrong(f"{name} has a {what} in it")
        for found in re.finditer(r'sig=\\*"([^"\\]*)', text.replace("&quot;", '"')):
            if found[1] != "[redacted]":
                raise Wrong(f"{name} has a signature of a request: {found[1][:20]}")
