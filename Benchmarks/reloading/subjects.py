"""What is reloaded: Tandem, and nginx beside it. Each with two workers or loops, plain and TLS with HTTP/2, the defaults else."""
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from comparison import corpus, load
from comparison.process import Server
from comparison.tandem import Tandem as Published


class Tandem:
    name, more = "Tandem", ""

    def __init__(self, program, work, site, secure, echo=1):
        self.program, self.ports = program, {"plain": load.free_port(), "secure": load.free_port()}
        work.mkdir(parents=True)
        self.work, self.configuration = work, work / "tandem.yaml"
        self.configuration.write_text(f"""
data: {work}/data
threads: 2
listen:
  - address: 127.0.0.1:{self.ports["plain"]}
  - {{address: "127.0.0.1:{self.ports["secure"]}", tls: [{{certificate: {secure}/certificate.pem, key: {secure}/key.pem}}]}}
log: {{level: info, access: off}}
drain: {{websocket: 2s}}
{self.more}
sites:
  default:
    hosts: ["*"]
    backends: {{echo: {{servers: [{{url: "http://127.0.0.1:{echo}"}}]}}}}
    routes: [{{path: /ws, proxy: {{backend: echo}}}}, {{path: /*, release: {{}}}}]
""")
        self.binary = work / "tandem"
        self.binary.hardlink_to(program) if same_device(program, work) else self.install()
        Published(program).publish(self.configuration, site, "--activate")

    def publish_many(self, count):
        """A release of so many files, made current."""
        corpus.linked_files(self.work / "many", count)
        Published(self.program).publish(self.configuration, self.work / "many", "--activate")
        shutil.rmtree(self.work / "many")

    def install(self):
        """A running binary cannot be written over: another file takes its place."""
        fresh = self.work / "tandem.new"
        subprocess.run(["cp", self.program, fresh], check=True)
        fresh.rename(self.binary)

    def serve(self):
        return Server([str(self.binary), "serve", "-c", str(self.configuration)], self.work / "log")

    def ask(self, *arguments):
        done = subprocess.run([str(self.binary), *arguments, "-c", str(self.configuration)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"tandem {arguments[0]}: exit {done.returncode}: {done.stdout}")
        return done.stdout

    def reload(self, _):
        self.ask("reload")

    def upgrade(self, _):
        self.install()
        self.ask("upgrade")

    def generations(self):
        """What the supervisor says; nothing while there is none."""
        return json.loads(self.ask("status", "--json")).get("generations") or []


class Activated(Tandem):
    """With its sockets from a service manager, which holds them while nobody serves, and starts it again when it dies."""

    # Workers that die so often are taken for ones that crash, and are started ever later, unless they have lived for so long.
    more = "generations: {probation: 500ms}"

    def __init__(self, *given):
        super().__init__(*given)
        self.sockets = []
        for port in self.ports.values():
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            listener.listen(4096)
            # Far from 3, where they go.
            self.sockets.append(fcntl.fcntl(listener.detach(), fcntl.F_DUPFD_CLOEXEC, 50))

    def serve(self):
        # The shell becomes the server: LISTEN_PID is its own.
        moved = " ".join(f"{3 + index}<&{one}" for index, one in enumerate(self.sockets))
        script = f'exec {moved}; LISTEN_FDS={len(self.sockets)} LISTEN_PID=$$ exec "$0" serve -c "$1"'
        return Server(["bash", "-c", script, str(self.binary), str(self.configuration)], self.work / "log", passed=self.sockets)


class Nginx:
    name, program = "nginx", "/usr/sbin/nginx"

    def __init__(self, work, site, secure, echo):
        self.ports = {"plain": load.free_port(), "secure": load.free_port()}
        work.mkdir(parents=True)
        self.work, self.configuration = work, work / "nginx.conf"
        self.configuration.write_text(f"""
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
pid {work}/nginx.pid;
error_log {work}/error.log warn;
worker_processes 2;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    types {{ text/html html; application/octet-stream bin; }}
    keepalive_requests 1000000000;
    client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
    server {{
        listen 127.0.0.1:{self.ports["plain"]} backlog=4096;
        listen 127.0.0.1:{self.ports["secure"]} ssl http2 backlog=4096;
        ssl_certificate {secure}/certificate.pem; ssl_certificate_key {secure}/key.pem;
        root {site};
        location /ws {{
            proxy_pass http://127.0.0.1:{echo}; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
        }}
    }}
}}
""")

    def serve(self):
        return Server([self.program, "-c", str(self.configuration), "-p", str(self.work)], self.work / "log")

    def reload(self, server):
        """nginx does not say when it has: over is when a worker serves that was not there before."""
        before = set(server.processes())
        server.child.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while not set(server.processes()) - before:
            if time.monotonic() > deadline:
                raise RuntimeError("nginx did not reload")
            time.sleep(0.005)


def same_device(one, other):
    return os.stat(one).st_dev == os.stat(other).st_dev
