"""Everything at once for a long time: three kinds of connections, activations among them, and what the server's memory does.

Bodies are compared over HTTP/1.1 (checker.py) and over HTTP/2 (curl, many streams of one connection). h2load brings the
rest of the load over TLS, in both protocols; it tells statuses and broken connections.
"""
import hashlib
import re
import shutil
import subprocess
import threading
import time

from . import activation, corpus, load
from .tandem import ByCall

SAMPLE_SECONDS = 1
ROUND_SECONDS = 10
# The first part warms up: tables fill, tickets are handed out. What the rest may add to it.
WARM_UP_SHARE = 0.2
MAY_GROW_SHARE = 0.05
MAY_GROW_BYTES = 4 * 2**20


def measure(tandem, work, seconds, every, say):
    """Runs the load. Returns what was seen; `faults` lists, in words, what should not have been."""
    plain, secure = load.free_port(), load.free_port()
    configuration = configure(work, plain, secure)
    sites = [build(work / f"site{number}", number) for number in (1, 2)]
    with tandem.serve(configuration) as server:
        time.sleep(0.5)
        releases = [tandem.publish(configuration, work / f"site{number}", "--activate", "--wait") for number in (1, 2)]
        load.wait_until_serving(server, plain)
        names = {path: digest for site in sites for path, digest in site.items() if path.startswith("/assets/")}
        documents = {"/": {release: site["/index.html"] for release, site in zip(releases, sites)}}
        stop = threading.Event()
        loads = [H2Load("HTTP/2, TLS", secure, names, stop, "--max-concurrent-streams", "8"),
                 H2Load("HTTP/1.1, TLS", secure, names, stop, "--h1"), Curl(secure, names, work / "fetched", stop)]
        with activation.checker(plain, {"names": names, "documents": documents}) as check:
            for each in loads:
                each.start()
            memory, activations = drive(tandem, configuration, server, releases, seconds, every, say)
            stop.set()
            for each in loads:
                each.join()
        seen = check()
    return judge(seconds, seen, loads, memory, activations, say)


def configure(work, plain, secure):
    configuration = work / "tandem.yaml"
    configuration.write_text(f"""
data: {work}/data
listen:
  - {{address: "127.0.0.1:{plain}"}}
  - {{address: "127.0.0.1:{secure}", tls: internal}}
log: {{level: warning, access: {work}/access.log}}
sites:
  default: {{hosts: ["*"]}}
""")
    return configuration


def build(folder, version):
    """Sixty assets of 1 to 300 KB: half of them only in this version. Returns {path: sha256}."""
    found = {}
    page = b"<!doctype html><title>version %d</title>" % version
    files = [("index.html", page)]
    for number in range(60):
        text = b"%d" % number if number % 2 else b"%d of %d" % (number, version)
        data = hashlib.sha256(text).digest() * (32 << (number % 10))
        files.append((corpus.fingerprinted(data, "js"), data))
    for name, data in files:
        corpus.write(folder, name, data)
        found[f"/{name}"] = hashlib.sha256(data).hexdigest()
    return found


def drive(tandem, configuration, server, releases, seconds, every, say):
    """Activates in turn and looks at the server's memory. Returns [(second, anonymous bytes, descriptors)] and the count."""
    begin, memory, activations, minute = time.monotonic(), [], 0, 0
    while (now := time.monotonic() - begin) < seconds:
        if now >= activations * every:
            ByCall(tandem, configuration, releases[activations % len(releases)]).finish()
            activations += 1
        memory.append((round(now, 1), server.anonymous_bytes(), server.descriptors()))
        if now >= minute * 60:
            say(f"  minute {minute:2}: {memory[-1][1] / 2**20:.1f} MB of its own memory, {memory[-1][2]} descriptors")
            minute += 1
        time.sleep(SAMPLE_SECONDS)
    return memory, activations


def judge(seconds, seen, loads, memory, activations, say):
    faults = [example for example in seen["examples"]]
    for each in loads:
        faults += each.faults
    settled = [size for at, size, _ in memory if at >= seconds * WARM_UP_SHARE]
    third = max(1, len(settled) // 3)
    first, last = (sum(part) / len(part) for part in (settled[:third], settled[-third:]))
    if last - first > max(first * MAY_GROW_SHARE, MAY_GROW_BYTES):
        faults.append(f"memory grew from {first / 2**20:.1f} MB to {last / 2**20:.1f} MB")
    if len(seen["releases_seen"]) < 2:
        faults.append("the checking client did not see both releases")
    say(f"HTTP/1.1            {seen['requests']:>12,} answers, every body compared; {seen['failures']} failed, {seen['wrong']} wrong")
    for each in loads:
        say(f"{each.title:<19} {each.requests:>12,} answers{each.more}; {len(each.faults)} faults")
    say(f"activations         {activations:>12,}")
    say(f"memory of its own   {first / 2**20:.1f} MB in the first third after warming up, {last / 2**20:.1f} MB in the last")
    return {
        "seconds": seconds, "activations": activations, "faults": faults[:20], "memory_first": first, "memory_last": last,
        "requests": {"HTTP/1.1": seen["requests"], **{each.title: each.requests for each in loads}},
        "memory": memory[::max(1, len(memory) // 120)],
    }


class Load(threading.Thread):
    """One kind of load in rounds, until it is told to stop."""

    more = ""

    def __init__(self, port, names, stop):
        super().__init__(daemon=True)
        self.base, self.stop = f"https://localhost:{port}", stop
        self.names, self.requests, self.faults = names, 0, []

    def run(self):
        while not self.stop.is_set():
            self.round()

    def output(self, *command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            self.faults.append(f"{command[0]}: exit {done.returncode}: {done.stdout[-300:]}")
        return done.stdout


class H2Load(Load):
    """Two thousand requests a second: enough to meet every activation, little enough to leave time to the others."""

    def __init__(self, title, port, names, stop, *options):
        super().__init__(port, names, stop)
        self.title, self.options = title, options

    def round(self):
        urls = [self.base + path for path in list(self.names)[:20]] + [self.base + "/"]
        said = self.output("h2load", *self.options, "--duration", str(ROUND_SECONDS), "--clients", "8", "--rps", "250", *urls)
        counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", said)
        statuses = re.search(r"(\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", said)
        if not counts or not statuses:
            self.faults.append(f"h2load said nothing to count: {said[-300:]}")
            return
        self.requests += int(counts[1])
        if any(int(count) for count in (*counts.groups()[1:], *statuses.groups()[1:])) or not int(counts[1]):
            self.faults.append(f"{self.title}: {counts[0]}; {statuses[0]}")


class Curl(Load):
    """Every name in one connection, by streams at once, each body compared."""

    title = "HTTP/2, TLS, curl"
    more = ", every body compared"

    def __init__(self, port, names, folder, stop):
        super().__init__(port, names, stop)
        self.folder = folder

    def round(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        arguments = []
        for path in self.names:
            arguments += ["--output", str(self.folder / path.lstrip("/")), self.base + path]
        self.output("curl", "--silent", "--show-error", "--fail", "--insecure", "--http2", "--parallel", "--create-dirs", *arguments)
        for path, digest in self.names.items():
            file = self.folder / path.lstrip("/")
            if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
                self.faults.append(f"curl: {path}: not what its name says")
            self.requests += 1
        self.stop.wait(1)
