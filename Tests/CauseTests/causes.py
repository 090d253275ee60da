"""The causes that joins fail of, and what fedjoin has to say of each.

The numbers are those of the list of the most frequent causes; one with several forms has several rows.
"""

import signal
import subprocess
from dataclasses import dataclass
from typing import Callable

from servers import ADDRESS, WebServer, decoded, free_port, json_answer, stalled

ROWS = []
OPEN = 0  # a port that the row picks


@dataclass
class Row:
    number: int
    title: str
    make: Callable
    exit: int
    says: str
    side: str | None
    hint: str | None
    warns: str | None


def cause(number, title, exit, says="", side=None, hint=None, warns=None):
    """Registers a function that makes the arguments of a run.

    `says` is a part of the error line, `side` and `hint` the cause's; `warns` is the check that only warns.
    """

    def register(make):
        ROWS.append(Row(number, title, make, exit, says, side, hint, warns))
        return make

    return register


def of_sandbox(number, title, alias, *expected, **named):
    cause(number, title, *expected, **named)(lambda w: w.join(alias))


HTML = (404, {"Content-Type": "text/html"}, b"<html><body>404 Not Found</body></html>")


# ---------------------------------------------------------------- our own key


@cause(1, "the resident cannot fetch our key: nothing answers at our name", 36,
       "Failed to find any key", "ours", "own-key-unreachable")
def key_unreachable(w):
    return w.join("#v11", "--no-self-check", serves=False)


@cause(1, "the same, and our own check saw it before", 36,
       "Failed to find any key", "ours", "own-key-unreachable")
def key_unreachable_seen(w):
    return w.join("#v11", serves=False)


@cause(1, "our name answers with a web page in place of our key", 17, "key", "ours", "own-key-unpublished")
def key_is_page(w):
    server = w.start(WebServer(lambda _: HTML, w.authority.issue(ADDRESS)))
    w.name = server.place
    w.key = w.make_key(w.name)
    return w.join("#v11", serves=False)


@cause(18, "our name publishes another key than we sign with", 19, "other key", "ours", "own-key-mismatch")
def key_differs(w):
    w.key = published_by_another(w)
    return w.join("#v11", serves=False)


@cause(18, "the same, found out by the resident", 36, "Invalid signature", "ours", "own-key-mismatch")
def key_differs_unseen(w):
    w.key = published_by_another(w)
    return w.join("#v11", "--no-self-check", serves=False)


