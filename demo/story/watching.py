"""Pages loaded in a browser, and everything that went wrong: requests that failed, answers of 400 and more, console errors."""
import re
import threading
import time

from .browser import Browser, path_of


TIME = re.compile(r"\?\d{10,}")


class Watcher(Browser):
    def __init__(self, origin, options=()):
        self.troubles, self.requests, self.pending, self.last, self.loaded = set(), 0, {}, 0.0, False
        self.watching = threading.Lock()
        super().__init__(None, origin, options)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Network", "Page", "Runtime", "Log"):
            self.call(f"{domain}.enable", session=self.session)

    def event(self, method, session, parameters):
        with self.watching:
            self.last = time.monotonic()
            if method == "Page.loadEventFired":
                self.loaded = True
            key = (session, parameters.get("requestId"))
            if method == "Network.requestWillBeSent":
                self.requests += 1
                self.pending[key] = parameters["request"]["url"]
            elif method == "Network.responseReceived" and parameters["response"]["status"] >= 400:
                self.note(parameters["response"]["url"], f"status {parameters['response']['status']}")
            elif method == "Network.loadingFinished":
                self.pending.pop(key, None)
            elif method == "Network.loadingFailed":
                url = self.pending.pop(key, "?")
                if not parameters.get("canceled"):
                    self.note(url, parameters.get("errorText", "failed"))
            elif method == "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                self.note("console", details.get("exception", {}).get("description", details["text"]).splitlines()[0])
            elif method == "Runtime.consoleAPICalled" and parameters["type"] == "error":
                self.note("console", " ".join(str(part.get("value", part.get("description"))) for part in parameters["args"])[:200])
            elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
                self.note(parameters["entry"].get("url", "log"), parameters["entry"]["text"])

    def note(self, url, trouble):
        where = path_of(url) if url.startswith(self.origin) else url
        if where != "/favicon.ico":   # asked for by the browser, not by a page
            # An application that polls its server puts the time into the query: each is the same trouble.
            told = trouble.replace(self.origin, "").replace(self.origin.replace("http", "ws"), "")
            self.troubles.add((TIME.sub("?<time>", where), TIME.sub("?<time>", told)))

    def visit(self, path, seconds=20):
        """Loads a page and waits until it is loaded and the network has been still for a second. Returns its troubles."""
        with self.watching:
            self.troubles, self.last, self.loaded = set(), time.monotonic(), False
            self.pending.clear()
        self.call("Page.navigate", session=self.session, url=self.origin + path)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.watching:
                still = time.monotonic() - self.last
                if self.loaded and (still > 1 and not self.pending or still > 5):
                    break
            time.sleep(0.02)
        with self.watching:
            return set(self.troubles)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", session=self.session, expression=expression, returnByValue=True)
        return answer["result"].get("value")
