"""A real Tandem for the demonstration: its configuration, its process, its commands."""
import json
import os
import signal
import socket
import subprocess
import threading
import time

SITE = "default"
OVER = ("finalised", "aborted", "superseded")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Tandem:
    """Use as a context: started at its beginning, and stopped at its end."""

    def __init__(self, program, work, quiet="3s", step="3s", canary="25%"):
        self.program, self.work, self.port = str(program), work, free_port()
        self.configuration = work / "tandem.yaml"
        self.configuration.write_text(f"""
data: {work}/data
listen: [{{address: "127.0.0.1:{self.port}"}}]
log: {{level: warning, access: off}}
sites:
  {SITE}:
    hosts: ["*"]
    rollout:
      canary: [{canary}, 100%]
      step: {step}
      retire_when: {{quiet: {quiet}, clients: 1}}
""")
        self.origin = f"http://127.0.0.1:{self.port}"
        self.log = work / "serve.log"

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen([self.program, "serve", "-c", str(self.configuration)], stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log)
        begin = time.monotonic()
        while time.monotonic() - begin < 20:
            if self.child.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.02)
        self.__exit__()
        raise RuntimeError(f"tandem serve did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.child.poll() is None:
                self.child.send_signal(number)
                try:
                    self.child.wait(15)
                except subprocess.TimeoutExpired:
                    continue

    def command(self, *arguments, site=SITE):
        done = subprocess.run([self.program, *arguments, "--site", site, "-c", str(self.configuration)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"})
        if done.returncode:
            raise RuntimeError(f"tandem {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()[-1500:]}")
        return done.stdout

    def publish(self, folder, *options):
        """Returns the release id, all 64 digits of it."""
        return find(json.loads(self.command("publish", str(folder), "--json", *options)), ("id", "release"))

    def rollout(self):
        """The running or latest rollout: {"phase", "step", "reason", …}, or nothing if there never was one."""
        return find_object(json.loads(self.command("rollout", "status", "--json")), "phase") or {}


class Phases:
    """Follows the rollout away from a release, and keeps each change of phase or step with the time and the reason given."""

    def __init__(self, tandem, away_from, say):
        self.tandem, self.away_from, self.say, self.seen, self.changes = tandem, away_from, say, None, []
        self.now, self.fault, self.begin, self.done = {}, None, time.monotonic(), threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def follow(self):
        while not self.done.is_set():
            try:
                found = self.tandem.rollout()
            except (RuntimeError, ValueError) as error:
                self.fault = error
                return
            if self.away_from in json.dumps(found.get("to")):
                found = {}   # still the one before
            self.now = found
            state = (found.get("to"), found.get("phase"), found.get("step"))
            if found and state != self.seen:
                self.seen = state
                line = f"{time.monotonic() - self.begin:5.1f} s  {found['phase']}{self.share()}: {found.get('reason', '')}"
                self.changes.append(line)
                self.say(line)
            self.done.wait(0.3)

    def share(self):
        """In overlap, the share of documents that are new."""
        steps, step = self.now.get("steps"), self.now.get("step")
        if self.now["phase"] != "overlapping" or not isinstance(steps, list) or not isinstance(step, int) or step >= len(steps):
            return ""
        share = steps[step]
        if isinstance(share, dict):
            share = next(iter(share.values()))
        return f" ({share / 100:g} %)" if isinstance(share, (int, float)) else f" ({share})"

    def wait(self, release, phases, seconds):
        """Waits until the rollout to `release` is in one of `phases`. Returns whether it came to that."""
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            if self.fault:
                raise RuntimeError(f"the rollout cannot be followed: {self.fault}")
            if release in json.dumps(self.now.get("to")) and self.now.get("phase") in phases:
                return True
            time.sleep(0.1)
        return False


def find(value, keys):
    """The first text under one of the keys, wherever it is: what is printed may gain a layer."""
    for key in keys:
        if isinstance(value, dict) and key in value:
            inner = value[key]
            return inner if isinstance(inner, str) else find(inner, keys)
    raise RuntimeError(f"no {' or '.join(keys)} in {json.dumps(value)[:300]}")


def find_object(value, key):
    """The first object that has the key."""
    if isinstance(value, dict) and key in value and isinstance(value[key], str):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in (find_object(one, key) for one in inner) if found), None)