def published_by_another(w):
    """`serve` publishes our key; the one answered has its id, and is another."""
    certificate = w.authority.issue(ADDRESS)
    served = subprocess.Popen(
        [w.fedjoin, "serve", "-N", w.name, "--signing-key", w.key, "--listen", w.name,
         "--tls-cert", certificate.file, "--tls-key", certificate.key],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    w.stack.callback(served.stderr.close)
    w.stack.callback(served.wait)
    w.stack.callback(served.terminate)
    served.stderr.readline()
    other = w.make_key(w.name)
    key_id = w.key.read_text().split()[1]
    other.write_text(" ".join(["ed25519", key_id, other.read_text().split()[2]]) + "\n")
    return other


of_sandbox(29, "our key is known to have leaked", "#key-banned",
           36, "has been banned by this server", "ours", "key-banned")


# ---------------------------------------------------------------- whom to ask


@cause(2, "a room id that names no server, and no --via", 64, "no server", "ours", "no-candidates")
def no_candidates(w):
    room = "!K7LuGCmfpaRbVXRfHtqC3oUPbQyvXqPHpkYaWyJ1mLE"
    return w.join(room, "--no-self-check", serves=False, named=True)


of_sandbox(3, "every candidate is dead", "#dead", 42, "Connection refused", "unknown", "not-listening")
of_sandbox(19, "the alias does not exist", "#nobody-made-this",
           37, "no alias", "theirs", "alias-not-found")
of_sandbox(19, "the alias names no server", "#nobody", 39, "server", "ours", "no-candidates")
of_sandbox(20, "the candidate was never in the room", "#unknown", 47, "Could not find", "theirs", "room-unknown")
of_sandbox(20, "the candidate has left the room", "#left", 47, "Not an active room", "theirs", "left-room")
of_sandbox(20, "the candidate is itself still joining", "#partial", 47, "not fully joined", "theirs", "partial-state")


# ---------------------------------------------------------------- discovery


@cause(5, "an SRV record leads to a server with a certificate for the SRV target", 33,
       "a.example", "theirs", "name-mismatch")
def certificate_of_target(w):
    server = w.homeserver(w.authority.issue("matrix.a.example"))
    table = {
        ("a.example", "A"): [ADDRESS],
        ("matrix.a.example", "A"): [ADDRESS],
        ("_matrix-fed._tcp.a.example", "SRV"): [(10, 5, server.port, "matrix.a.example")],
    }
    options = [*w.well_known("a.example", HTML), "--allow-address", "loopback"]
    return w.join("#x:a.example", *w.names(table), *options, serves=False)


@cause(6, "the well-known file is a web page, and nothing listens where the later rules lead", 32,
       "Connection refused", "theirs", "bad-well-known")
def well_known_is_page(w):
    table = {("a.example", "A"): [ADDRESS]}
    page = (200, *HTML[1:])
    options = ["--connect-to", f"a.example:8448:{ADDRESS}:{free_port()}"]
    return w.join("#x:a.example", *w.names(table), *w.well_known("a.example", page), *options, serves=False)


@cause(6, "the well-known file has a URL in it", 32, "Connection refused", "theirs", "bad-well-known")
def well_known_has_scheme(w):
    table = {("a.example", "A"): [ADDRESS]}
    file = json_answer('{"m.server": "https://matrix.a.example/"}')
    options = ["--connect-to", f"a.example:8448:{ADDRESS}:{free_port()}"]
    return w.join("#x:a.example", *w.names(table), *w.well_known("a.example", file), *options, serves=False)


WELL_KNOWN_FAULTS = {
    "is a web page": lambda _: (200, *HTML[1:]),
    "redirects to plain HTTP": lambda _: (301, {"Location": "http://a.example/"}, b""),
    "redirects in a circle": lambda _: (302, {"Location": "/.well-known/matrix/server"}, b""),
    "is longer than 50 KiB": lambda _: json_answer('{"m.server": "a.example:1", "x": "%s"}' % ("x" * 52_000)),
}


def well_known_fault(title, answer, command, issue=None):
    @cause(6, f"{command}: the well-known file {title}", 22 if command == "resolve" else 32,
           "Connection refused", "theirs", "bad-well-known")
    def run(w):
        certificate = (issue or (lambda ca: ca.issue("a.example")))(w.authority)
        server = w.start(WebServer(answer, certificate))
        options = [*w.names({("a.example", "A"): [ADDRESS]}), "--connect-to", f"a.example:443:{server.place}",
                   "--connect-to", f"a.example:8448:{ADDRESS}:{free_port()}"]  # fmt: skip
        if command == "resolve":
            return ["resolve", "--cacert", w.trusted, *options, "a.example"]
        return w.join("#x:a.example", *options, serves=False)


for title, answer in WELL_KNOWN_FAULTS.items():
    well_known_fault(title, answer, "resolve")
    if title != "is a web page":
        well_known_fault(title, answer, "join")
well_known_fault("is behind a certificate that has expired", lambda _: HTML, "join",
                 lambda ca: ca.issue("a.example", begins=-9, ends=-2))


@cause(16, "-6 was given, and the name has IPv4 addresses alone", 21,
       "no IPv6 address, and -6 was given", "ours", "family-excluded")
def other_family(w):
    return ["resolve", "-6", *w.names({("a.example", "A"): [ADDRESS]}), "a.example:8448"]


@cause(14, "no name server answers", 24, "did not answer", "dns", "name-server-silent")
def name_server_silent(w):
    table = {("a.example", "A"): "silence", ("a.example", "AAAA"): "silence"}
    return w.join("#x:a.example:8448", *w.names(table), serves=False)


@cause(14, "the name server fails on the SRV record", 21, "SERVFAIL", "dns", "srv-failed")
def srv_fails(w):
    table = {("a.example", "A"): [ADDRESS], ("_matrix-fed._tcp.a.example", "SRV"): "SERVFAIL"}
    return w.join("#x:a.example", *w.names(table), *w.well_known("a.example", HTML), serves=False)


@cause(14, "the name server does not answer for the SRV record", 24, "SRV", "dns", "srv-failed")
def srv_silent(w):
    table = {("a.example", "A"): [ADDRESS], ("_matrix-fed._tcp.a.example", "SRV"): "silence"}
    return w.join("#x:a.example", *w.names(table), *w.well_known("a.example", HTML), serves=False)


@cause(14, "the name does not exist", 21, "a.example", "dns", "no-address")
def no_such_name(w):
    return w.join("#x:a.example", *w.names({}), serves=False)


@cause(15, "the SRV target is an alias", 0, warns="srv_alias", hint="srv-alias")
def srv_alias(w):
    server = w.homeserver(w.authority.issue("a.example"))
    table = {
        ("a.example", "A"): [ADDRESS],
        ("alias.a.example", "CNAME"): ["real.a.example"],
        ("real.a.example", "A"): [ADDRESS],
        ("_matrix._tcp.a.example", "SRV"): [(10, 5, server.port, "alias.a.example")],
    }
    options = [*w.names(table), *w.well_known("a.example", HTML), "--cacert", w.trusted]
    return ["resolve", *options, "--allow-address", "loopback", "a.example"]


@cause(15, "the SRV record says that there is no such service", 21, "no such service", "dns", "srv-no-service")
def srv_dot(w):
    table = {("a.example", "A"): [ADDRESS], ("_matrix-fed._tcp.a.example", "SRV"): [(0, 0, 0, ".")]}
    return w.join("#x:a.example", *w.names(table), *w.well_known("a.example", HTML), serves=False)


@cause(16, "no route leads to the IPv6 address, which is the only one", 32,
       "Network is unreachable", "unknown", "unreachable-address")
def v6_unreachable(w):
    # Nothing is sent: a connection to a multicast address has no route anywhere.
    return w.join("#x:v6.example:8448", *w.names({("v6.example", "AAAA"): ["ff0e::1"]}), serves=False)


@cause(16, "the IPv6 address does not answer, the IPv4 address does", 0, warns="family", hint="one-family-dead")
def v6_dead(w):
    server = w.homeserver(w.authority.issue("two.example"))
    table = {("two.example", "AAAA"): ["::1"], ("two.example", "A"): [ADDRESS]}
    return ["resolve", *w.names(table), "--cacert", w.trusted, f"two.example:{server.port}"]


# ---------------------------------------------------------------- TLS


def certified(number, title, says, side, hint, issue, name="a.example"):
    @cause(number, title, 33, says, side, hint)
    def join(w):
        server = w.homeserver(issue(w.authority))
        where = w.names({("a.example", "A"): [ADDRESS]}) if name == "a.example" else []
        return w.join(f"#x:{name}:{server.port}", *where, serves=False)


certified(5, "the certificate is for another name", "the certificate is for b.example", "theirs", "name-mismatch",
          lambda ca: ca.issue("b.example"))
certified(5, "a server named by its address has a certificate without it", ADDRESS, "theirs", "ip-literal-cert",
          lambda ca: ca.issue("b.example"), ADDRESS)
certified(7, "the intermediate certificate is missing", "intermediate", "theirs", "missing-intermediate",
          lambda ca: ca.intermediate().issue("a.example", sends_issuer=False, says_issuer=True))
certified(7, "the certificate has expired", "expired", "theirs", "expired",
          lambda ca: ca.issue("a.example", begins=-9, ends=-2))
certified(7, "the certificate vouches for itself", "self-signed", "theirs", "self-signed",
          lambda ca: ca.self_signed("a.example"))
certified(25, "the certificate is not valid yet", "not yet valid", "unknown", "not-yet-valid",
          lambda ca: ca.issue("a.example", begins=2, ends=9))


@cause(7, "the authority is not one that we trust", 33, "not one that we trust", "theirs", "unknown-authority")
def unknown_authority(w):
    w.trusted = w.authority.path
    return w.join("#v11", serves=False)


@cause(7, "there is no TLS at that port", 33, "", "theirs", "not-tls")
def not_tls(w):
    server = w.start(WebServer(lambda _: HTML))
    return w.join(f"#x:{server.place}", serves=False)


# ---------------------------------------------------------------- between the two


@cause(8, "a reverse proxy decodes the path", 46, "Invalid signature", "between", "path-rewritten")
def path_rewritten(w):
    return w.join("#v11", *w.proxied(target=decoded))


@cause(9, "a reverse proxy drops the Authorization header", 36,
       "Missing Authorization", "between", "header-stripped")
def header_stripped(w):
    return w.join("#v11", *w.proxied(headers=lambda h: {n: v for n, v in h.items() if n != "Authorization"}))


@cause(10, "the name leads to another homeserver", 36, "Destination mismatch", "theirs", "wrong-destination")
def wrong_server(w):
    from world import Sandbox

    directory = w.directory / w.key.stem
    directory.mkdir(exist_ok=True)
    other = Sandbox(w.fedjoin, directory)
    w.stack.callback(other.stop)
    w.trusted.write_text(w.trusted.read_text() + other.ca.read_text())
    return w.join("#v11", "--connect-to", f"{w.sandbox.name}:{other.name}")


@cause(10, "a web server answers in place of the homeserver", 35, "404", "between", "html-instead-of-json")
def web_server(w):
    server = w.start(WebServer(lambda _: HTML, w.authority.issue(ADDRESS)))
    return w.join(f"#x:{server.place}", serves=False)


def at_send_join(change):
    return lambda asked, given: change(asked, given) if "/send_join/" in asked.target else given


@cause(4, "the answer to send_join does not come in time", 84, "timed out", "theirs", "joined-unseen")
def send_join_slow(w):
    return w.join("#v11", *w.proxied(answer=at_send_join(stalled(4))), "--request-timeout", "2")


@cause(4, "a proxy gives up on send_join", 88, "504", "between", "joined-unseen")
def send_join_gateway(w):
    page = (504, {"Content-Type": "text/html"}, b"<html>504 Gateway Time-out</html>")
    return w.join("#v11", *w.proxied(answer=at_send_join(lambda *_: page)))


@cause(23, "the answer to send_join breaks off: joined, or not?", 82, "closed", "unknown", "joined-unseen")
def half_joined(w):
    return w.join("#cut")


@cause(23, "stopped by Ctrl-C while the answer to send_join is due", 130,
       "send_join: stopped by SIGINT", "unknown", "outcome-unknown")
def interrupted(w):
    def answer(asked, given):
        w.interrupt(signal.SIGINT)
        return stalled(4)(asked, given)

    return w.join("#v11", *w.proxied(answer=at_send_join(answer)))


@cause(25, "the clocks differ by ten minutes", 0, warns="clock", hint="clock")
def clock_off(w):
    def shifted(_, given):
        from email.utils import formatdate
        from time import time

        status, headers, body = given
        return status, {**headers, "Date": formatdate(time() + 600, usegmt=True)}, body

    return w.join("#v11", *w.proxied(answer=shifted))


# ---------------------------------------------------------------- the room does not want us

of_sandbox(11, "we are not invited", "#invite", 46, "not invited", "theirs", "not-invited")
of_sandbox(12, "restricted, and we are in none of its rooms", "#restricted-no",
           46, "required rooms/spaces", "theirs", "restricted-no-membership")
of_sandbox(12, "restricted, and that server cannot tell", "#restricted-cannot-check",
           46, "Unable to check", "theirs", "restricted-cannot-check")
of_sandbox(12, "restricted, and that server cannot let us in", "#restricted-cannot-grant",
           46, "could issue an invite", "theirs", "restricted-cannot-grant")
of_sandbox(17, "the room is of a version that we lack", "#version", 46, "does not support", "ours", "room-version")
of_sandbox(21, "the room's server ACL shuts us out", "#acl", 46, "banned from room", "theirs", "server-acl")
of_sandbox(21, "the user is banned", "#banned", 46, "You are banned", "theirs", "banned")
of_sandbox(24, "too many joins", "#limited", 48, "Too Many Requests", "theirs", "rate-limited")
of_sandbox(26, "the room is not federated", "#unfederated", 46, "unfederatable", "theirs", "unfederated")
of_sandbox(27, "the server federates with others only", "#denied", 36, "Federation denied", "theirs",
           "federation-denied")
of_sandbox(30, "the room's policy server refuses", "#policy-refused", 86, "spam", "theirs", "policy-refused")


# ---------------------------------------------------------------- the room that comes back

of_sandbox(13, "the server that made the room is gone", "#orphaned",
           92, "no key", "theirs", "key-server-down")
of_sandbox(22, "the create event is missing", "#no-create", 99, "no create event", "theirs", "auth-chain-broken")
of_sandbox(22, "what authorises the join is missing", "#no-power-levels",
           99, "the answer lacks", "theirs", "auth-chain-broken")
of_sandbox(22, "the create event is forged", "#forged", 99, "not signed by", "theirs", "room-not-genuine")
of_sandbox(22, "the room's own rules do not let us in", "#auth-rules",
           99, "the auth rules refuse our join", "theirs", "auth-rules-refuse")
of_sandbox(22, "the state has two power levels", "#state-twice", 99, "are both the", "theirs", "state-twice")
of_sandbox(22, "a part that the join rests on is left out, and given when asked", "#gap", 0, warns="auth_chain",
           hint="auth-chain-incomplete")
of_sandbox(13, "the server of a member is gone", "#ghost", 0, warns="dead_servers", hint="dead-servers")
of_sandbox(28, "an old event has a number that none may have", "#odd-event", 0, warns="format",
           hint="odd-events")
of_sandbox(30, "the room's policy server has not signed our join", "#policy", 0, warns="policy_server",
           hint="policy-unsigned")


# ---------------------------------------------------------------- a proxy of our own

@cause(10, "the proxy that we are told to use does not answer", 32, "the proxy 127.0.0.1:1:", "ours", "proxy-down")
def proxy_down(w):
    return w.join("#x:a.example:5", "-x", f"http://{ADDRESS}:1", serves=False)


@cause(10, "the proxy that we are told to use refuses", 32, "response 403", "ours", "proxy-refused")
def proxy_refuses(w):
    server = w.start(WebServer(lambda _: (403, {}, b"")))
    return w.join("#x:a.example:5", "-x", f"http://{server.place}", serves=False)
