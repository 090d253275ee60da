"""Servers on loopback that do what goes wrong: a name server, an HTTPS server, a reverse proxy."""

import http.client
import ipaddress
import socket
import socketserver
import ssl
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

ADDRESS = "127.0.0.1"
TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33}
CODES = {"NOERROR": 0, "SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}


class Served:
    """A server with a thread of its own, from `with` on."""

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def place(self):
        return "{}:{}".format(*self.server.server_address[:2])


# ---------------------------------------------------------------- names


def wire_name(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.rstrip(".").split(".") if p) + b"\0"


def wire_data(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "SRV":
        priority, weight, port, target = value
        return struct.pack("!HHH", priority, weight, port) + wire_name(target)
    return wire_name(value)


class NameServer(Served):
    """Answers from a table: (name, type) → values, or a code of CODES, or "silence".

    A name without an entry does not exist; one that has entries of other types has no data.
    """

    def __init__(self, table, at=(ADDRESS, 0)):
        self.table = table
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                query, peer = self.request
                answer = outer.answer(query)
                if answer:
                    peer.sendto(answer, self.client_address)

        self.server = socketserver.ThreadingUDPServer(at, Handler)
        self.server.daemon_threads = True

    def answer(self, query):
        end = query.index(b"\0", 12)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        question = query[12 : end + 5]
        kind = {number: kind for kind, number in TYPES.items()}.get(struct.unpack("!H", query[end + 1 : end + 3])[0])
        found, code = self.look_up(".".join(labels), kind)
        if found is None:
            return None
        head = query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(found), 0, 0)
        records = b""
        for owner, kind, value in found:
            data = wire_data(kind, value)
            records += wire_name(owner) + struct.pack("!HHIH", TYPES[kind], 1, 300, len(data)) + data
        return head + question + records

    def look_up(self, name, kind):
        entry = self.table.get((name, kind))
        if entry == "silence":
            return None, 0
        if isinstance(entry, str):
            return [], CODES[entry]
        if entry is None and (name, "CNAME") in self.table:
            target = self.table[(name, "CNAME")][0]
            rest, code = self.look_up(target, kind)
            return [(name, "CNAME", target), *(rest or [])], code
        if entry is None:
            return [], 0 if any(known == name for known, _ in self.table) else CODES["NXDOMAIN"]
        return [(name, kind, value) for value in entry], 0


# ---------------------------------------------------------------- HTTPS


def json_answer(text, status=200, **headers):
    return status, {"Content-Type": "application/json", **headers}, text.encode()


class Asked:
    """One request: its method, target as it stood on the wire, headers and body."""

    def __init__(self, handler):
        self.method, self.target, self.headers = handler.command, handler.path, handler.headers
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


class WebServer(Served):
    """Answers each request by a function: (status, headers, body), a body in pieces with a length among the headers;
    None breaks the connection off."""

    def __init__(self, answer, certificate=None, at=(ADDRESS, 0)):
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                if not outer.reads(self):
                    self.close_connection = True
                    return
                asked = Asked(self)
                outer.asked.append(asked)
                result = answer(asked)
                if result is None:
                    self.close_connection = True
                    return
                status, headers, body = result
                self.send_response_only(status)
                for name, value in {**({"Content-Length": len(body)} if isinstance(body, bytes) else {}), **headers}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                for piece in [body] if isinstance(body, bytes) else body:
                    self.wfile.write(piece)

            do_GET = do_PUT = do_POST = do_CONNECT = handle_one

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a joiner that does not like our certificate goes away

            def finish_request(self, request, address):
                if outer.turns_away():
                    return
                if outer.tls:
                    request.settimeout(20)
                    request = outer.tls.wrap_socket(request, server_side=True)
                super().finish_request(request, address)

        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate.file, certificate.key)
        self.server = Server(at, Handler)


    def turns_away(self):
        """Whether a connection that was made just now is closed at once."""
        return False

    def reads(self, handler):
        """Whether a request whose head has come is read to its end; else the connection is broken off."""
        return True


class Proxy(WebServer):
    """A reverse proxy in front of `upstream` (host:port), with hooks for what goes wrong in one."""

    def __init__(self, certificate, upstream, target=None, headers=None, answer=None, at=(ADDRESS, 0)):
        self.upstream = upstream
        self.change = (target or (lambda t: t), headers or (lambda h: h), answer or (lambda _, a: a))
        super().__init__(self.forward, certificate, at)

    def forward(self, asked):
        target, headers, answer = self.change
        unverified = ssl._create_unverified_context()
        host, port = self.upstream.rsplit(":", 1)
        connection = http.client.HTTPSConnection(host, int(port), context=unverified, timeout=20)
        try:
            kept = {n: v for n, v in asked.headers.items() if n.lower() not in ("connection", "expect")}
            connection.request(asked.method, target(asked.target), asked.body or None, headers(kept))
            got = connection.getresponse()
            body = got.read()
            kept = {n: v for n, v in got.headers.items() if n.lower() not in ("connection", "content-length")}
            return answer(asked, (got.status, kept, body))
        finally:
            connection.close()


def decoded(target):
    """What a proxy makes of a path that decodes it and encodes it anew, in its own way."""
    path, mark, query = target.partition("?")
    return quote(unquote(path), safe="/!$:@~*'()") + mark + query


def stalled(seconds):
    def answer(_, given):
        time.sleep(seconds)
        return given

    return answer


def free_port():
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]
