"""What bad clients cost: each case attacks one server while a witness keeps asking it for a page.

A case returns (what was seen, in words; faults). Around it the server's own memory and processor time are read, and the
witness's slowest answer.
"""
import http.client
import selectors
import socket
import ssl
import threading
import time

from . import corpus, http2frames, load, report

BIG = 10 * 2**20
HEAD_LIMIT_SECONDS = 10
# On a busy machine of two cores a good client may wait for its turn, but not for an attacker's.
WITNESS_MAY_WAIT_SECONDS = 1.0


class Target:
    """The server under attack."""

    def __init__(self, plain, secure, asset, connections):
        self.plain, self.secure, self.asset, self.connections = plain, secure, asset, connections
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def open(self, port=None):
        connection = socket.create_connection(("127.0.0.1", port or self.plain), timeout=20)
        # As every browser does: else the first request over TLS waits 40 ms for the acknowledgement of the handshake.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def open_secure(self):
        return self.context.wrap_socket(self.open(self.secure), server_hostname="localhost")


class Witness(threading.Thread):
    """A client of good will: a request each ten milliseconds over one connection, and a new connection each second."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.over = port, threading.Event()
        self.slowest, self.answers, self.faults = 0.0, 0, []

    def run(self):
        while not self.over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                for _ in range(100):
                    begin = time.monotonic()
                    connection.request("GET", "/")
                    answer = connection.getresponse()
                    answer.read()
                    self.slowest = max(self.slowest, time.monotonic() - begin)
                    self.answers += 1
                    if answer.status != 200:
                        self.faults.append(f"the witness got {answer.status}")
                    if self.over.wait(0.01):
                        break
            except OSError as error:
                self.faults.append(f"the witness was cut off: {error!r}")
            finally:
                connection.close()


def measure(tandem, work, cases, connections, say):
    """Runs the cases one after the other against one server. Returns a list of what each did."""
    plain, secure = load.free_port(), load.free_port()
    configuration = work / "tandem.yaml"
    configuration.write_text(f"""
data: {work}/data
listen:
  - {{address: "127.0.0.1:{plain}"}}
  - {{address: "127.0.0.1:{secure}", tls: internal}}
log: {{level: warning, access: off}}
sites:
  default: {{hosts: ["*"]}}
""")
    asset = corpus.one_file(work / "site", BIG, seed=1)
    tandem.publish(configuration, work / "site", "--activate")
    target = Target(plain, secure, asset, connections)
    with tandem.serve(configuration) as server:
        load.wait_until_serving(server, plain)
        return [run(CASES[name], name, server, target, say) for name in cases]


def run(case, name, server, target, say):
    say(case.__doc__.strip())
    time.sleep(1)
    witness = Witness(target.plain)
    memory, processor, begin, peak = server.anonymous_bytes(), server.cpu_seconds(), time.monotonic(), Peak(server)
    witness.start()
    peak.start()
    try:
        words, faults = case(target)
    finally:
        witness.over.set()
        peak.over.set()
        witness.join()
        peak.join()
    seconds = time.monotonic() - begin
    if witness.slowest > WITNESS_MAY_WAIT_SECONDS:
        faults.append(f"the witness waited {witness.slowest:.2f} s")
    faults += witness.faults[:3]
    if not witness.answers:
        faults.append("the witness got no answer")
    return {"case": name, "title": case.__doc__.strip().rstrip("."), "seen": words, "seconds": seconds,
            "memory": peak.bytes - memory, "processor_seconds": server.cpu_seconds() - processor,
            "witness_answers": witness.answers, "witness_slowest": witness.slowest, "faults": faults}


class Peak(threading.Thread):
    """The most memory of its own that the server had."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.bytes, self.over = server, 0, threading.Event()

    def run(self):
        while True:
            self.bytes = max(self.bytes, self.server.anonymous_bytes())
            if self.over.wait(0.1):
                return


def ask(connection, path="/", more=""):
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())


def idle_plain(target):
    """10,000 idle connections."""
    return idle(target, target.open)


def idle_secure(target):
    """10,000 idle connections, TLS."""
    return idle(target, target.open_secure)


