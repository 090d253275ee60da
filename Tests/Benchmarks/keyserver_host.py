"""Answers /_matrix/key/v2/server for every server of a file of key documents: one process, one port, on loopback.

Prints its port; ends with its standard input, and prints how many documents it gave.
"""

import argparse
import gc
import json
import select
import socket
import ssl
import sys
from pathlib import Path

ADDRESS = "127.0.0.1"


class Connection:
    """One connection of a client; its handshake and its requests go on as bytes come."""

    def __init__(self, tls, plain, documents):
        plain.setblocking(False)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self.documents, self.is_open, self.waiting, self.given = documents, False, b"", 0

    def go_on(self):
        """Whether the connection stays."""
        try:
            if not self.is_open:
                self.socket.do_handshake()
                self.is_open = True
            while data := self.socket.recv(16_384):
                self.received(data)
            return False
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False  # a client that goes away, or does not like our certificate

    def received(self, data):
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head, self.waiting = self.waiting[:end], self.waiting[end + 4 :]
            self.socket.sendall(self.answer(head))

    def answer(self, head):
        request, *lines = head.split(b"\r\n")
        host = next((line[5:].strip() for line in lines if line[:5].lower() == b"host:"), b"")
        known = self.documents.get(host) if request.startswith(b"GET /_matrix/key/v2/server") else None
        self.given += known is not None
        return known or b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def answers(keys):
    """Host header → the whole answer."""
    found = {}
    for document in json.loads(keys.read_text())["server_keys"]:
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        found[document["server_name"].encode()] = head.encode() + body
    return found


def serve(options):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options.certificate, options.key)
    tls.num_tickets = 0
    documents = answers(options.keys)
    listener = socket.create_server((ADDRESS, options.port), backlog=1024)
    listener.setblocking(False)
    poll, connections = select.epoll(), {}
    for file in (listener, sys.stdin):
        poll.register(file, select.EPOLLIN)
    given = 0
    gc.disable()
    print(listener.getsockname()[1], flush=True)
    while True:
        for number, _ in poll.poll():
            if number == sys.stdin.fileno():
                print(given + sum(connection.given for connection in connections.values()))
                return
            if number == listener.fileno():
                accept(listener, tls, documents, poll, connections)
            elif not connections[number].go_on():
                given += connections[number].given
                connections.pop(number).socket.close()


def accept(listener, tls, documents, poll, connections):
    while True:
        try:
            connection = Connection(tls, listener.accept()[0], documents)
        except BlockingIOError:
            return
        connections[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--port", type=int, required=True)
    serve(parser.parse_args())


if __name__ == "__main__":
    main()
