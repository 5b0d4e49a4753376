"""A client of HTTP/2 over TLS that never asks twice: some streams at once, and an end only after GOAWAY.

A stream with a number that GOAWAY does not cover was not served (RFC 9113 section 6.8). A client might ask again elsewhere; this
one counts a failure, since a server that says GOAWAY twice never has to refuse one.
"""
import random
import socket
import struct
import time

from comparison import http2frames as frames

from .http1 import PATIENCE_SECONDS
from .tally import Fault

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, PADDED, PRIORITY = 1, 1, 8, 32
# `:status: 200` by its index in the static table (RFC 7541 appendix A).
OK = 0x88
LARGEST_STREAM = 2**31 - 1


class Session:
    """One connection: what is open on it, and whether its end was announced."""

    def __init__(self, port, context):
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        if self.socket.selected_alpn_protocol() != "h2":
            raise Fault("the server does not speak HTTP/2")
        self.received, self.next_stream, self.open, self.opened = b"", 1, {}, time.monotonic()
        self.last_stream, self.is_ended = None, False
        self.socket.sendall(frames.PREFACE + frames.settings())

    @property
    def is_usable(self):
        return self.last_stream is None and not self.is_ended and self.next_stream < 100_000

    def ask(self):
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.open[stream] = {"ok": None, "body": b""}
        self.socket.sendall(frames.request(stream))

    def settle(self):
        """Reads until every open stream is whole. Returns their bodies."""
        bodies = []
        while self.open:
            bodies += self.frame(*self.next_frame())
        return bodies

    def look(self):
        """Takes what has come while nothing was asked."""
        self.socket.setblocking(False)
        try:
            while True:
                data = self.socket.recv(65536)
                if not data:
                    self.is_ended = True
                    break
                self.received += data
        except (BlockingIOError, OSError) as error:
            if isinstance(error, ConnectionResetError):
                raise
        finally:
            self.socket.settimeout(PATIENCE_SECONDS)
        while len(self.received) >= 9 + int.from_bytes(self.received[:3], "big"):
            self.frame(*self.next_frame())

    def next_frame(self):
        while len(self.received) < 9 or len(self.received) < 9 + int.from_bytes(self.received[:3], "big"):
            data = self.socket.recv(65536)
            if not data:
                raise Fault(f"ended with {len(self.open)} streams open")
            self.received += data
        length = int.from_bytes(self.received[:3], "big")
        kind, flags, stream = self.received[3], self.received[4], struct.unpack(">I", self.received[5:9])[0]
        payload, self.received = self.received[9:9 + length], self.received[9 + length:]
        return kind, flags, stream, payload

    def frame(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            self.socket.sendall(frames.frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frames.frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self.goaway(*struct.unpack(">II", payload[:8]))
        elif kind == RST_STREAM:
            raise Fault(f"stream {stream} was reset")
        elif stream in self.open and kind == HEADERS:
            if flags & (PADDED | PRIORITY):
                raise Fault("a field section in a form that is not read here")
            block = payload.lstrip(b"\x20\x3f") if payload[:1] < b"\x40" else payload
            self.open[stream]["ok"] = block[:1] == bytes([OK])
        elif stream in self.open and kind == DATA:
            self.open[stream]["body"] += payload
            if payload:
                self.socket.sendall(frames.window(0, len(payload)))
        if stream in self.open and kind in (DATA, HEADERS) and flags & END_STREAM:
            return [self.open.pop(stream)]
        return []

    def goaway(self, last, code):
        if code:
            raise Fault(f"GOAWAY: {frames.ERRORS[code]}")
        self.last_stream = last & LARGEST_STREAM
        lost = [stream for stream in self.open if stream > self.last_stream]
        if lost:
            raise Fault(f"{len(lost)} streams were refused by GOAWAY")

    def close(self):
        self.socket.close()


class Streams:
    """Asks for the page on some streams at once."""

    kind = "HTTP/2 over TLS"
    think = (0.0, 0.02)
    streams = 4

    def __init__(self, ports, context, expected, tally, seed):
        self.port, self.context, self.expected, self.tally = ports["secure"], context, expected["/"], tally
        self.random, self.session, self.asked = random.Random(seed), None, 0
        self.opening = None

    def run(self, stop):
        while not stop.wait(self.random.uniform(*self.think)):
            self.turn()
        self.drop()

    def turn(self):
        began = self.tally.now()
        try:
            if self.session:
                self.session.look()
                if not self.session.is_usable:
                    if self.session.last_stream is None:
                        raise Fault("ended without GOAWAY")
                    self.tally.closed_idle(self.kind)
                    self.drop()
            self.opening = self.tally.now()
            self.session = self.session or Session(self.port, self.context)
            for _ in range(self.streams):
                self.session.ask()
            for answer in self.session.settle():
                if not answer["ok"] or answer["body"] != self.expected:
                    raise Fault("not the page")
                self.tally.answered(self.kind, self.tally.now() - began)
                self.asked += 1
        except (OSError, Fault) as error:
            # One that was refused was never there; one that ended in its TLS handshake was.
            refused = isinstance(error, ConnectionRefusedError)
            opened = self.session.opened if self.session else None if refused else self.opening
            self.tally.failed(self.kind, opened, f"{type(error).__name__}: {error}", self.asked > 0)
            self.drop()

    def drop(self):
        if self.session:
            self.session.close()
        self.session, self.asked = None, 0


class SeldomStreams(Streams):
    kind, think, streams = "HTTP/2 over TLS, seldom used", (0.05, 0.8), 1
