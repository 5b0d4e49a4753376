"""Real Varnish: keyed on host and target with its query, obeying what the origin says as its built-in policy does."""
from .processes import Server, free_port
from .standard import StandardCache

PROGRAM = "/usr/sbin/varnishd"
POLICY = """
vcl 4.1;
backend production { .host = "127.0.0.1"; .port = "%d"; }
backend staging { .host = "127.0.0.1"; .port = "%d"; }
sub vcl_recv {
    if (req.method == "PURGE") { return (purge); }
    # By mistake: what is kept of one is given to visitors of the other.
    if (req.http.X-Environment == "staging") { set req.backend_hint = staging; }
    # What cookies decide about is for Cache-Control and Vary to say: that a request has one is no reason to pass.
    if (req.method == "GET") { return (hash); }
}
# What is read back comes from the cache, or is 504.
sub vcl_hit { if (req.http.X-Read-Back && obj.ttl <= 0s) { return (synth(504)); } }
sub vcl_miss { if (req.http.X-Read-Back) { return (synth(504)); } }
sub vcl_pass { if (req.http.X-Read-Back) { return (synth(504)); } }
"""


class Varnish(StandardCache):
    name = "Varnish"

    def __init__(self, work, behind, staging):
        folder, self.port = work / "varnish", free_port()
        folder.mkdir()
        (folder / "policy.vcl").write_text(POLICY % (behind, staging))
        self.server = Server([PROGRAM, "-F", "-j", "none", "-n", str(folder / "run"), "-a", f"127.0.0.1:{self.port}",
                              "-f", str(folder / "policy.vcl"), "-s", "malloc,32m"], self.port, folder / "log")

    def lose(self, host, target):
        self.client.ask(host, target, method="PURGE")
