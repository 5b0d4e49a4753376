"""What is served: files whose names carry their SHA-256, made from a seed, so that every run and every server has the same.

The bytes do not compress. An encoding would make the servers send different things, and this compares serving.
"""
import bisect
import hashlib
import itertools
import random

KB = 1024
LARGE_PAGE = b"<!doctype html><title>a million files</title>\n"


def fingerprinted(data, extension="webp"):
    return f"assets/f-{hashlib.sha256(data).hexdigest()[:16]}.{extension}"


def write(folder, name, data):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return name


def one_file(folder, size, seed):
    """A site of one page and one asset of `size` bytes. Returns the asset's name."""
    data = random.Random(seed).randbytes(size)
    write(folder, "index.html", b"<!doctype html><title>benchmark</title>\n")
    return write(folder, fingerprinted(data), data)


def one_text(folder, size, seed):
    """A site of one page and one asset: `size` bytes of JSON Lines. Returns the asset's name."""
    write(folder, "index.html", b"<!doctype html><title>benchmark</title>\n")
    source = random.Random(seed)
    words = [f"{source.getrandbits(40):x}" for _ in range(300)]
    lines = (f'{{"id": {number}, "name": "{source.choice(words)}", "price": {source.randint(1, 99999)}}}\n'
             for number in itertools.count())
    text = ""
    while len(text) < size:
        text += next(lines)
    data = text[:size].encode()
    return write(folder, fingerprinted(data, "txt"), data)


def many_files(folder, count, seed, low=2 * KB, high=50 * KB):
    """`count` assets of `low` to `high` bytes, in an order that is also their rank. Made once: a list beside them says it is whole."""
    listing = folder.parent / f"{folder.name}.list"
    if listing.exists():
        return listing.read_text().split()
    source = random.Random(seed)
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    write(folder, "index.html", b"<!doctype html><title>benchmark</title>\n")
    names = []
    for _ in range(count):
        data = source.randbytes(source.randint(low, high))
        name = fingerprinted(data)
        (folder / name).write_bytes(data)
        names.append(name)
    listing.write_text("\n".join(names))
    return names


def zipf(names, length, seed, exponent=1.0):
    """`length` requests over `names`, the k-th of them with a probability proportional to 1 / k^exponent."""
    source = random.Random(seed)
    edges = list(itertools.accumulate(1 / rank ** exponent for rank in range(1, len(names) + 1)))
    return [names[min(bisect.bisect(edges, source.random() * edges[-1]), len(names) - 1)] for _ in range(length)]


def linked_files(folder, count, contents=1000):
    """A tree of `count` paths over `contents` different small files, as hard links: a large release without a large disk."""
    folder.mkdir(parents=True)
    write(folder, "index.html", LARGE_PAGE)
    for number in range(count):
        path = folder / f"d{number // 1000}" / f"p{number}.txt"
        if number % 1000 == 0:
            path.parent.mkdir()
        if number < contents:
            path.write_bytes(b"page %d\n" % number)
        else:
            first = number % contents
            path.hardlink_to(folder / f"d{first // 1000}" / f"p{first}.txt")
