"""Tandem as one of the compared: its configuration, its commands, its start."""
import json
import os
import subprocess

from .process import Server

SITE = "default"


class Tandem:
    name = "Tandem"

    def __init__(self, program):
        self.program = str(program)

    def configure(self, work, port, threads=1):
        """Writes the shortest configuration that equals the peers': one loop, no access log."""
        work.mkdir(parents=True, exist_ok=True)
        configuration = work / "tandem.yaml"
        configuration.write_text(f"""
data: {work}/data
threads: {threads}
listen: [{{address: "127.0.0.1:{port}"}}]
log: {{level: warning, access: off}}
sites:
  {SITE}: {{hosts: ["*"]}}
""")
        return configuration

    def serve(self, configuration, core=None):
        return Server([self.program, "serve", "-c", str(configuration)], configuration.parent / "log", core)

    def start(self, row, site, port, work, core):
        """Publishes the folder into a store of its own, then serves it. A store that is there already is used again."""
        configuration = self.configure(work, port)
        if not (work / "published").exists():
            self.publish(configuration, site, "--activate")
            (work / "published").touch()
        return self.serve(configuration, core)

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


def release_id(printed):
    for key in ("id", "release", "releaseID", "release_id"):
        value = printed.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return release_id(value)
    raise RuntimeError(f"publish printed no release id: {printed}")
