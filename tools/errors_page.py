#!/usr/bin/env python3
"""Writes man/fedjoin-errors.7 from `fedjoin explain -o json`, read on standard input."""
import json
import re
import sys

HEAD = """.Dd November 22, 2026
.Dt FEDJOIN-ERRORS 7
.Os
.Sh NAME
.Nm fedjoin-errors
.Nd why a join over federation fails, and what to do about it
.Sh DESCRIPTION
A failed run of
.Xr fedjoin 1
names its cause by an id of this list.
.Ic fedjoin explain
shows one of them.
Where several fit, the first counts.
.Bl -tag -width Ds
"""
TAIL = """.El
.Sh SEE ALSO
.Xr fedjoin 1
"""
SIDES = {
    "ours": "on our side", "theirs": "on the other side", "dns": "in DNS",
    "between": "in something between the two", "unknown": "not known beforehand",
}


def escaped(text):
    """`text` as mdoc takes it for plain words."""
    text = text.replace("\\", "\\e")
    return "\\&" + text if text[:1] in ".'" else text


def entry(cause):
    words = cause["cause"][:1].upper() + cause["cause"][1:] + "."
    lines = [f".It Sy {cause['id']}"] + [escaped(line) for line in re.split(r"(?<=\.) (?=[A-Z])", words)]
    lines.append(f"The fault is {SIDES[cause['side']]}.")
    for hint in cause["hints"]:
        lines += [".br", escaped("hint: " + hint)]
    if cause["command"]:
        lines += [".br", escaped("to see it: " + cause["command"])]
    return "\n".join(lines) + "\n"


sys.stdout.write(HEAD + "".join(entry(cause) for cause in json.load(sys.stdin)) + TAIL)
