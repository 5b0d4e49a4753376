"""One server process with its children: started on a core, measured over /proc, and always stopped."""
import os
import signal
import subprocess
import time

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


class Server:
    """A running program. Use as a context: whatever happens inside, it is stopped at the end."""

    def __init__(self, command, log, core=None, environment=None, passed=()):
        pinned = ["taskset", "--cpu-list", str(core)] + command if core is not None else command
        self.log = log
        with open(log, "ab") as output:
            self.child = subprocess.Popen(pinned, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                          env={**os.environ, **(environment or {})}, start_new_session=True, pass_fds=passed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def processes(self):
        """The program and everything it started, by walking the children of each."""
        found, queue = [], [self.child.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children") as children:
                        queue += [int(child) for child in children.read().split()]
            except OSError:
                continue
        return found

    def cpu_seconds(self):
        """User and system time of all its processes so far."""
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total * TICK_SECONDS

    def anonymous_bytes(self):
        """Memory that belongs to no file (RssAnon), of all its processes."""
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/status") as status:
                total += sum(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))
        return total

    def descriptors(self):
        """How many file descriptors all its processes have open."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.processes())

    def died(self):
        return self.child.poll() is not None

    def log_tail(self, lines=15):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def stop(self):
        """Asks, waits five seconds, then insists: nothing outlives the comparison."""
        family = self.processes()
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            if self.died():
                break
            self.child.send_signal(number)
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        self.child.wait()
        deadline = time.monotonic() + 2
        while any(alive_in_session(pid, self.child.pid) for pid in family[1:]):
            if time.monotonic() > deadline:
                for pid in family[1:]:
                    if alive_in_session(pid, self.child.pid):
                        os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.05)


def alive_in_session(pid, session):
    """Whether this is still the process we started, and not a stranger with its number."""
    try:
        return os.getsid(pid) == session
    except ProcessLookupError:
        return False
