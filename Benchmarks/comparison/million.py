"""A release of a million files: activated under load, opened at start, and what it adds to the server's own memory.

Opened means mapped, not read: the time from starting `serve` to the first answer, and the anonymous memory after it, are
those of a release of ten files.
"""
import hashlib
import shutil
import time

from . import activation, corpus, load

FILES = 1_000_000


def measure(tandem, work, quick, say):
    files = FILES // 20 if quick else FILES
    work.mkdir(parents=True, exist_ok=True)
    port = load.free_port()
    configuration = tandem.configure(work, port)
    files_of_small = activation.build(work / "small", 1)
    small = tandem.publish(configuration, work / "small", "--activate")
    opened_small, memory_small = start(tandem, configuration, port)

    say(f"  making a tree of {files:,} files")
    corpus.linked_files(work / "large", files)
    begin = time.monotonic()
    large = tandem.publish(configuration, work / "large")
    published = time.monotonic() - begin
    say(f"  published in {published:.0f} s")
    shutil.rmtree(work / "large")

    with tandem.serve(configuration) as server:
        load.wait_until_serving(server, port)
        document = {small: files_of_small.pop("/index.html"), large: hashlib.sha256(corpus.LARGE_PAGE).hexdigest()}
        with activation.checker(port, {"names": files_of_small, "documents": {"/": document}}) as check:
            seconds = activation.switch(tandem, configuration, port, [large, small], 10, say)
        seen = check()
        status, _, body = load.get(port, "d0/p7.txt", {"X-Deployment-Id": large})
        if (status, body) != (200, b"page 7\n"):
            raise RuntimeError(f"a page of the large release answered {status} {body[:40]!r}")
        activation.switch(tandem, configuration, port, [large], 1, say)
    opened_large, memory_large = start(tandem, configuration, port)

    added = memory_large - memory_small
    middle = seconds[len(seconds) // 2]
    return [
        {"title": f"{files:,} files: publish", "shown": f"{published:.1f} s", "value": published},
        {"title": "    from the call to activate to seen, median", "shown": f"{middle * 1000:.1f} ms", "goal": "< 50 ms",
         "value": middle},
        {"title": f"    failed or wrong among {seen['requests']:,} answers meanwhile", "shown": f"{seen['failures'] + seen['wrong']:,}",
         "goal": "0", "value": seen["failures"] + seen["wrong"], "wrong": seen["failures"] + seen["wrong"] > 0},
        {"title": "    from starting serve to the first answer", "shown": f"{opened_large * 1000:.0f} ms",
         "goal": f"as for ten files: {opened_small * 1000:.0f} ms", "value": opened_large},
        {"title": "    anonymous memory of the server beside ten files", "shown": f"{added / 2**20:+.1f} MB",
         "goal": f"+0 MB of {memory_small / 2**20:.0f} MB", "value": added, "wrong": added > 16 * 2**20},
    ]


def start(tandem, configuration, port):
    """(seconds to the first answer, anonymous bytes a second later)"""
    with tandem.serve(configuration) as server:
        seconds = load.wait_until_serving(server, port)
        for _ in range(200):
            load.get(port, "/")
        time.sleep(1)
        return seconds, server.anonymous_bytes()
