#!/usr/bin/env python3
"""Clients of every kind at once, in a process of their own.

    load.py < what.json

Reads one line of JSON, {"ports": {"plain": …, "secure": …}, "files": {path: hexadecimal}, "each": 2}; says `begun`; asks until
standard input ends, where each further line asks for the sum so far; then prints the sum.
"""
import json
import ssl
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from reloading import http1, http2, websocket  # noqa: E402
from reloading.tally import Tally  # noqa: E402

KINDS = [http1.Client, http1.Seldom, http1.New, http1.Secure, http1.SecureNew, http1.Download, http1.Upload, http2.Streams,
         http2.SeldomStreams, websocket.Echo, websocket.SecureEcho]


def context(*protocols):
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_alpn_protocols(protocols)
    return made


def main():
    given = json.loads(sys.stdin.readline())
    expected = {path: bytes.fromhex(data) for path, data in given["files"].items()}
    tally, stop, threads = Tally(), threading.Event(), []
    contexts = {True: context("h2"), False: context("http/1.1")}
    for number in range(given["each"]):
        for index, kind in enumerate(KINDS):
            client = kind(given["ports"], contexts[issubclass(kind, http2.Streams)], expected, tally, seed=number * 100 + index)
            threads.append(threading.Thread(target=client.run, args=(stop,), daemon=True))
    for thread in threads:
        thread.start()
    print("begun", flush=True)
    for _ in sys.stdin:
        print(json.dumps(tally.report()), flush=True)
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps(tally.report()))


if __name__ == "__main__":
    main()
