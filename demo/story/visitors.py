"""Plain clients: each walks the real import graph of the page it was given, over one connection, and never retries."""
import gzip
import http.client
import random
import threading
import time

from . import graph


class Client:
    """One visitor's connection and cookies. From an address of its own, since need is counted by client."""

    def __init__(self, port, ledger, name, number):
        self.ledger, self.name = ledger, name
        self.encoding = "gzip" if number % 2 else "identity"
        self.cookie = None
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(f"127.0.1.{1 + number % 200}", 0))

    def get(self, url, **fields):
        """The answer's fields and body, entered in the ledger; None if there was none."""
        headers = {"Accept-Encoding": self.encoding, **{name.replace("_", "-"): value for name, value in fields.items()}}
        if self.cookie:
            headers["Cookie"] = self.cookie
        try:
            self.connection.request("GET", url, headers=headers)
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.ledger.fail(self.name, url, f"{type(error).__name__} {error}")
            return None
        seen = {name.lower(): value for name, value in answer.getheaders()}
        if seen.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if "set-cookie" in seen:
            self.cookie = seen["set-cookie"].partition(";")[0]
        self.ledger.enter(self.name, url, answer.status, seen, body)
        return seen

    def navigate(self):
        """Opens the page. Returns the id of the release it is of."""
        seen = self.get("/", Sec_Fetch_Mode="navigate", Accept="text/html")
        return seen and seen.get("x-deployment-id")

    def close(self):
        self.connection.close()


class Crowd:
    """Threads of visitors who come, load a page with its parts, wander into some late ones, and come again.

    `linger` of them keep the first page they got and load its late parts only when told: the open tab of yesterday.
    While lingering they also ask for their page's document with its pin, as a page does that knows its release.
    """

    def __init__(self, port, ledger, walks, browsing=4, lingering=4, seed=1):
        self.port, self.ledger, self.walks, self.seed = port, ledger, walks, seed
        self.leaving, self.late_now, self.lingerers_done = threading.Event(), threading.Event(), threading.Event()
        self.threads = [threading.Thread(target=self.guard, args=(self.browse, number)) for number in range(browsing)]
        self.lingerers = [threading.Thread(target=self.guard, args=(self.linger, browsing + number)) for number in range(lingering)]

    def __enter__(self):
        for thread in self.threads + self.lingerers:
            thread.start()
        return self

    def __exit__(self, *_):
        self.leaving.set()
        self.late_now.set()
        self.lingerers_done.set()
        for thread in self.threads + self.lingerers:
            thread.join()

    def guard(self, act, number):
        """A fault in a visitor is a failure of the demonstration, not a silent thread."""
        try:
            act(number, random.Random(self.seed * 1000 + number))
        except Exception as error:
            self.ledger.fail(f"visitor {number}", "-", f"{type(error).__name__} {error}")

    def browse(self, number, chance):
        while not self.leaving.is_set():
            client = Client(self.port, self.ledger, "clients", number)
            for _ in range(3):   # comes back, with its cookie: only then it may meet a canary
                release = client.navigate()
                if release:
                    eager, late = self.walks[release]
                    self.load(client, sorted(eager), chance)
                    self.load(client, chance.sample(sorted(late), min(8, len(late))), chance)
            client.close()

    def linger(self, number, chance):
        client = Client(self.port, self.ledger, "clients that keep an old page", number)
        release = client.navigate()
        eager, late = self.walks[release]
        self.load(client, sorted(eager), chance)
        while not self.late_now.wait(0.5):
            self.talk(client, release)
        for url in chance.sample(sorted(late), len(late)):
            client.get(url)
        while not self.lingerers_done.wait(0.5):
            self.talk(client, release)
        client.close()

    def talk(self, client, release):
        """A page that says which release it is of gets an answer of that release, whatever is current."""
        seen = client.get("/", X_Deployment_Id=release)
        if seen and seen.get("x-deployment-id") != release:
            self.ledger.fail(client.name, "/", f"asked as a page of {release[:12]}, answered by {seen.get('x-deployment-id')}")

    def load(self, client, urls, chance):
        for url in urls:
            if self.leaving.is_set():
                return
            if not url.endswith("/index.html"):
                client.get(url)
            time.sleep(chance.uniform(0, 0.01))

    def open_late_parts(self):
        self.late_now.set()

    def let_go(self):
        """Nobody asks for the old release any more."""
        self.lingerers_done.set()
        for thread in self.lingerers:
            thread.join()


def walks_of(build):
    return graph.walk("/index.html", build.files)
