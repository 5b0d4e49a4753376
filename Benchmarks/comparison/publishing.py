"""Publishing ten thousand files: all new, then with one in a hundred changed."""
import random
import time

from . import corpus


def measure(tandem, work, quick, say):
    count = 1000 if quick else 10_000
    folder = work / "site"
    source = random.Random(22)
    corpus.write(folder, "index.html", b"<!doctype html><title>publish</title>\n")
    # Plain names, and bytes that do not compress: encodings are not counted here.
    for number in range(count):
        corpus.write(folder, f"pictures/{number // 100}/{number}.webp", source.randbytes(10_240))
    configuration = tandem.configure(work, 1)

    fresh = timed(lambda: tandem.publish(configuration, folder))
    for number in range(0, count, 100):
        corpus.write(folder, f"pictures/{number // 100}/{number}.webp", source.randbytes(10_240))
    changed = timed(lambda: tandem.publish(configuration, folder))
    say(f"  fresh {fresh:.2f} s, changed {changed:.2f} s")
    return [
        {"title": f"publish {count:,} files of 10 KB, fresh", "shown": f"{fresh:.2f} s", "value": fresh},
        {"title": f"publish {count:,} files of 10 KB, 1 % changed", "shown": f"{changed:.2f} s", "goal": "< 1 s", "value": changed,
         "wrong": False},
    ]


def timed(act):
    begin = time.monotonic()
    act()
    return time.monotonic() - begin
