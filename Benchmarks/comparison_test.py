"""Tests of what judges and reports: `python3 -m unittest discover -s Benchmarks -p '*_test.py'`."""
import contextlib
import hashlib
import json
import socket
import subprocess
import sys
import threading
import unittest
import xml.etree.ElementTree
from pathlib import Path

from comparison import corpus, plot, report, throughput

ROW = throughput.ROWS[0]
FOUND = {ROW.key: {"Tandem": {"per_cpu_second": 150.0}, "nginx": {"per_cpu_second": 100.0}, "h2o": {"per_cpu_second": 300.0}}}


class Corpus(unittest.TestCase):
    def test_zipf_is_the_same_for_a_seed_and_favours_the_first(self):
        names = [str(number) for number in range(1000)]
        order = corpus.zipf(names, 20_000, seed=1)
        self.assertEqual(order, corpus.zipf(names, 20_000, seed=1))
        self.assertNotEqual(order, corpus.zipf(names, 20_000, seed=2))
        # The harmonic number of 1000 is 7.485: the first is asked for in 13.4 % of the requests, twice as often as the second.
        self.assertAlmostEqual(order.count("0") / len(order), 0.134, delta=0.015)
        self.assertAlmostEqual(order.count("0") / order.count("1"), 2, delta=0.3)

    def test_a_name_carries_the_digest_of_its_bytes(self):
        self.assertEqual(corpus.fingerprinted(b"abc"), "assets/f-ba7816bf8f01cfea.webp")


class Reports(unittest.TestCase):
    def test_ratios_are_of_tandem_to_each_peer(self):
        head, line = report.throughput_table([ROW], FOUND).splitlines()
        self.assertLess(head.index("Tandem / nginx"), head.index("Tandem / h2o"))
        self.assertLess(line.index("1.50 ×"), line.index("0.50 ×"))

    def test_without_tandem_there_are_no_ratios(self):
        peers = {ROW.key: {"nginx": {"per_cpu_second": 100.0}}}
        self.assertNotIn(" / ", report.throughput_table([ROW], peers).splitlines()[0])

    def test_the_plot_is_well_formed_and_scaled_to_nginx(self):
        drawing = xml.etree.ElementTree.fromstring(plot.bars([ROW], FOUND, "<here & now>"))
        bars = [float(one.get("width")) for one in drawing.iter("{http://www.w3.org/2000/svg}rect")][1:]
        self.assertAlmostEqual(bars[0] / bars[1], 1.5, delta=0.01)


class CheckingClient(unittest.TestCase):
    """Against a server that answers `right`, or what it is told to answer instead."""

    def seen(self, answer):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
            stop = threading.Event()
            threading.Thread(target=serve, args=(listener, answer, stop), daemon=True).start()
            child = subprocess.Popen([sys.executable, str(Path(__file__).with_name("comparison") / "checker.py"),
                                      str(listener.getsockname()[1]), "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            child.stdin.write(json.dumps({"names": {"/a": hashlib.sha256(b"right").hexdigest()}, "documents": {}}) + "\n")
            child.stdin.flush()
            self.assertTrue(stop.wait(10))
            return json.loads(child.communicate(timeout=10)[0])

    def test_right_answers_are_neither_failures_nor_wrong(self):
        seen = self.seen(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright")
        self.assertEqual((seen["failures"], seen["wrong"]), (0, 0))
        self.assertGreater(seen["requests"], 1)

    def test_other_bytes_are_wrong(self):
        self.assertGreater(self.seen(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")["wrong"], 0)

    def test_another_status_is_a_failure(self):
        self.assertGreater(self.seen(b"HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nright")["failures"], 0)

    def test_a_connection_that_ends_within_an_answer_is_a_failure(self):
        self.assertGreater(self.seen(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nright")["failures"], 0)


def serve(listener, answer, stop):
    """Answers each request the same, three times over; an answer that is cut short ends the connection."""
    whole = b"Content-Length: 5\r\n" in answer
    answered = 0
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                while connection.recv(4096):
                    connection.sendall(answer)
                    answered += 1
                    if answered == 3:
                        stop.set()
                    if not whole:
                        break


if __name__ == "__main__":
    unittest.main()
