"""Memory of ten thousand connections that have asked for something and now wait: each server's own, not the kernel's.

Counted is memory that belongs to no file (RssAnon) of all the server's processes, before and with the connections.
"""
import resource
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from . import corpus, load, peers, throughput, tls

KB = 1024


def measure(tandem, work, quick, say):
    count = 1_000 if quick else 9_000 if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 24_000 else 10_000
    servers, _ = peers.installed([peers.Nginx(), peers.H2O()])
    site = work / "site"
    name = corpus.one_file(site, 4 * KB, seed=4 * KB)
    facts = []
    for secure in (None, tls.make(work / "tls")):
        row = throughput.Row("idle", "", 0, nginx="sendfile off;", secure=bool(secure))
        found = {}
        for server in [tandem, *servers]:
            port = load.free_port()
            folder = work / server.name / ("tls" if secure else "plain")
            with server.start(row, site, port, folder, None, secure) as process:
                load.wait_until_serving(process, port, secure=bool(secure))
                found[server.name] = held(process, port, name, count, secure)
            kind = "encrypted" if secure else "plain"
            say(f"  {server.name:<7} {found[server.name]:>9,.0f} bytes for each of {count:,} {kind} connections")
        facts.append({
            "title": f"memory of an idle connection, {'TLS 1.3' if secure else 'plain'}, of {count:,}",
            "shown": ", ".join(f"{name} {value / KB:.1f} KB" for name, value in found.items()),
            "goal": "2 × nginx", "bytes": found,
        })
    return facts


def held(process, port, name, count, secure):
    """Bytes of memory that one connection costs, as the mean of `count`."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    context = tls.client_context() if secure else None
    # What the first connections cost once for all is no part of it.
    opened = [ask(port, name, context) for _ in range(64)]
    before = process.anonymous_bytes()
    try:
        with ThreadPoolExecutor(16) as several:
            opened += several.map(lambda _: ask(port, name, context), range(count))
        time.sleep(0.5)
        return (process.anonymous_bytes() - before) / count
    finally:
        for connection in opened:
            connection.close()


def ask(port, name, context):
    """A connection that has had one answer."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    if context:
        connection = context.wrap_socket(connection)
    connection.sendall(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += receive(connection)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    left = length - len(body)
    while left > 0:
        left -= len(receive(connection))
    return connection


def receive(connection):
    piece = connection.recv(65536)
    if not piece:
        raise RuntimeError("the server closed a connection in the middle of an answer")
    return piece
