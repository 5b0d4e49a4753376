"""What clients count. One for all threads of a load."""
import threading
import time
from collections import Counter


class Fault(Exception):
    """What no client may meet."""


class Tally:
    EXAMPLES = 2000

    def __init__(self):
        self.lock = threading.Lock()
        self.answers, self.failures, self.idle_resets, self.closed = Counter(), Counter(), Counter(), Counter()
        self.slowest = Counter()
        self.examples = []
        self.now, self.sleep = time.monotonic, time.sleep

    def answered(self, kind, seconds):
        with self.lock:
            self.answers[kind] += 1
            self.slowest[kind] = max(self.slowest[kind], seconds)

    def closed_idle(self, kind):
        """The server ended a connection on which nothing was asked."""
        with self.lock:
            self.closed[kind] += 1

    def failed(self, kind, opened, words, was_idle):
        """`opened`: when its connection was, None if it was not; `was_idle`: that had served before, and not a byte came now."""
        with self.lock:
            self.failures[kind] += 1
            self.idle_resets[kind] += was_idle
            if len(self.examples) < self.EXAMPLES:
                self.examples.append({"opened": opened, "at": self.now(), "kind": kind, "words": words, "was_idle": was_idle})

    def report(self):
        with self.lock:
            return {"answers": dict(self.answers), "failures": dict(self.failures), "idle_resets": dict(self.idle_resets),
                    "closed_idle": dict(self.closed), "slowest": dict(self.slowest), "examples": self.examples}
