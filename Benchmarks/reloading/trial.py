"""Held load over reloads, upgrades and kills, and what the processes of the server hold meanwhile."""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from comparison import load

SAMPLE_SECONDS = 0.5
# After the last change: what drains has time to end.
REST_SECONDS = 6
RECOVERY_SECONDS = 2


class Clients:
    """The load, in a process of its own. Use as a context: it ends with it."""

    def __init__(self, ports, files, each):
        self.child = subprocess.Popen([sys.executable, str(Path(__file__).with_name("load.py"))], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self.tell(json.dumps({"ports": ports, "files": {path: data.hex() for path, data in files.items()}, "each": each}))
        self.child.stdout.readline()

    def tell(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def so_far(self):
        self.tell("")
        return json.loads(self.child.stdout.readline())

    def end(self):
        self.child.stdin.close()
        report = json.loads(self.child.stdout.readlines()[-1])
        self.child.wait(30)
        return report


class Watch(threading.Thread):
    """What the processes hold, twice a second: [(second, processes, descriptors, bytes of their own)]."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.begin, self.samples, self.over = server, time.monotonic(), [], threading.Event()

    def run(self):
        while not self.over.wait(SAMPLE_SECONDS):
            try:
                held = (len(self.server.processes()), self.server.descriptors(), self.server.anonymous_bytes())
            except OSError:
                # A process ended between being seen and being asked.
                continue
            self.samples.append((round(time.monotonic() - self.begin, 1), *held))

    def end(self):
        self.over.set()
        self.join()
        return self.samples


def changes(subject, files, each, reloads, upgrades, every, say):
    """Reloads and upgrades under load. Returns what was seen."""
    with subject.serve() as server:
        load.wait_until_serving(server, subject.ports["plain"])
        process = server.child.pid
        with Clients(subject.ports, files, each) as clients:
            time.sleep(2)
            watch = Watch(server)
            watch.start()
            seconds = []
            plan = [subject.reload] * reloads + [subject.upgrade for _ in range(upgrades)]
            random.Random(1).shuffle(plan)
            for number, change in enumerate(plan, 1):
                begin = time.monotonic()
                change(server)
                seconds.append(time.monotonic() - begin)
                if number % max(len(plan) // 10, 1) == 0:
                    say(f"  {number} of {len(plan)}: {sum(clients.so_far()['failures'].values())} failures")
                time.sleep(max(every - seconds[-1], 0))
            time.sleep(REST_SECONDS)
            samples = watch.end()
            seen = clients.end()
        if server.died():
            raise RuntimeError(f"the server ended:\n{server.log_tail()}")
        faults = ["the process id changed"] if server.child.pid != process else []
    seconds.sort()
    return {"name": subject.name, "reloads": reloads, "upgrades": upgrades, "every": every, "seen": seen, "samples": samples,
            "faults": faults, "change_seconds": {"median": seconds[len(seconds) // 2], "worst": seconds[-1]}}


def reloads_of_many(subject, count, say):
    """Seconds that `tandem reload` takes, from its start to its end, with a release of so many files: the new generation serves then."""
    subject.publish_many(count)
    seconds = []
    with subject.serve() as server:
        load.wait_until_serving(server, subject.ports["plain"])
        for _ in range(20):
            begin = time.monotonic()
            subject.reload(server)
            seconds.append(time.monotonic() - begin)
            if load.get(subject.ports["plain"], f"d0/p{len(seconds)}.txt")[2] != b"page %d\n" % len(seconds):
                raise RuntimeError("not the page")
            # What drains has ended: generations do not pile up.
            time.sleep(0.5)
    seconds.sort()
    say(f"reload with a release of {count:,} files: {seconds[10] * 1000:.0f} ms (median of 20), {seconds[-1] * 1000:.0f} ms (worst)")
    return {"files": count, "median": seconds[10], "worst": seconds[-1]}


def kills(subject, files, each, count, say):
    """`kill -9` of the supervisor, of the serving worker, of both. Only requests of a worker that was killed may fail, and a new
    connection is served again within two seconds. A stand-in for the service manager starts the supervisor again."""
    source, recoveries, faults, moments = random.Random(2), [], [], []
    server = subject.serve()
    try:
        load.wait_until_serving(server, subject.ports["plain"])
        with Clients(subject.ports, files, each) as clients:
            for number in range(1, count + 1):
                time.sleep(source.uniform(0.6, 1.2))
                what = source.choice(["supervisor", "worker", "both"])
                worker = serving(subject)[-1]
                begin = time.monotonic()
                if what != "worker":
                    server.child.kill()
                if what != "supervisor":
                    os.kill(worker, signal.SIGKILL)
                moments.append((begin, time.monotonic(), what))
                if what != "worker":
                    server.child.wait()
                    server = subject.serve()
                recoveries.append(recovered(subject, server, worker, what, begin))
                if recoveries[-1] > RECOVERY_SECONDS:
                    faults.append(f"kill {number} ({what}): {recoveries[-1]:.1f} s until all was well")
                if number % max(count // 10, 1) == 0:
                    say(f"  {number} of {count} kills: slowest recovery {max(recoveries):.2f} s")
            seen = clients.end()
    finally:
        server.stop()
    strange = [one for one in seen["examples"] if not explained(one, moments)]
    recoveries.sort()
    return {"kills": count, "seen": seen, "faults": faults, "unexplained": strange,
            "recovery_seconds": {"median": recoveries[len(recoveries) // 2], "worst": recoveries[-1]}}


def recovered(subject, server, worker, what, begin):
    """Seconds until the supervisor tells of a generation that serves, and a new connection is answered by it."""
    while time.monotonic() - begin < 10:
        try:
            found = serving(subject)
            if found and (what == "supervisor" or worker not in found) and load.get(subject.ports["plain"], "/")[0] == 200:
                return time.monotonic() - begin
        except (RuntimeError, OSError, socket.timeout):
            if server.died():
                raise RuntimeError(f"the supervisor did not start again:\n{server.log_tail()}") from None
        time.sleep(0.01)
    return time.monotonic() - begin


def serving(subject):
    return [one["process"] for one in subject.generations() if one["state"] == "serving"]


def explained(failure, moments):
    """Whether a worker was killed while the connection was there. That it was refused is never explained."""
    opened = failure["opened"]
    if opened is None:
        return False
    return any(what != "supervisor" and opened <= after and before <= failure["at"] for before, after, what in moments)
