"""WebSockets that never ask twice, and the server they talk to.

A client says something, waits for the same, and says the next. That it is told to go away, with code 1001 between two frames, is no
failure: it opens another, as pages do. Any other end is one, and so is an echo that is late, wrong or torn.
"""
import base64
import hashlib
import os
import socket
import struct
import threading

from . import http1
from .tally import Fault

TEXT, BINARY, CLOSE = 1, 2, 8
GOING_AWAY = 1001
KEY = base64.b64encode(b"the sample nonce").decode()


def answer_to(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def frame(opcode, payload, mask=b""):
    length = len(payload)
    flag = 0x80 if mask else 0
    if length < 126:
        head = struct.pack(">BB", 0x80 | opcode, flag | length)
    elif length < 65536:
        head = struct.pack(">BBH", 0x80 | opcode, flag | 126, length)
    else:
        head = struct.pack(">BBQ", 0x80 | opcode, flag | 127, length)
    return head + mask + (masked(payload, mask) if mask else payload)


def masked(payload, mask):
    """One large number against another: as fast as it gets here."""
    count = len(payload)
    whole = (mask * (count // 4 + 1))[:count]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")).to_bytes(count, "big")


def read_frame(take):
    """(opcode, payload). `take` returns that many bytes or raises."""
    first, second = take(2)
    length = second & 0x7f
    if length > 125:
        length = int.from_bytes(take(2 if length == 126 else 8), "big")
    mask = take(4) if second & 0x80 else b""
    payload = take(length)
    return first & 0x0f, masked(payload, mask) if mask else payload


class Echo(http1.Client):
    """Mostly small messages, now and then one of half a megabyte, so that a limit strikes inside a frame as well."""

    kind, path, think = "WebSocket", "/ws", (0.0, 0.02)
    large_share, large = 0.05, 500_000

    def turn(self):
        try:
            self.opening = self.tally.now()
            self.connection = self.connection or self.connected()
            began = self.tally.now()
            if self.echo():
                self.connection.asked += 1
                self.tally.answered(self.kind, self.tally.now() - began)
            else:
                self.tally.closed_idle(self.kind)
                self.drop()
        except (OSError, Fault) as error:
            one = self.connection
            opened = one.opened if one else None if isinstance(error, ConnectionRefusedError) else self.opening
            self.tally.failed(self.kind, opened, f"{type(error).__name__}: {error}", False)
            self.drop()

    def connected(self):
        made = http1.Connection(self.port, self.context)
        made.send(self.head("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"))
        status, fields, _ = made.read()
        if status != 101 or fields.get("sec-websocket-accept") != answer_to(KEY):
            raise Fault(f"{self.path}: {status}, no WebSocket")
        return made

    def echo(self):
        """Whether it came back; else the server goes away, and has been told that this was heard."""
        size = self.large if self.random.random() < self.large_share else self.random.randrange(200)
        message = self.random.randbytes(size)
        try:
            self.connection.send(frame(BINARY, message, os.urandom(4)))
        except OSError:
            # It may have said why.
            pass
        opcode, payload = read_frame(self.take)
        if opcode == CLOSE:
            return self.leave(payload)
        if (opcode, payload) != (BINARY, message):
            raise Fault(f"an echo of {len(payload)} bytes, opcode {opcode}, not of {len(message)}")
        return True

    def leave(self, payload):
        if payload[:2] != struct.pack(">H", GOING_AWAY):
            raise Fault(f"closed with {payload.hex()}")
        if self.connection.received:
            raise Fault("bytes behind the close frame")
        try:
            self.connection.send(frame(CLOSE, payload, os.urandom(4)))
            more = self.connection.socket.recv(1)
        except OSError:
            # All was said: a server in a hurry does not wait for a slow answer.
            return False
        if more:
            raise Fault("bytes behind the close frame")
        return False

    def take(self, count):
        one = self.connection
        pieces, missing = [one.received[:count]], count - len(one.received)
        one.received = one.received[count:]
        while missing > 0:
            data = one.socket.recv(min(missing, 1 << 18))
            if not data:
                raise Fault(f"ended {missing} bytes before the end of a frame")
            pieces.append(data)
            missing -= len(data)
        return b"".join(pieces)


class SecureEcho(Echo):
    kind, is_secure = "WebSocket, TLS", True


class EchoServer:
    """What stands behind `/ws`. A thread for each connection; use as a context."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as source:
            try:
                self.talk(connection, source)
            except (OSError, EOFError):
                pass

    @staticmethod
    def talk(connection, source):
        def take(count):
            data = source.read(count)
            if len(data) < count:
                raise EOFError
            return data

        key = ""
        while True:
            line = source.readline()
            if line in (b"\r\n", b""):
                break
            name, _, value = line.decode("latin-1").partition(":")
            if name.lower() == "sec-websocket-key":
                key = value.strip()
        connection.sendall(("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            f"Sec-WebSocket-Accept: {answer_to(key)}\r\n\r\n").encode())
        while True:
            opcode, payload = read_frame(take)
            connection.sendall(frame(opcode, payload))
            if opcode == CLOSE:
                return
