"""The servers compared: how each is configured and started. Each is tuned the way its manual says for static files.

All have one worker, no access log, no limit on requests per connection, and the header fields that Tandem sends, as far
as each can. A server of whose kind nothing is installed is left out and said so.
"""
import os
import resource
import shutil

from .process import Server

CACHE_CONTROL = "public, max-age=31536000, immutable"


class Nginx:
    name, program = "nginx", "/usr/sbin/nginx"

    def start(self, row, site, port, work, core, secure=None):
        work.mkdir(parents=True, exist_ok=True)
        files = min(262144, hard_file_limit())
        configuration = work / "nginx.conf"
        configuration.write_text(f"""
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
pid {work}/nginx.pid;
error_log {work}/error.log warn;
worker_processes 1;
worker_rlimit_nofile {files};
events {{ worker_connections 12288; multi_accept on; }}
http {{
    access_log off;
    server_tokens off;
    default_type application/octet-stream;
    types {{ text/html html; image/webp webp; text/plain txt; }}
    {row.nginx}
    output_buffers 2 128k;   # without sendfile: a file of the comparison in one read
    tcp_nodelay on;
    keepalive_timeout 75s;
    keepalive_requests 1000000000;
    open_file_cache max={files - 8192} inactive=1h;
    open_file_cache_valid 1h;
    open_file_cache_min_uses 1;
    client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096{" ssl" if secure else ""}{" http2" if row.way == "streams" else ""};
        {nginx_tls(secure) if secure else ""}
        root {site};
        add_header Cache-Control "{CACHE_CONTROL}";
        add_header X-Content-Type-Options nosniff;
    }}
}}
""")
        return Server([self.program, "-c", str(configuration), "-p", str(work)], work / "log", core)

    def start_proxy(self, origin, port, work, core, http="", location=""):
        """Passes everything to a server on this machine, over connections that persist."""
        work.mkdir(parents=True, exist_ok=True)
        configuration = work / "nginx.conf"
        configuration.write_text(f"""
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
pid {work}/nginx.pid;
error_log {work}/error.log warn;
worker_processes 1;
events {{ worker_connections 12288; multi_accept on; }}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_timeout 75s;
    keepalive_requests 1000000000;
    client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
    {http}
    upstream origin {{ server 127.0.0.1:{origin}; keepalive 256; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; {location} }}
    }}
}}
""")
        return Server([self.program, "-c", str(configuration), "-p", str(work)], work / "log", core)


    def start_cache(self, origin, port, work, core):
        """The same, and keeps what it gets for as long as the origin says."""
        http = (f"open_file_cache max=4096 inactive=1h; open_file_cache_valid 1h; "
                f"proxy_cache_path {work}/cache keys_zone=kept:10m max_size=1g inactive=1h use_temp_path=off;")
        return self.start_proxy(origin, port, work, core, http, "proxy_cache kept;")

    def start_gzip(self, origin, port, work, core):
        """Compresses what it passes on, at the level that Tandem has."""
        return self.start_proxy(origin, port, work, core, location="gzip on; gzip_types text/plain; gzip_comp_level 5; gzip_vary on;")


class H2O:
    name, program = "h2o", "h2o"

    def start(self, row, site, port, work, core, secure=None):
        work.mkdir(parents=True, exist_ok=True)
        configuration = work / "h2o.yaml"
        configuration.write_text(f"""
{"user: root" if os.geteuid() == 0 else ""}
num-threads: 1
max-connections: 12288
pid-file: {work}/h2o.pid
error-log: {work}/error.log
listen: {{host: 127.0.0.1, port: {port}{h2o_tls(secure) if secure else ""}}}
file.send-compressed: OFF
file.mime.addtypes: {{image/webp: .webp}}
hosts:
  default:
    paths:
      /:
        file.dir: {site}
        header.add: "Cache-Control: {CACHE_CONTROL}"
        header.add: "X-Content-Type-Options: nosniff"
""")
        return Server([self.program, "--mode", "worker", "--conf", str(configuration)], work / "log", core)


class Caddy:
    name, program = "Caddy", "caddy"

    def start(self, row, site, port, work, core, secure=None):
        work.mkdir(parents=True, exist_ok=True)
        configuration = work / "Caddyfile"
        configuration.write_text(f"""
{{
    admin off
    auto_https off
    servers {{
        protocols h1 h2 h2c
    }}
}}
{"https" if secure else "http"}://127.0.0.1:{port} {{
    bind 127.0.0.1
    {f"tls {secure}/certificate.pem {secure}/key.pem" if secure else ""}
    root * {site}
    header Cache-Control "{CACHE_CONTROL}"
    header X-Content-Type-Options nosniff
    file_server
}}
""")
        # Go takes as many threads as the process may use cores: one, since the server is pinned.
        command = [self.program, "run", "--config", str(configuration), "--adapter", "caddyfile"]
        return Server(command, work / "log", core, {"HOME": str(work), "XDG_CONFIG_HOME": str(work), "XDG_DATA_HOME": str(work)})


class HAProxy:
    """Only where requests are passed on: it serves no files."""

    name, program = "HAProxy", "haproxy"

    def start_proxy(self, origin, port, work, core):
        work.mkdir(parents=True, exist_ok=True)
        configuration = work / "haproxy.cfg"
        configuration.write_text(f"""
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout connect 5s
    timeout client 75s
    timeout server 75s
    http-reuse always
frontend clients
    bind 127.0.0.1:{port} backlog 4096
    default_backend origin
backend origin
    server one 127.0.0.1:{origin} pool-max-conn 256
""")
        return Server([self.program, "-db", "-f", str(configuration)], work / "log", core)


class Varnish:
    """Only where answers are kept: it serves no files."""

    name, program = "Varnish", "/usr/sbin/varnishd"

    def start_cache(self, origin, port, work, core):
        work.mkdir(parents=True, exist_ok=True)
        work.chmod(0o755)
        configuration = work / "origin.vcl"
        configuration.write_text(f'vcl 4.1;\nbackend origin {{ .host = "127.0.0.1"; .port = "{origin}"; }}\n')
        command = [self.program, "-F", "-j", "none", "-n", str(work / "run"), "-a", f"127.0.0.1:{port}", "-f", str(configuration),
                   "-s", "malloc,256m", "-p", "thread_pools=1", "-p", "thread_pool_min=100", "-p", "thread_pool_max=200",
                   "-p", "listen_depth=4096"]
        return Server(command, work / "log", core)


def nginx_tls(secure):
    return (f"ssl_certificate {secure}/certificate.pem; ssl_certificate_key {secure}/key.pem; ssl_protocols TLSv1.2 TLSv1.3; "
            "ssl_session_tickets on; ssl_session_cache none;")


def h2o_tls(secure):
    return f", ssl: {{certificate-file: {secure}/certificate.pem, key-file: {secure}/key.pem, minimum-version: TLSv1.2}}"


def hard_file_limit():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def installed(peers):
    """Those of the peers that are there, and the names of those that are not."""
    there = [peer for peer in peers if shutil.which(peer.program)]
    return there, [peer.name for peer in peers if peer not in there]
