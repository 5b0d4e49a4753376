#!/usr/bin/env python3
"""A client that believes nothing: many keep-alive connections, every body compared, no retry.

    checker.py PORT CONNECTIONS < expectations.json

Reads from standard input one line of JSON, {"names": {path: sha256}, "documents": {path: {release id: sha256}}}; asks until
standard input ends; then prints what it saw as JSON. A name must always have its one content. A document must have the
content of the release that its own header names. A connection that ends while an answer is due is a failure.
"""
import hashlib
import heapq
import json
import os
import selectors
import socket
import sys
import time

THINK_SECONDS = 0.02


class Visitor:
    """One connection, one request at a time."""

    def __init__(self, port):
        self.port, self.received, self.path, self.socket = port, b"", None, None

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.socket.setblocking(False)

    def ask(self, path):
        self.path, self.received = path, b""
        self.socket.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def answer(self):
        """(status, fields, body) when it is whole, else None. Only lengths: nothing here is sent in chunks."""
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(fields.get("content-length", 0))
        return (int(lines[0].split()[1]), fields, rest[:length]) if len(rest) >= length else None


class Checker:
    def __init__(self, port, connections, expected):
        self.names, self.documents = expected["names"], expected["documents"]
        self.paths = list(self.names) + list(self.documents)
        self.selector = selectors.DefaultSelector()
        self.visitors = [Visitor(port) for _ in range(connections)]
        self.thinking, self.turn = [], 0
        self.requests, self.closed_politely, self.failures, self.wrong = 0, 0, [], []
        self.releases_seen = {}

    def run(self):
        for number, visitor in enumerate(self.visitors):
            self.open(visitor)
            heapq.heappush(self.thinking, (time.monotonic() + number * THINK_SECONDS / len(self.visitors), number))
        self.selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            while self.thinking and self.thinking[0][0] <= now:
                self.ask(self.visitors[heapq.heappop(self.thinking)[1]])
            wait = max(0, self.thinking[0][0] - now) if self.thinking else 1
            for key, _ in self.selector.select(wait):
                if key.data is None:
                    return
                self.read(key.data)

    def open(self, visitor):
        visitor.connect()
        self.selector.register(visitor.socket, selectors.EVENT_READ, visitor)

    def ask(self, visitor):
        self.turn += 1
        path = self.paths[self.turn % len(self.paths)]
        try:
            visitor.ask(path)
        except OSError as error:
            self.fail(visitor, f"{path}: could not send: {error}")

    def read(self, visitor):
        try:
            data = visitor.socket.recv(262144)
        except OSError as error:
            return self.fail(visitor, f"{visitor.path}: {error}")
        if not data:
            return self.fail(visitor, f"{visitor.path}: connection ended after {len(visitor.received)} bytes")
        visitor.received += data
        answer = visitor.answer()
        if answer is None:
            return
        self.requests += 1
        self.judge(visitor.path, *answer)
        if answer[1].get("connection") == "close":
            self.closed_politely += 1
            self.reopen(visitor)
        self.think(visitor)

    def judge(self, path, status, fields, body):
        digest = hashlib.sha256(body).hexdigest()
        if status != 200:
            self.failures.append(f"{path}: {status}")
        elif path in self.names:
            if digest != self.names[path]:
                self.wrong.append(f"{path}: {len(body)} bytes of something else")
        else:
            release = fields.get("x-deployment-id", "")
            self.releases_seen[release] = self.releases_seen.get(release, 0) + 1
            if digest != self.documents[path].get(release):
                self.wrong.append(f"{path}: not the document of release {release[:12] or 'none'}")

    def fail(self, visitor, why):
        self.failures.append(why)
        self.reopen(visitor)
        self.think(visitor)

    def reopen(self, visitor):
        self.selector.unregister(visitor.socket)
        visitor.socket.close()
        self.open(visitor)

    def think(self, visitor):
        heapq.heappush(self.thinking, (time.monotonic() + THINK_SECONDS, self.visitors.index(visitor)))


def main():
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(0, 65536)
    checker = Checker(int(sys.argv[1]), int(sys.argv[2]), json.loads(line))
    checker.run()
    print(json.dumps({
        "requests": checker.requests, "failures": len(checker.failures), "wrong": len(checker.wrong),
        "closed_politely": checker.closed_politely, "releases_seen": checker.releases_seen,
        "examples": (checker.failures + checker.wrong)[:10]}))


if __name__ == "__main__":
    main()
