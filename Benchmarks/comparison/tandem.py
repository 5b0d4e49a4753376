"""Tandem as one of the compared: its configuration, its commands, its start."""
import http.client
import json
import os
import socket
import subprocess

from .process import Server

SITE = "default"


class Tandem:
    name = "Tandem"

    def __init__(self, program):
        self.program = str(program)

    def configure(self, work, port, threads=1, secure=None):
        """Writes the shortest configuration that equals the peers': one loop, no access log."""
        work.mkdir(parents=True, exist_ok=True)
        configuration = work / "tandem.yaml"
        tls = f', tls: [{{certificate: {secure}/certificate.pem, key: {secure}/key.pem}}]' if secure else ""
        configuration.write_text(f"""
data: {work}/data
threads: {threads}
listen: [{{address: "127.0.0.1:{port}"{tls}}}]
log: {{level: warning, access: off}}
sites:
  {SITE}:
    hosts: ["*"]
""")
        return configuration

    def serve(self, configuration, core=None):
        return Server([self.program, "serve", "-c", str(configuration)], configuration.parent / "log", core)

    def start(self, row, site, port, work, core, secure=None):
        """Publishes the folder into a store of its own, then serves it. A store that is there already is used again."""
        configuration = self.configure(work, port, secure=secure)
        if not (work / "published").exists():
            self.publish(configuration, site, "--activate")
            (work / "published").touch()
        return self.serve(configuration, core)

    def start_proxy(self, origin, port, work, core, cache=""):
        """Passes everything to a server on this machine."""
        configuration = self.configure(work, port)
        with configuration.open("a") as file:
            file.write(f"""    routes: [{{path: /*, proxy: {{backend: origin{cache}}}}}]
    backends: {{origin: {{servers: [{{url: "http://127.0.0.1:{origin}"}}]}}}}
""")
        return self.serve(configuration, core)

    def start_cache(self, origin, port, work, core):
        """The same, and keeps what it gets."""
        return self.start_proxy(origin, port, work, core, ", cache: on")

    def start_gzip(self, origin, port, work, core):
        """The same, and compresses it."""
        return self.start_proxy(origin, port, work, core, ", compress: {encodings: [gzip], level: 5}")

    def command(self, configuration, *arguments):
        """Runs one command. Returns what it printed; an error carries what it complained about."""
        done = subprocess.run([self.program, *arguments, "-c", str(configuration)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"})
        if done.returncode:
            raise RuntimeError(f"tandem {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout

    def publish(self, configuration, folder, *options):
        """Returns the whole release id."""
        printed = self.command(configuration, "publish", str(folder), "--site", SITE, "--json", *options)
        return release_id(json.loads(printed.strip().splitlines()[-1] if not printed.lstrip().startswith("{") else printed))


class AdminSocket(http.client.HTTPConnection):
    """The admin API over the socket in the data folder, as the commands use it."""

    def __init__(self, configuration):
        super().__init__("localhost", timeout=30)
        self.path = str(configuration.parent / "data" / "admin.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class ByCommand:
    """An activation by `tandem release activate`: started, and finished later, so that a client can look meanwhile."""

    words = "by command"

    def __init__(self, tandem, configuration, release):
        self.child = subprocess.Popen([tandem.program, "release", "activate", release, "--site", SITE, "-c", str(configuration)],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def finish(self):
        """Raises with what the command complained about."""
        try:
            _, complaint = self.child.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            _, complaint = self.child.communicate()
        if self.child.returncode:
            raise RuntimeError(f"tandem release activate: exit {self.child.returncode}: {complaint}")


class ByCall:
    """An activation by one call of the admin API."""

    words = "by the API"

    def __init__(self, tandem, configuration, release):
        self.connection = AdminSocket(configuration)
        self.connection.request("POST", f"/v1/sites/{SITE}/releases/{release}/activate", json.dumps({"site": SITE, "release": release}),
                                {"Content-Type": "application/json"})

    def finish(self):
        answer = self.connection.getresponse()
        said = answer.read().decode("utf-8", "replace")
        self.connection.close()
        if answer.status != 200:
            raise RuntimeError(f"the admin API answered {answer.status} to an activation: {said[:500]}")


def release_id(printed):
    for key in ("id", "release", "releaseID", "release_id"):
        value = printed.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return release_id(value)
    raise RuntimeError(f"publish printed no release id: {printed}")
