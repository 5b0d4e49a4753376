"""A real Tandem: as a cache before the careless origin, and with what is deployed published to it as releases."""
import json
import subprocess

from .client import Answer, Client, UnixClient
from .processes import Server, free_port

FOREIGN = """
      - {path: /*, proxy: {backend: origin, cache: on, guard: auto}}"""
# By site: what its routes say.
ROUTES = {
    # Nothing is published: all comes from the origin.
    "foreign": FOREIGN,
    # Assets are published, pages come from elsewhere.
    "assets": """
      - {path: /assets/*, release: {}}""" + FOREIGN,
    # The same, where assets have no digests in their names: the newest release's are served.
    "documents": """
      - {path: /assets/*, release: {}}""" + FOREIGN,
    # Assets are published beside an origin that answers whatever it is asked.
    "over": FOREIGN,
    # The same; releases bring the servers of pages, assets and API.
    "bound": FOREIGN,
    # Pages and assets are one release, which brings the servers of its API.
    "api": """
      - {path: /api/*, proxy: {backend: origin, cache: on}}
      - {path: /*, release: {}}""",
    # Pages and assets are one release.
    "whole": """
      - {path: /*, release: {}}""",
}


class Tandem:
    name = "Tandem"

    def __init__(self, program, work, origin, sites):
        """`sites`: [(name, hosts, kind, more lines of the site, whether both groups of the origin are its servers)]."""
        self.program, self.work, self.port = str(program), work / "tandem", free_port()
        self.work.mkdir()
        self.configuration = self.work / "tandem.yaml"
        self.configuration.write_text(f"""
data: {self.work}/data
threads: 1
listen: [{{address: "127.0.0.1:{self.port}"}}]
log: {{level: warning, access: off}}
cache: {{size: 64MB, memory: 8MB}}
sites:
""" + "".join(site(origin, *each) for each in sites))
        self.server = Server([self.program, "serve", "-c", str(self.configuration)], self.port, self.work / "log")

    def __enter__(self):
        self.server.__enter__()
        socket = self.work / "data/admin.sock"
        self.server.wait(lambda: socket.exists())
        self.client, self.admin = Client(self.port), UnixClient(socket)
        return self

    def __exit__(self, *_):
        self.client.close()
        self.admin.close()
        self.server.end()

    def command(self, *arguments):
        done = subprocess.run([self.program, *arguments, "-c", str(self.configuration)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"tandem {' '.join(arguments)}: exit {done.returncode}: {done.stderr}")
        return done.stdout

    def releases(self, site):
        """Ids of the site's releases, the newest first."""
        return [each["record"]["id"] for each in json.loads(self.command("release", "list", "--site", site, "--json"))]

    def digest(self, folder, out):
        """The entries of the manifest."""
        done = subprocess.run([self.program, "digest", str(folder), str(out)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"tandem digest: exit {done.returncode}: {done.stderr}")
        return json.loads((out / "manifest.json").read_text())["entries"]

    def operate(self, path, operation):
        answer = self.admin.ask("tandem", path, {"Content-Type": "application/json"}, "POST", json.dumps(operation))
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {answer.body.decode(errors='replace')}")
        return json.loads(answer.body or b"{}")

    def stored(self, host, target, release=None):
        """What its cache would answer without asking anybody, and for how long. The body is its digest. `release`: of whose servers."""
        asked = {"url": f"http://{host}{target}", "headers": [], **({"release": release} if release else {})}
        entry = self.operate("/v1/cache/inspect", asked).get("entry")
        if not entry or entry["remaining"] <= 0 or entry["isMarkedStale"]:
            return None
        return Kept(entry), entry["remaining"]

    def purge(self, urls=(), tags=(), soft=False):
        self.operate("/v1/cache/purge", {"urls": list(urls), "tags": list(tags), "isSoft": soft})

    def expire(self, host, target):
        """Its time is over: it is there, and must be validated before it is used."""
        self.purge([f"http://{host}{target}"], soft=True)

    def lose(self, host, target):
        self.purge([f"http://{host}{target}"])


class Kept(Answer):
    """A kept answer of which only the digest is known."""

    def __init__(self, entry):
        fields = dict(line.lower().split(": ", 1) for line in entry["fields"] if ": " in line)
        super().__init__(entry["status"], fields)
        self.digest = entry["digest"]


def site(origin, name, hosts, kind, more="", isGrouped=False):
    ports = origin.groups.values() if isGrouped else [origin.port]
    servers = ", ".join(f'{{url: "http://127.0.0.1:{port}"}}' for port in ports)
    backends = "" if kind == "whole" else f"""
    backends: {{origin: {{servers: [{servers}], retry: {{when: [connect, timeout, mismatch]}}}}}}"""
    return f"""  {name}:
    hosts: {json.dumps(hosts)}
    arrival_wait: 1s{more}
    routes:{ROUTES[kind]}{backends}
"""
