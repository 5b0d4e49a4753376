"""Servers on loopback: started, waited for, and ended by their process, whatever happens."""
import signal
import socket
import subprocess
import time

PATIENCE_SECONDS = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running program that listens on `port`. Use as a context."""

    def __init__(self, command, port, log):
        self.port, self.log = port, log
        with open(log, "ab") as output:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def __enter__(self):
        self.wait(self.listens)
        return self

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def wait(self, isReady):
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE_SECONDS and self.child.poll() is None:
            if isReady():
                return
            time.sleep(0.02)
        self.end()
        raise RuntimeError(f"{self.child.args[0]} did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Asks, waits, then insists."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.child.poll() is None:
                self.child.send_signal(number)
            try:
                self.child.wait(5)
                return
            except subprocess.TimeoutExpired:
                continue
