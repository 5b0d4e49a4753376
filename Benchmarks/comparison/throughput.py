"""Requests per CPU-second of the server, for each kind of file, all servers in turn.

CPU time is what a machine has to give, and it says the same whether or not the load keeps the server busy. The servers
share one core, the load has the other; they are asked one after the other, in an order that turns with each round, and
the middle of the rounds counts.
"""
import contextlib
import gzip
import statistics
from dataclasses import dataclass

from . import corpus, load, peers, profile, tls

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
    secure: bool = False
    proxied: bool = False   # the servers compared pass requests on to one nginx, which shares the core of the load
    cached: bool = False    # and keep what it answers
    gzipped: bool = False   # and compress it
    way: str = "requests"   # or "streams" (HTTP/2), "connections" (a new one for each request), "handshakes" (each of them whole)


ROWS = [
    Row("small", "4 KB asset, 64 connections", 64, size=4 * KB, nginx="sendfile off;", goal="1.3 × nginx, 1.1 × h2o"),
    Row("medium", "100 KB asset, 64 connections", 64, size=100 * KB, goal="1.0 × the better of nginx and Caddy"),
    Row("large", "10 MB asset, 8 connections", 8, size=10 * MB, goal="1.0 × the better of nginx and Caddy"),
    Row("zipf", "100,000 files of 2–50 KB by Zipf, 64 connections", 64, files=100_000, nginx="sendfile on; tcp_nopush on;",
        goal="1.2 × nginx"),
    Row("tls", "4 KB asset over TLS 1.3, 64 connections", 64, size=4 * KB, nginx="sendfile off;", goal="1.3 × nginx", secure=True),
    Row("http2", "4 KB asset over HTTP/2, 16 × 16 streams", 16, size=4 * KB, nginx="sendfile off;", goal="3 × nginx, 1.0 × h2o",
        way="streams"),
    Row("connect", "new connections, plain", 64, size=4 * KB, nginx="sendfile off;", goal="1.0 × nginx", way="connections"),
    Row("resumed", "new connections, TLS 1.3 resumed", 64, size=4 * KB, nginx="sendfile off;", goal="1.0 × nginx", secure=True,
        way="connections"),
    Row("handshake", "new connections, TLS 1.3 whole handshakes", 4, size=4 * KB, nginx="sendfile off;", goal="1.0 × nginx", secure=True,
        way="handshakes"),
    Row("proxy", "proxy pass, 4 KB, keep-alive upstream, 64 connections", 64, size=4 * KB, nginx="sendfile off;",
        goal="1.0 × the better of HAProxy and nginx", proxied=True),
    Row("hit", "cache hit in the proxy, 4 KB, 64 connections", 64, size=4 * KB, nginx="sendfile off;",
        goal="1.2 × the better of nginx and Varnish", proxied=True, cached=True),
    Row("gzip", "proxy pass, 20 KB of JSON with gzip 5, 64 connections", 64, size=20 * KB, nginx="sendfile off;", goal="1.0 × nginx",
        proxied=True, gzipped=True),
]


def able(row, servers):
    """Those of the servers that do what the row measures."""
    return [server for server in servers if hasattr(server, way_to_start(row))]


def way_to_start(row):
    return "start_gzip" if row.gzipped else "start_cache" if row.cached else "start_proxy" if row.proxied else "start"


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
    elif row.gzipped:
        name = corpus.one_text(site, row.size, seed=row.size)
        names = [name]
        script = work / "sites" / f"{site.name}.lua"
        script.write_text(load.WITH_GZIP)
    else:
        name = corpus.one_file(site, row.size, seed=row.size)
        names = [name]

    secure = tls.make(work / "tls") if row.secure else None
    how = {"secure": row.secure, "http2": row.way == "streams"}

    def run(port, seconds):
        if row.way == "streams":
            return load.h2load(port, name, seconds, row.connections, 16, LOAD_CORE)
        if row.way == "handshakes":
            return load.handshakes(port, name, seconds, LOAD_CORE, secure)
        return load.wrk(port, name, seconds, row.connections, LOAD_CORE, script, secure, closing=row.way == "connections")

    with contextlib.ExitStack() as running:
        started = []
        origin = None
        if row.proxied:
            origin = load.free_port()
            process = running.enter_context(peers.Nginx().start(row, site, origin, work / "origin" / site.name, LOAD_CORE))
            load.wait_until_serving(process, origin, seconds=20)
        for server in servers:
            port = load.free_port()
            folder = work / server.name / site.name
            if row.proxied:
                process = running.enter_context(getattr(server, way_to_start(row))(origin, port, folder, SERVER_CORE))
            else:
                process = running.enter_context(server.start(row, site, port, folder, SERVER_CORE, secure))
            load.wait_until_serving(process, port, seconds=120, **how)
            check_bytes(server, port, site, names, how)
            if row.gzipped:
                check_gzip(server, port, site, name)
            # The first pass fills the caches of files and prepared answers; with many files it takes about ten seconds.
            run(port, (10 if not quick else 1) if row.files else 1)
            started.append((server, process, port))
        found = {server.name: [] for server in servers}
        for number in range(rounds):
            turn = number % len(started)
            for server, process, port in started[turn:] + started[:turn]:
                before = process.cpu_seconds()
                result = run(port, seconds)
                used = process.cpu_seconds() - before
                result["per_cpu_second"] = result["requests"] / max(used, 0.01)
                result["cpu_share"] = used / seconds
                found[server.name].append(result)
                say(f"  round {number + 1}  {server.name:<7} {result['per_cpu_second']:>11,.0f} requests per CPU-second")
        if profiles:
            for server, process, port in started:
                profile.while_loaded(process, lambda: run(port, seconds), seconds,
                                     profiles / f"profile-{row.key}-{server.name.lower()}.txt")
    return {name: summary(results) for name, results in found.items()}


def check_bytes(server, port, site, names, how):
    """A server that answers something else is not compared."""
    for name in names[:: max(1, len(names) // 50)]:
        status, headers, body = load.get(port, name, **how)
        if status != 200 or body != (site / name).read_bytes():
            raise RuntimeError(f"{server.name} answered {status} and {len(body)} wrong bytes for /{name}")
        if "immutable" not in headers.get("Cache-Control", ""):
            raise RuntimeError(f"{server.name} sent Cache-Control: {headers.get('Cache-Control')} for /{name}")


def check_gzip(server, port, site, name):
    status, headers, body = load.get(port, name, {"Accept-Encoding": "gzip"})
    if status != 200 or headers.get("Content-Encoding") != "gzip" or gzip.decompress(body) != (site / name).read_bytes():
        raise RuntimeError(f"{server.name} answered {status} and {len(body)} bytes that are no gzip of /{name}")


def summary(results):
    middle = statistics.median(result["per_cpu_second"] for result in results)
    return {
        "per_cpu_second": middle,
        "per_second": statistics.median(result["per_second"] for result in results),
        "p99_seconds": statistics.median(result["p99_seconds"] for result in results),
        "cpu_share": statistics.median(result["cpu_share"] for result in results),
        "rounds": [result["per_cpu_second"] for result in results],
    }
