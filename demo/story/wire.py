"""What a browser received for each address, as it came over the wire: heads and encoded bodies."""
import base64
import hashlib
import json
import ssl
import subprocess
from dataclasses import dataclass

from .browser import path_of
from .watching import Watcher


@dataclass
class Received:
    coding: str
    bytes: int


class Wire(Watcher):
    """A browser that trusts the certificate of `origin`, for the time of the demonstration."""

    def __init__(self, origin, port):
        self.heads, self.received = {}, {}
        super().__init__(origin, [f"--ignore-certificate-errors-spki-list={key_hash(port)}"])

    def event(self, method, session, parameters):
        key = (session, parameters.get("requestId"))
        if method == "Network.responseReceived" and not parameters["response"].get("fromDiskCache"):
            self.heads[key] = parameters["response"]
        elif method == "Network.requestServedFromCache":
            self.heads.pop(key, None)
        elif method == "Network.loadingFinished" and key in self.heads:
            response = self.heads.pop(key)
            headers = {name.lower(): value for name, value in response["headers"].items()}
            if response["url"].startswith(self.origin):
                coding = headers.get("content-encoding", "identity")
                self.received[path_of(response["url"])] = Received(coding, int(parameters["encodedDataLength"]))
        super().event(method, session, parameters)

    def take(self):
        """What came since the last call, by path."""
        taken, self.received = self.received, {}
        return taken

    def load(self, urls):
        """Imports scripts as the page would. Returns what could not be loaded."""
        answer = self.call("Runtime.evaluate", session=self.session, expression=IMPORT % json.dumps(urls), seconds=300,
                           awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")


IMPORT = """(async urls => {
  const bad = [];
  for (const url of urls) {
    try { await import(url) } catch (error) { if (String(error).includes('Failed to fetch')) bad.push(url + ': ' + error) }
  }
  return bad;
})(%s)"""


def key_hash(port):
    """The hash of a server's key, as Chromium wants it: SHA-256 of the public key, in base64."""
    certificate = ssl.get_server_certificate(("127.0.0.1", port))
    pem = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=certificate, capture_output=True, text=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem.encode(), capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
