"""Two hundred activations back and forth under 64 connections: what fails, what is wrong, how soon it can be seen."""
import contextlib
import hashlib
import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

from . import corpus, load
from .tandem import ByCall, ByCommand

CONNECTIONS = 64


def build(folder, version):
    """A small site: a document that differs, an asset that differs, an asset that does not. Returns {path: sha256}."""
    files = [("index.html", b"<!doctype html><title>version %d</title>" % version)]
    for text in (b"shared", b"only in %d" % version):
        data = text * 400
        files.append((corpus.fingerprinted(data, "js"), data))
    for name, data in files:
        corpus.write(folder, name, data)
    return {f"/{name}": hashlib.sha256(data).hexdigest() for name, data in files}


def measure(tandem, work, quick, say):
    work.mkdir(parents=True, exist_ok=True)
    port = load.free_port()
    configuration = tandem.configure(work, port)
    sites = [build(work / f"site{number}", number) for number in (1, 2)]
    with tandem.serve(configuration) as server:
        time.sleep(0.5)
        releases = [tandem.publish(configuration, work / f"site{number}", "--activate", "--wait") for number in (1, 2)]
        load.wait_until_serving(server, port)
        names = {path: digest for site in sites for path, digest in site.items() if path.startswith("/assets/")}
        document = {release: site["/index.html"] for release, site in zip(releases, sites)}
        with checker(port, {"names": names, "documents": {"/": document}}) as check:
            seconds = switch(tandem, configuration, port, releases, 20 if quick else 200, say)
            by_command = switch(tandem, configuration, port, releases, 10 if quick else 40, say, by=ByCommand)
        seen = check()
    for example in seen["examples"]:
        say(f"  {example}")
    count = len(seconds) + len(by_command)
    middle, late, command = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)], by_command[len(by_command) // 2]
    return [
        {"title": f"{count} activations under {CONNECTIONS} connections: failed requests", "shown": f"{seen['failures']:,}",
         "goal": "0", "wrong": seen["failures"] > 0, "value": seen["failures"], "requests": seen["requests"]},
        {"title": f"    wrong bodies among {seen['requests']:,} answers", "shown": f"{seen['wrong']:,}", "goal": "0",
         "wrong": seen["wrong"] > 0 or len(seen["releases_seen"]) < 2, "value": seen["wrong"]},
        {"title": "    from the call of the API to seen, median", "shown": f"{middle * 1000:.1f} ms", "goal": "< 100 ms",
         "value": middle},
        {"title": "    the same, 99th percentile", "shown": f"{late * 1000:.1f} ms", "goal": "< 100 ms", "value": late},
        {"title": "    from the start of the command to seen, median", "shown": f"{command * 1000:.1f} ms", "value": command},
    ]


def switch(tandem, configuration, port, releases, times, say, by=ByCall):
    """Activates the releases in turn. Returns for each the seconds until a client saw it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    found = []
    for number in range(times):
        wanted = releases[number % len(releases)]
        begin = time.monotonic()
        act = by(tandem, configuration, wanted)
        while current(connection) != wanted and time.monotonic() - begin < 10:
            time.sleep(0.001)
        found.append(time.monotonic() - begin)
        act.finish()
        if found[-1] >= 10:
            raise RuntimeError(f"activation {number + 1} was not seen within 10 s")
    say(f"  {times} activations {by.words}, {sum(found) / times * 1000:.0f} ms each on average")
    return sorted(found)


def current(connection):
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    return answer.headers.get("X-Deployment-Id")


@contextlib.contextmanager
def checker(port, expected):
    """Runs the checking client beside the body of the `with`; afterwards the value given is a call for what it saw."""
    child = subprocess.Popen([sys.executable, str(Path(__file__).with_name("checker.py")), str(port), str(CONNECTIONS)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    seen = {}
    try:
        child.stdin.write(json.dumps(expected) + "\n")
        child.stdin.flush()
        time.sleep(0.3)
        yield lambda: seen
        time.sleep(0.3)
        output, _ = child.communicate(timeout=15)
        if child.returncode:
            raise RuntimeError("the checking client ended early")
        seen.update(json.loads(output))
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
