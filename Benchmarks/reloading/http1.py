"""Clients of HTTP/1.1 that never ask twice: kept alive, new for each request, slow to read, slow to send.

A connection that ends while nothing was asked is no failure: the client sees that before its next request and opens another, as
browsers do. One that ends after a request was sent is, and so is a reset at any time.
"""
import random
import socket
import ssl
import time

from .tally import Fault

PATIENCE_SECONDS = 20


class Connection:
    """One connection and what has been asked over it."""

    def __init__(self, port, context=None):
        self.asked = 0
        self.received = b""
        self.opened = time.monotonic()
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="localhost") if context else plain

    def has_ended(self):
        """Whether the server closed it while nothing was asked. Raises ConnectionResetError when it was reset."""
        self.socket.setblocking(False)
        try:
            more = self.socket.recv(1)
            if more:
                raise Fault("bytes that nobody asked for")
            return True
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            if self.socket.fileno() >= 0:
                self.socket.settimeout(PATIENCE_SECONDS)

    def send(self, data):
        self.socket.sendall(data)

    def read(self, pace=None):
        """One answer: (status, fields, body). Only lengths: nothing here is sent in chunks."""
        while b"\r\n\r\n" not in self.received:
            self.more()
        head, _, rest = self.received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(fields.get("content-length", 0))
        self.received = rest
        while len(self.received) < length:
            if pace:
                pace()
            self.more()
        body, self.received = self.received[:length], self.received[length:]
        return int(lines[0].split()[1]), fields, body

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Fault(f"ended after {len(self.received)} bytes of an answer")
        self.received += data

    def close(self):
        self.socket.close()


class Client:
    """Asks for a page, again and again, over one connection for as long as that lasts."""

    kind = "kept alive"
    reuses = True
    think = (0.0, 0.01)
    method, path, status = "GET", "/", 200

    def __init__(self, ports, context, expected, tally, seed):
        self.port, self.context = ports["secure" if self.is_secure else "plain"], context if self.is_secure else None
        self.expected, self.tally, self.random = expected, tally, random.Random(seed)
        self.connection, self.opening = None, None

    is_secure = False

    def run(self, stop):
        while not stop.wait(self.random.uniform(*self.think)):
            self.turn()
        if self.connection:
            self.connection.close()

    def turn(self):
        """One request. What goes wrong is counted; the next one has a new connection."""
        began = self.tally.now()
        try:
            if self.connection and self.connection.has_ended():
                self.tally.closed_idle(self.kind)
                self.drop()
            self.opening = self.tally.now()
            self.connection = self.connection or Connection(self.port, self.context)
            fields = self.ask()
            self.connection.asked += 1
            self.tally.answered(self.kind, self.tally.now() - began)
            if not self.reuses or fields.get("connection", "").lower() == "close":
                self.drop()
        except (OSError, Fault) as error:
            one = self.connection
            was_idle = one is not None and one.asked > 0 and not one.received
            # One that was refused was never there; one that ended in its TLS handshake was.
            opened = one.opened if one else None if isinstance(error, ConnectionRefusedError) else self.opening
            self.tally.failed(self.kind, opened, f"{type(error).__name__}: {error}", was_idle)
            self.drop()

    def ask(self):
        self.connection.send(self.head())
        return self.judge(*self.connection.read())

    def head(self, *more):
        return "\r\n".join((f"{self.method} {self.path} HTTP/1.1", "Host: localhost", *more, "", "")).encode()

    def judge(self, status, fields, body):
        if status != self.status:
            raise Fault(f"{self.method} {self.path}: {status}")
        if status == 200 and body != self.expected[self.path]:
            raise Fault(f"{self.path}: {len(body)} bytes of something else")
        return fields

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Seldom(Client):
    """Asks so seldom that a reload mostly meets it idle."""

    kind, think = "kept alive, seldom used", (0.05, 0.8)


class New(Client):
    kind, reuses, think = "a new connection each", False, (0.0, 0.02)


class Secure(Client):
    kind, is_secure = "TLS, kept alive", True


class SecureNew(New):
    kind, is_secure, think = "TLS, a new connection each", True, (0.02, 0.06)


class Download(Client):
    """Takes half a second for a large file."""

    kind, path, think = "slow download", "/large.bin", (0.0, 0.1)

    def ask(self):
        self.connection.send(self.head())
        return self.judge(*self.connection.read(pace=lambda: self.tally.sleep(0.02)))


class Upload(Client):
    """Sends a body in pieces, by its length or in chunks, and reads the answer after it. A site of files refuses it, politely."""

    kind, method, status, think = "upload", "POST", 405, (0.0, 0.02)
    pieces, piece = 8, b"x" * 4096

    def ask(self):
        chunked = self.random.random() < 0.5
        length = len(self.piece) * self.pieces
        self.connection.send(self.head("Transfer-Encoding: chunked" if chunked else f"Content-Length: {length}"))
        for _ in range(self.pieces):
            self.tally.sleep(self.random.uniform(0, 0.01))
            if chunked:
                # In the middle of its size, and in the middle of its data.
                self.connection.send(b"10")
                self.connection.send(b"00\r\n" + self.piece[:100])
                self.connection.send(self.piece[100:] + b"\r\n")
            else:
                self.connection.send(self.piece)
        if chunked:
            self.connection.send(b"0\r\n\r\n")
        return self.judge(*self.connection.read())
