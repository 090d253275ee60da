"""A way to a homeserver on which parts of its answers get lost."""

import contextlib
import json
import ssl
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from homeserver import ADDRESS, free_port

HEADERS = ("Authorization", "Content-Type", "Accept", "User-Agent")


@contextlib.contextmanager
def detour(server, certificate, cut, lost=(), before=None):
    """Where requests to `server` can be sent meanwhile, as --connect-to takes it.

    `cut` changes the answer to send_join in place; requests with one of `lost` in their path come
    back with 404. `before` has what is done before one with a part in its path goes on.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_request(self):
            if any(part in self.path for part in lost):
                return self.answer(404, b'{"errcode":"M_NOT_FOUND","error":"lost"}')
            for part, act in (before or {}).items():
                if part in self.path:
                    act()
            status, body = self.forward()
            if "/send_join/" in self.path and status == 200:
                answer = json.loads(body)
                cut(answer)
                body = json.dumps(answer).encode()
            self.answer(status, body)

        do_GET = do_PUT = do_POST = handle_request

        def forward(self):
            length = int(self.headers.get("Content-Length") or 0)
            request = urllib.request.Request(
                f"https://{server.name}{self.path}", method=self.command,
                data=self.rfile.read(length) if length else None,
                headers={name: self.headers[name] for name in HEADERS if name in self.headers},
            )  # fmt: skip
            try:
                with server.opener.open(request, timeout=30) as response:
                    return response.status, response.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        def answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    port = free_port()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    listener = ThreadingHTTPServer((ADDRESS, port), Handler)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        yield f"{server.name}:{ADDRESS}:{port}"
    finally:
        listener.shutdown()
        listener.server_close()
