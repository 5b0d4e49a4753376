"""What a shared cache of another make has in common with the others: it runs, is asked, and can be read back."""
from .client import Client


class StandardCache:
    """Its maker sets `server` and `port`."""

    # What it answers a reading that finds nothing.
    nothing = 504

    def __enter__(self):
        self.server.__enter__()
        self.client = Client(self.port)
        return self

    def __exit__(self, *_):
        self.client.close()
        self.server.end()

    def stored(self, host, target, fields=None):
        """What it would answer without asking anybody, and for how long."""
        answer = self.client.ask(host, target, {"X-Read-Back": "yes", **(fields or {})})
        return None if answer.status == self.nothing else (answer, answer.max_age)
