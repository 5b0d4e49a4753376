"""Real nginx in two parts: the careless origin, and a cache in front of something as its manual says."""
import os

from .processes import Server, free_port
from .standard import StandardCache

PROGRAM = "/usr/sbin/nginx"


def configuration(work, http):
    return f"""
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
pid {work}/nginx.pid;
error_log {work}/error.log warn;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    types {{ text/html html; text/javascript js; text/css css; }}
    client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
{http}
}}
"""


def started(work, http, port):
    work.mkdir(parents=True)
    (work / "nginx.conf").write_text(configuration(work, http))
    return Server([PROGRAM, "-c", str(work / "nginx.conf"), "-e", str(work / "error.log"), "-p", str(work)], port, work / "log")


class Origin:
    """Serves files as file servers do: whatever the query says, and a digest in a name taken for a way to get past caches.

    `X-Side` says which of two groups of servers (or which environment) a request lands on, `X-Full` that it has no room for it. For a
    balancer that chooses by itself each group has a port of its own, `groups`.
    """

    def __init__(self, work):
        self.root, self.port = work / "root", free_port()
        self.groups = {"one": free_port(), "two": free_port()}
        self.root.mkdir(parents=True)
        (work / "careless.conf").write_text(self.CARELESS)
        self.server = started(work / "origin", f"""
    map $http_x_side $side {{ default one; two two; }}
    map $uri $life {{ default no-cache; ~^/assets/ "public, max-age=604800"; ~^/(kept|api/kept)/ "public, max-age=86400"; }}
    map $uri $tag {{ default rest; ~core core; }}
    server {{ listen 127.0.0.1:{self.groups["one"]}; root {self.root}/one/$host; include {work}/careless.conf; }}
    server {{ listen 127.0.0.1:{self.groups["two"]}; root {self.root}/two/$host; include {work}/careless.conf; }}
    server {{ listen 127.0.0.1:{self.port}; root {self.root}/$side/$host; include {work}/careless.conf; }}""", self.port)

    CARELESS = """
        index index.html;
        add_header Cache-Control $life;
        add_header Cache-Tag $tag;
        if ($http_x_full) { return 503; }
        location / { }
        location ~ "^(?<stem>/assets/.+)_[0-9a-f]{32}(?<suffix>\\.[a-z]+)$" { try_files $uri $stem$suffix =404; }
"""

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.end()

    def put(self, side, host, path, body, second):
        """Overwrites a file in place. Its time is told, since a file server makes validators of seconds."""
        file = self.root / side / host / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        os.utime(file, (second, second))

    def remove(self, side, host, path):
        (self.root / side / host / path.lstrip("/")).unlink(missing_ok=True)


class NginxCache(StandardCache):
    """`proxy_cache` keyed on host and target with its query, obeying what the origin says."""

    name, nothing = "nginx", 502

    def __init__(self, work, behind, staging):
        self.folder, self.port = work / "nginx-cache" / "kept", free_port()
        (work / "nginx-cache").mkdir()
        # Nothing listens on the port of `nowhere`: what is read back comes from the cache, or is 502.
        self.server = started(work / "nginx-cache" / "run", f"""
    proxy_cache_path {self.folder} keys_zone=kept:8m inactive=1d;
    upstream onwards {{ server 127.0.0.1:{behind}; keepalive 8; }}
    upstream nowhere {{ server 127.0.0.1:{free_port()}; }}
    upstream staging {{ server 127.0.0.1:{staging}; keepalive 8; }}
    map $http_x_read_back$http_x_environment $behind {{ default onwards; staging staging; yes nowhere; }}
    server {{
        listen 127.0.0.1:{self.port};
        location / {{
            proxy_pass http://$behind;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_cache kept;
            proxy_cache_key $host$request_uri;
        }}
    }}""", self.port)

    def lose(self, host, target):
        """As when its time is over, or it was evicted: the file goes."""
        key = f"KEY: {host}{target}\n".encode()
        for file in self.folder.iterdir():
            with open(file, "rb") as head:
                if key in head.read(2048):
                    file.unlink()