def idle(target, opening):
    held = []
    for _ in range(target.connections):
        connection = opening()
        ask(connection)
        connection.recv(65536)
        held.append(connection)
    time.sleep(1)
    faults = []
    for connection in held[:: max(1, len(held) // 50)]:
        ask(connection)
        if not connection.recv(65536).startswith(b"HTTP/1.1 200"):
            faults.append("an idle connection got no answer")
    for connection in held:
        connection.close()
    return f"{len(held):,} held, some of them asked again", faults


def slow_readers(target):
    """200 readers of 10 MB at a kilobyte a second."""
    held = []
    for _ in range(200):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", target.plain))
        ask(connection, "/" + target.asset)
        held.append(connection)
    for _ in range(8):
        for connection in held:
            connection.recv(1024)
        time.sleep(1)
    for connection in held:
        connection.close()
    return "8 KB taken of each", []


def slow_heads(target):
    """500 heads at a byte a second."""
    return until_closed(target, 500, first=b"G", then=b"E")


def half_heads(target):
    """2,000 half heads, then silence."""
    return until_closed(target, 2_000, first=b"GET / HTTP/1.1\r\nHost: loc", then=b"")


def until_closed(target, count, first, then):
    """Sends `first`, then a byte a second, until the server ends the connection."""
    selector, begin, closed, slowest = selectors.DefaultSelector(), time.monotonic(), 0, 0.0
    for _ in range(count):
        connection = target.open()
        connection.sendall(first)
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ)
    due = begin + 1
    while closed < count and time.monotonic() - begin < 3 * HEAD_LIMIT_SECONDS:
        for key, _ in selector.select(0.2):
            try:
                ended = not key.fileobj.recv(4096)
            except OSError:
                ended = True
            if ended:
                selector.unregister(key.fileobj)
                key.fileobj.close()
                closed += 1
                slowest = time.monotonic() - begin
        if then and time.monotonic() >= due:
            due += 1
            for key in list(selector.get_map().values()):
                try:
                    key.fileobj.send(then)
                except OSError:
                    pass
    faults = [] if closed == count else [f"{count - closed} of {count} were still open after {3 * HEAD_LIMIT_SECONDS} s"]
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    return f"all ended after {slowest:.0f} s" if not faults else f"{closed} ended", faults


def endless_head(target):
    """A head of 100 MB."""
    sent, answer = 0, b""
    connection = target.open()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    block = b"X-Filler: " + b"a" * 4000 + b"\r\n"
    try:
        while sent < 100 * 2**20:
            connection.sendall(block)
            sent += len(block)
    except OSError:
        pass
    try:
        answer = connection.recv(4096)
    except OSError:
        pass
    connection.close()
    status = answer.split(b" ", 2)[1].decode() if answer.startswith(b"HTTP/1.1 ") else "a reset"
    return f"{status} after {sent / 1024:,.0f} KB sent", [] if sent < 8 * 2**20 else ["it was read on and on"]


def flood(target, frames, count):
    """Sends the frames again and again, over as many connections as it takes. Returns how many connections, and the last reason."""
    sent, connections, reasons = 0, 0, {}
    while sent < count and connections < count:
        connections += 1
        connection = target.open()
        reader = http2frames.Reader(connection)
        connection.sendall(http2frames.PREFACE + http2frames.settings())
        try:
            stream = 1
            while sent < count:
                batch = b""
                for _ in range(100):
                    batch += frames(stream)
                    stream += 2
                connection.sendall(batch)
                sent += 100
                if (reason := reader.goaway()) is not None:
                    reasons[reason] = reasons.get(reason, 0) + 1
                    break
        except OSError:
            reasons["a reset"] = reasons.get("a reset", 0) + 1
        finally:
            connection.close()
    return connections, reasons


def flooding(title, frames, count=100_000):
    def case(target):
        connections, reasons = flood(target, frames, count)
        faults = [] if reasons else ["nothing stopped it"]
        said = ", ".join(f"{reason} {times:,} ×" for reason, times in reasons.items())
        return f"{connections:,} connections, ended by {said or 'nobody'}", faults
    case.__doc__ = title
    return case


def rapid_resets(stream):
    return http2frames.request(stream) + http2frames.reset(stream)


CASES = {
    "idle": idle_plain,
    "idle-tls": idle_secure,
    "slow-readers": slow_readers,
    "slow-heads": slow_heads,
    "half-heads": half_heads,
    "endless-head": endless_head,
    "resets": flooding("100,000 streams opened and reset.", rapid_resets),
    "pings": flooding("100,000 pings.", lambda stream: http2frames.frame(http2frames.PING, 0, 0, bytes(8))),
    "settings": flooding("100,000 settings.", lambda stream: http2frames.settings()),
    "continuation": flooding("100,000 empty continuations.", lambda stream: http2frames.headers_without_end(stream)),
    "windows": flooding("100,000 window updates of one byte.", lambda stream: http2frames.window(0, 1)),
}


def table(found):
    lines = [["", "seen", "memory", "processor", "witness waited at most"]]
    for case in found:
        lines.append([case["title"], case["seen"], f"{case['memory'] / 2**20:+.1f} MB", f"{case['processor_seconds']:.2f} s",
                      f"{case['witness_slowest'] * 1000:.0f} ms"])
    return report.columns(lines)
