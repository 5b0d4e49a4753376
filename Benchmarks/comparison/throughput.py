"""Requests per CPU-second of the server, for each kind of file, all servers in turn.

CPU time is what a machine has to give, and it says the same whether or not the load keeps the server busy. The servers
share one core, the load has the other; they are asked one after the other, in an order that turns with each round, and
the middle of the rounds counts.
"""
import contextlib
import statistics
from dataclasses import dataclass

from . import corpus, load, profile

SERVER_CORE, LOAD_CORE = 0, 1
KB, MB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Row:
    key: str
    title: str
    connections: int
    size: int = 0       # bytes of the one file, or
    files: int = 0      # how many different ones by Zipf
    nginx: str = "sendfile on; tcp_nopush off;"   # the fastest of the ways that nginx has, as measured for this row
    goal: str = ""      # what the design asks for


ROWS = [
    Row("small", "4 KB asset, 64 connections", 64, size=4 * KB, nginx="sendfile off;", goal="1.3 × nginx, 1.1 × h2o"),
    Row("medium", "100 KB asset, 64 connections", 64, size=100 * KB, goal="1.0 × the better of nginx and Caddy"),
    Row("large", "10 MB asset, 8 connections", 8, size=10 * MB, goal="1.0 × the better of nginx and Caddy"),
    Row("zipf", "100,000 files of 2–50 KB by Zipf, 64 connections", 64, files=100_000, nginx="sendfile on; tcp_nopush on;",
        goal="1.2 × nginx"),
]


def measure(row, servers, work, seconds, rounds, quick, say, profiles=None):
    """Returns {server name: {"per_cpu_second": median, "rounds": […], …}}. With a folder `profiles`, samples each server there."""
    site = work / "sites" / (f"{row.key}-quick" if quick else row.key)
    script = None
    if row.files:
        count = row.files // 20 if quick else row.files
        say(f"  making {count:,} files")
        names = corpus.many_files(site, count, seed=20)
        paths = work / "sites" / f"{site.name}.requests"
        paths.write_text("\n".join(corpus.zipf(names, 400_000, seed=21)))
        script = work / "sites" / f"{site.name}.lua"
        script.write_text(load.FROM_LIST % paths)
        name = names[0]
    else:
        name = corpus.one_file(site, row.size, seed=row.size)
        names = [name]

    with contextlib.ExitStack() as running:
        started = []
        for server in servers:
            port = load.free_port()
            process = running.enter_context(server.start(row, site, port, work / server.name / site.name, SERVER_CORE))
            load.wait_until_serving(process, port, seconds=120)
            check_bytes(server, port, site, names)
            # The first pass fills the caches of files and prepared answers; with many files it takes about ten seconds.
            load.wrk(port, name, (10 if not quick else 1) if script else 1, row.connections, LOAD_CORE, script)
            started.append((server, process, port))
        found = {server.name: [] for server in servers}
        for number in range(rounds):
            turn = number % len(started)
            for server, process, port in started[turn:] + started[:turn]:
                before = process.cpu_seconds()
                result = load.wrk(port, name, seconds, row.connections, LOAD_CORE, script)
                used = process.cpu_seconds() - before
                result["per_cpu_second"] = result["requests"] / max(used, 0.01)
                result["cpu_share"] = used / seconds
                found[server.name].append(result)
                say(f"  round {number + 1}  {server.name:<7} {result['per_cpu_second']:>11,.0f} requests per CPU-second")
        if profiles:
            for server, process, port in started:
                profile.while_loaded(process, lambda: load.wrk(port, name, seconds, row.connections, LOAD_CORE, script), seconds,
                                     profiles / f"profile-{row.key}-{server.name.lower()}.txt")
    return {name: summary(results) for name, results in found.items()}


def check_bytes(server, port, site, names):
    """A server that answers something else is not compared."""
    for name in names[:: max(1, len(names) // 50)]:
        status, headers, body = load.get(port, name)
        if status != 200 or body != (site / name).read_bytes():
            raise RuntimeError(f"{server.name} answered {status} and {len(body)} wrong bytes for /{name}")
        if "immutable" not in headers.get("Cache-Control", ""):
            raise RuntimeError(f"{server.name} sent Cache-Control: {headers.get('Cache-Control')} for /{name}")


def summary(results):
    middle = statistics.median(result["per_cpu_second"] for result in results)
    return {
        "per_cpu_second": middle,
        "per_second": statistics.median(result["per_second"] for result in results),
        "p99_seconds": statistics.median(result["p99_seconds"] for result in results),
        "cpu_share": statistics.median(result["cpu_share"] for result in results),
        "rounds": [result["per_cpu_second"] for result in results],
    }
