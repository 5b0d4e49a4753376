"""Headless Chromium over its debugging pipe: tabs, what they loaded, and every body they got.

The protocol is JSON in both directions, each message ended by a NUL, on descriptors 3 (to the browser) and 4 (from it).
One thread reads; `call` waits for the answer to its own message. Bodies are fetched as soon as a load has finished, and
judged by the ledger like those of any client.
"""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading
from urllib.parse import urlsplit

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def program():
    return next((found for found in map(shutil.which, PROGRAMS) if found), None)


class Browser:
    def __init__(self, ledger, origin, options=()):
        self.ledger, self.origin = ledger, origin
        self.profile = tempfile.mkdtemp(prefix="tandem-demo-browser-")
        self.number, self.waiting, self.loads, self.lock = 0, {}, {}, threading.Lock()
        self.bodies = []
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()
        options = ["--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "--no-first-run",
                   "--no-default-browser-check", "--disable-background-networking", "--disable-gpu", "--disable-dev-shm-usage",
                   "--disable-component-update", "--disable-sync", "--mute-audio", *options]
        if os.geteuid() == 0:
            options.append("--no-sandbox")   # Chromium refuses its sandbox to root
        # The shell puts our two pipes where the browser looks for them.
        shell = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        self.child = subprocess.Popen(["bash", "-c", shell, program(), *options, "about:blank"], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(to_browser, from_browser))
        os.close(to_browser)
        os.close(from_browser)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except RuntimeError:
            pass
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.reader.join(5)
        shutil.rmtree(self.profile, ignore_errors=True)

    # The pipe

    def call(self, method, session=None, seconds=60, **parameters):
        done = threading.Event()
        answer = {}
        with self.lock:
            self.number += 1
            number = self.number
            self.waiting[number] = lambda message: (answer.update(message), done.set())
        self.send(number, method, session, parameters)
        if not done.wait(seconds):
            raise RuntimeError(f"the browser did not answer {method} within {seconds} s")
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def send(self, number, method, session, parameters):
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        data = json.dumps(message).encode() + b"\0"
        try:
            with self.lock:
                while data:
                    data = data[os.write(self.write_end, data):]
        except OSError as error:
            raise RuntimeError(f"the browser has gone: {error}") from error

    def read(self):
        rest = b""
        while data := os.read(self.read_end, 1 << 20):
            *messages, rest = (rest + data).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    with self.lock:
                        act = self.waiting.pop(message["id"], None)
                    if act:
                        act(message)
                else:
                    self.event(message["method"], message.get("sessionId"), message["params"])
        with self.lock:
            waiting, self.waiting = list(self.waiting.values()), {}
        for act in waiting:
            act({"error": {"message": "the browser has ended"}})

    # What the tabs load

    def event(self, method, session, parameters):
        key = (session, parameters.get("requestId"))
        if method == "Network.requestWillBeSent":
            self.loads[key] = {"url": parameters["request"]["url"], "method": parameters["request"]["method"]}
        elif method == "Network.responseReceived" and key in self.loads:
            self.loads[key]["response"] = parameters["response"]
        elif method == "Network.requestServedFromCache":
            self.loads.pop(key, None)
        elif method == "Network.loadingFinished" and key in self.loads:
            self.finished(key, self.loads.pop(key))
        elif method == "Network.loadingFailed" and key in self.loads:
            self.failed(self.loads.pop(key), parameters)
        elif method == "Fetch.requestPaused":
            self.navigation(session, parameters)

    def navigation(self, session, parameters):
        """A page may go where the demonstration sends it. An application that misses its back end may not go elsewhere."""
        wanted = parameters["request"]["url"] == self.origin + "/"
        method, rest = ("Fetch.continueRequest", {}) if wanted else ("Fetch.failRequest", {"errorReason": "Aborted"})
        if not wanted:
            self.loads.pop((session, parameters.get("networkId")), None)
        with self.lock:
            self.number += 1
            number = self.number
        self.send(number, method, session, {"requestId": parameters["requestId"], **rest})

    def finished(self, key, load):
        response = load.get("response")
        if not response or not load["url"].startswith(self.origin) or load["method"] != "GET" or response.get("fromDiskCache"):
            return
        judged = threading.Event()
        headers = {name.lower(): value for name, value in response["headers"].items()}

        def judge(message):
            result = message.get("result")
            if result is None:
                self.ledger.fail("browser", load["url"], f"no body: {message['error'].get('message')}")
            else:
                # Text comes decoded, and is compared as text.
                body = base64.b64decode(result["body"]) if result["base64Encoded"] else result["body"]
                self.ledger.enter("browser", path_of(load["url"]), response["status"], headers, body)
            judged.set()

        with self.lock:
            self.number += 1
            number = self.number
            self.waiting[number] = judge
            self.bodies.append(judged)
        self.send(number, "Network.getResponseBody", key[0], {"requestId": key[1]})

    def failed(self, load, parameters):
        if load["url"].startswith(self.origin) and not parameters.get("canceled"):
            self.ledger.fail("browser", path_of(load["url"]), parameters.get("errorText", "failed"))

    def settle(self, seconds=20):
        """Waits until every body asked for so far has been judged."""
        for judged in list(self.bodies):
            if not judged.wait(seconds):
                raise RuntimeError("the browser did not hand over a body")
        self.bodies.clear()


class Tab:
    """A page that stays open. Where a page is of one release, `load_late` asks for its parts in the page itself."""

    def __init__(self, browser):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Network.enable", maxTotalBufferSize=400_000_000, maxResourceBufferSize=100_000_000)
        self.call("Page.enable")
        self.call("Fetch.enable", patterns=[{"resourceType": "Document"}])
        self.release = None

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def evaluate(self, script):
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", "the page threw"))
        return answer["result"].get("value")

    def open_page(self):
        self.call("Page.navigate", url=self.browser.origin + "/")
        self.evaluate("new Promise(done => document.readyState === 'complete' && location.href !== 'about:blank' ? done()"
                      " : addEventListener('load', () => done()))")
        self.release = self.evaluate("fetch(location.href, {method: 'HEAD'}).then(answer => answer.headers.get('X-Deployment-Id'))")

    def load_late(self, urls):
        """Imports scripts as the page would. Returns what could not be loaded."""
        return self.evaluate(LOAD_LATE % json.dumps(urls))


# Modules by import(), webpack's chunks by a script element as its runtime does, the rest by fetch. A script that is loaded
# but does not like to run outside its place is no failure of the server.
LOAD_LATE = """(async urls => {
  const bad = [];
  for (const url of urls) {
    try {
      if (url.includes('.js?v=')) {
        await new Promise((done, fail) => {
          const script = document.createElement('script');
          script.onload = done;
          script.onerror = () => fail(new TypeError('Failed to fetch'));
          script.src = url;
          document.head.append(script);
        });
      } else if (url.endsWith('.js')) await import(url);
      else await (await fetch(url)).arrayBuffer();
    } catch (error) {
      if (String(error).includes('Failed to fetch') || String(error).includes('MIME type')) bad.push(url + ': ' + error);
    }
  }
  return bad;
})(%s)"""


def path_of(url):
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
