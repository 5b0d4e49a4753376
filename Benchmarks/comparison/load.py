"""Load from the other core: wrk for throughput, one plain request to see that the bytes are right."""
import http.client
import re
import socket
import subprocess
import time

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}

# wrk calls `request` for each request. The list of paths is read once, so that what is measured is the server.
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


def get(port, path, headers=None, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, "/" + path.lstrip("/"), headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def wait_until_serving(server, port, path="/", seconds=30):
    """Waits for a first 200. Returns the seconds it took; an error carries the end of the server's log."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if server.died():
            break
        try:
            if get(port, path)[0] == 200:
                return time.monotonic() - begin
        except OSError:
            pass
        time.sleep(0.002)
    how = "ended" if server.died() else f"did not answer 200 on port {port} within {seconds} s"
    raise RuntimeError(f"the server {how}:\n{server.log_tail()}")


class Failed(RuntimeError):
    """The load tool saw answers that were no answers."""


def wrk(port, path, seconds, connections, core, script=None):
    """Runs wrk. Returns requests, requests per second and the 99th percentile of latency in seconds."""
    command = ["taskset", "--cpu-list", str(core), "wrk", "--threads", "1", "--connections", str(connections),
               "--duration", f"{seconds}s", "--timeout", "10s", "--latency"]
    command += ["--script", str(script)] if script else []
    output = subprocess.run(command + [f"http://127.0.0.1:{port}/{path}"], check=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True).stdout
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
