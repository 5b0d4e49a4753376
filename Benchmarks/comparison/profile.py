"""Where a server's time goes while the load runs: the profile that a figure in the table is explained with.

Needs perf (Debian: linux-perf) and the right to use it: root, or kernel.perf_event_paranoid ≤ 1.
"""
import shutil
import subprocess
import threading

LINES = 40


def while_loaded(server, load, seconds, into):
    """Samples the server while `load()` runs; writes the functions that took most to the file `into`."""
    if not shutil.which("perf"):
        raise RuntimeError("perf is not installed: apt-get install linux-perf")
    samples = into.with_suffix(".data")
    loading = threading.Thread(target=load)
    loading.start()
    recorded = subprocess.run(["perf", "record", "--quiet", "--event", "cpu-clock", "--freq", "2000", "--output", str(samples),
                               "--pid", ",".join(map(str, server.processes())), "--", "sleep", str(max(1, seconds - 1))],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    loading.join()
    if recorded.returncode:
        raise RuntimeError(f"perf record: {recorded.stderr.strip()[-500:]}")
    report = subprocess.run(["perf", "report", "--input", str(samples), "--stdio", "--percent-limit", "0.4", "--sort", "dso,symbol"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    lines = [line.rstrip() for line in report.splitlines() if line.strip() and not line.startswith("#")]
    into.write_text("\n".join(lines[:LINES]) + "\n")
    samples.unlink(missing_ok=True)
