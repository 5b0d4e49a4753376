"""Load from the other core: wrk, h2load and s_time for throughput, one request to see that the bytes are right."""
import email
import http.client
import re
import socket
import subprocess
import time

from . import tls

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}

# wrk calls `request` for each request. The list of paths is read once, so that what is measured is the server.
WITH_GZIP = 'wrk.headers["Accept-Encoding"] = "gzip"\n'
FROM_LIST = """
local requests, order, next_one = {}, {}, 0
function init(arguments)
  for path in io.lines("%s") do
    if not requests[path] then requests[path] = wrk.format("GET", "/" .. path) end
    order[#order + 1] = requests[path]
  end
end
function request()
  next_one = next_one %% #order + 1
  return order[next_one]
end
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path, headers=None, method="GET", secure=False, http2=False):
    if http2:
        return get_by_prior_knowledge(port, path)
    if secure:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=tls.client_context())
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, "/" + path.lstrip("/"), headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def get_by_prior_knowledge(port, path):
    """The same over HTTP/2, which some servers speak alone on such a port."""
    url = f"http://127.0.0.1:{port}/{path.lstrip('/')}"
    done = subprocess.run(["curl", "--silent", "--http2-prior-knowledge", "--dump-header", "-", url],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=10)
    if done.returncode:
        raise ConnectionError(f"curl: exit {done.returncode}")
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = email.message_from_string("\n".join(lines))
    return int(status.split()[1]), headers, body


def wait_until_serving(server, port, path="/", seconds=30, **how):
    """Waits for a first 200. Returns the seconds it took; an error carries the end of the server's log."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if server.died():
            break
        try:
            if get(port, path, **how)[0] == 200:
                return time.monotonic() - begin
        except OSError:
            pass
        time.sleep(0.002)
    how = "ended" if server.died() else f"did not answer 200 on port {port} within {seconds} s"
    raise RuntimeError(f"the server {how}:\n{server.log_tail()}")


class Failed(RuntimeError):
    """The load tool saw answers that were no answers."""


def wrk(port, path, seconds, connections, core, script=None, secure=None, closing=False):
    """Runs wrk. Returns requests, requests per second and the 99th percentile of latency in seconds.

    With the folder `secure` over TLS. When `closing`, each request has a connection of its own; over TLS wrk resumes its session.
    """
    command = ["taskset", "--cpu-list", str(core), "wrk", "--threads", "1", "--connections", str(connections),
               "--duration", f"{seconds}s", "--timeout", "10s", "--latency"]
    command += ["--script", str(script)] if script else []
    command += ["--header", "Connection: close"] if closing else []
    scheme = "https" if secure else "http"
    output = subprocess.run(command + [f"{scheme}://127.0.0.1:{port}/{path}"], check=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True, env=tls.environment(secure) if secure else None).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    if bad or (errors and any(int(count) for count in errors.groups())):
        raise Failed(output)
    latency, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", output).groups()
    return {
        "requests": int(re.search(r"(\d+) requests in", output)[1]),
        "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]),
        "p99_seconds": float(latency) * UNITS[unit],
    }


def h2load(port, path, seconds, connections, streams, core):
    """Runs h2load over HTTP/2 with prior knowledge. Returns what `wrk` does; of latency it knows the worst."""
    command = ["taskset", "--cpu-list", str(core), "h2load", "--threads", "1", "--clients", str(connections),
               "--max-concurrent-streams", str(streams), "--duration", str(seconds)]
    output = subprocess.run(command + [f"http://127.0.0.1:{port}/{path}"], check=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True, timeout=seconds + 30).stdout
    done, failed, errored, late = (int(re.search(rf"(\d+) {word}", output)[1]) for word in ("succeeded", "failed", "errored", "timeout"))
    if not done or failed or errored or late or re.search(r" 2xx, 0 3xx, 0 4xx, 0 5xx", output) is None:
        raise Failed(output)
    worst, unit = re.search(r"time for request:\s+\S+\s+([\d.]+)(us|ms|s)", output).groups()
    return {"requests": done, "per_second": done / seconds, "p99_seconds": float(worst) * UNITS[unit]}


def handshakes(port, path, seconds, core, secure):
    """Whole TLS handshakes with one request each, from four s_time at a time. Of latency it says nothing."""
    command = ["taskset", "--cpu-list", str(core), "openssl", "s_time", "-new", "-connect", f"127.0.0.1:{port}", "-time", str(seconds),
               "-www", f"/{path}"]
    running = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=tls.environment(secure)) for _ in range(4)]
    done = 0
    for child in running:
        output = child.communicate(timeout=seconds + 30)[0]
        found = re.search(r"(\d+) connections in \d+ real seconds, \d+ bytes", output)
        if child.returncode or not found:
            raise Failed(output)
        done += int(found[1])
    return {"requests": done, "per_second": done / seconds, "p99_seconds": 0.0}
