"""Tests of the clients that reloads are measured with: each way a server may fail them is seen, and a polite end is none."""
import contextlib
import io
import socket
import struct
import threading
import unittest

from comparison import http2frames as frames
from reloading import http1, http2, trial, websocket
from reloading.tally import Fault, Tally

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"


def reset(connection):
    """An end that is a reset: nothing lingers."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Clients(unittest.TestCase):
    def counted(self, answers, turns=2):
        """What a kept-alive client counts. `answers` act on one connection after the other: bytes are sent after a request."""
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
            acted = threading.Semaphore(0)
            threading.Thread(target=serve, args=(listener, answers, acted), daemon=True).start()
            tally = Tally()
            client = http1.Client({"plain": listener.getsockname()[1]}, None, {"/": b"page"}, tally, 1)
            for turn in range(turns):
                if turn:
                    acted.acquire(timeout=5)
                client.turn()
            client.drop()
            return tally.report()

    def test_a_page_is_an_answer(self):
        seen = self.counted([[PAGE, PAGE]])
        self.assertEqual((seen["answers"], seen["failures"]), ({"kept alive": 2}, {}))

    def test_an_end_while_nothing_is_asked_is_seen_and_is_no_failure(self):
        seen = self.counted([[PAGE, "end"], [PAGE]])
        self.assertEqual((seen["closed_idle"], seen["failures"]), ({"kept alive": 1}, {}))

    def test_a_reset_while_nothing_is_asked_is_a_failure(self):
        seen = self.counted([[PAGE, "reset"], [PAGE]])
        self.assertEqual((seen["failures"], seen["idle_resets"]), ({"kept alive": 1}, {"kept alive": 1}))

    def test_an_end_after_a_request_is_a_failure_of_an_idle_connection(self):
        seen = self.counted([[PAGE, b""]])
        self.assertEqual((seen["failures"], seen["idle_resets"]), ({"kept alive": 1}, {"kept alive": 1}))

    def test_a_short_body_is_a_failure(self):
        self.assertEqual(self.counted([[PAGE[:-1]]], turns=1)["failures"], {"kept alive": 1})

    def test_another_status_and_other_bytes_are_failures(self):
        for wrong in (PAGE.replace(b"200", b"503"), PAGE.replace(b"page", b"pane")):
            self.assertEqual(self.counted([[wrong]], turns=1)["failures"], {"kept alive": 1})

    def test_an_announced_end_is_followed_by_another_connection(self):
        last = PAGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        self.assertEqual(self.counted([[last], [PAGE]])["failures"], {})


def serve(listener, answers, acted):
    with contextlib.suppress(OSError):
        for acts in answers:
            connection, _ = listener.accept()
            for index, act in enumerate(acts):
                if act == "reset":
                    reset(connection)
                elif act == "end":
                    connection.close()
                else:
                    connection.recv(4096)
                    connection.sendall(act)
                # What follows an answer while nothing is asked belongs to the same turn.
                if index + 1 == len(acts) or isinstance(acts[index + 1], bytes):
                    if len(acts) == index + 1 and isinstance(act, bytes):
                        connection.close()
                    acted.release()


class Streams(unittest.TestCase):
    def session(self):
        made = http2.Session.__new__(http2.Session)
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        made.socket, made.received, made.next_stream, made.open = ours, b"", 5, {1: {}, 3: {}}
        made.last_stream, made.is_ended = None, False
        return made

    def test_goaway_that_covers_every_stream_loses_none(self):
        session = self.session()
        session.frame(http2.GOAWAY, 0, 0, struct.pack(">II", 3, 0))
        self.assertFalse(session.is_usable)

    def test_a_stream_that_goaway_refuses_is_a_fault(self):
        with self.assertRaises(Fault):
            self.session().frame(http2.GOAWAY, 0, 0, struct.pack(">II", 1, 0))

    def test_a_reset_stream_is_a_fault(self):
        with self.assertRaises(Fault):
            self.session().frame(frames.RST_STREAM, 0, 3, struct.pack(">I", 2))


class WebSockets(unittest.TestCase):
    """Each act of the server comes after a message of the client: None echoes it, bytes are sent, "end" and "reset" end."""

    CLOSE = websocket.frame(websocket.CLOSE, struct.pack(">H", websocket.GOING_AWAY))

    def counted(self, *acts):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
            threading.Thread(target=self.serve, args=(listener, acts), daemon=True).start()
            tally = Tally()
            client = websocket.Echo({"plain": listener.getsockname()[1]}, None, {}, tally, 1)
            for _ in acts:
                client.turn()
            client.drop()
            seen = tally.report()
            return seen["answers"].get("WebSocket", 0), seen["closed_idle"].get("WebSocket", 0), seen["failures"].get("WebSocket", 0)

    def serve(self, listener, acts):
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as source:
            while source.readline() != b"\r\n":
                pass
            connection.sendall(f"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {websocket.answer_to(websocket.KEY)}\r\n\r\n"
                               .encode())
            for act in acts:
                opcode, payload = websocket.read_frame(source.read)
                if act == "reset":
                    return reset(connection)
                if act == "end":
                    return None
                connection.sendall(act or websocket.frame(opcode, payload))
            connection.shutdown(socket.SHUT_WR)
            return source.read()

    def test_echoes_are_answers(self):
        self.assertEqual(self.counted(None, None, None), (3, 0, 0))

    def test_going_away_is_polite(self):
        self.assertEqual(self.counted(None, self.CLOSE), (1, 1, 0))

    def test_any_other_end_is_a_failure(self):
        wrong = websocket.frame(websocket.CLOSE, struct.pack(">H", 1006))
        torn = websocket.frame(websocket.BINARY, b"x" * 50)[:20]
        for act in ("end", "reset", wrong, websocket.frame(websocket.BINARY, b"another"), torn + self.CLOSE, self.CLOSE + b"x"):
            self.assertEqual(self.counted(None, act), (1, 0, 1), act)

    def test_lengths_of_every_form_are_read(self):
        for count in (0, 125, 126, 65535, 65536):
            for mask in (b"", b"abcd"):
                source = io.BytesIO(websocket.frame(websocket.TEXT, b"y" * count, mask))
                self.assertEqual(websocket.read_frame(source.read), (websocket.TEXT, b"y" * count))


class Kills(unittest.TestCase):
    def test_only_a_connection_that_was_there_explains_a_failure(self):
        moments = [(10.0, 10.2, "worker"), (20.0, 20.2, "supervisor")]
        self.assertTrue(trial.explained({"opened": 9.0, "at": 10.1}, moments))
        self.assertFalse(trial.explained({"opened": 10.5, "at": 11.0}, moments))
        self.assertFalse(trial.explained({"opened": 19.0, "at": 20.1}, moments))
        self.assertFalse(trial.explained({"opened": None, "at": 10.0}, moments))


if __name__ == "__main__":
    unittest.main()
