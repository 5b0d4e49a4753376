"""Where the internal links and pictures of a tree's pages lead, before and after a digest, read by a parser that is not Tandem's."""
import os
import posixpath
from concurrent.futures import ProcessPoolExecutor
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

ATTRIBUTES = {"href", "src", "poster", "data", "background"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.base, self.links = "", []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "base":
            self.base = self.base or given.get("href") or ""
            return
        self.links += [value.strip() for name, value in attributes if name in ATTRIBUTES and value and value.strip()]
        self.links += [part.split()[0] for part in (given.get("srcset") or "").split(",") if part.split()]


class Tree:
    """A folder, and the names in it."""

    def __init__(self, folder):
        self.folder = folder
        self.names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    def page(self, name):
        page = Page()
        page.feed((self.folder / name).read_text(encoding="utf-8", errors="replace"))
        return page

    def target(self, link, name, base):
        """The file that a link of page `name` leads to; "" for nothing there; None for a link out of the tree."""
        try:
            parts = urlsplit(link)
        except ValueError:
            return None
        if parts.scheme or parts.netloc or not parts.path:
            return None
        start = posixpath.join("/", posixpath.dirname(name) + "/", urlsplit(base).path)
        found = posixpath.normpath(posixpath.join(start, unquote(parts.path))).lstrip("/")
        return next((file for file in (found, posixpath.join(found, "index.html").lstrip("./")) if file in self.names), "")


def pages(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")
                  if path.suffix in (".html", ".htm") and path.is_file())


def follow(before, after, renamed):
    """Follows every link of every page in both folders, on all cores.

    `renamed` has the new name of each file. Returns the links that led to a file before and now do not lead to the same
    one, as (page, link before, link after), and how many links were followed.
    """
    names = pages(before)
    size = max(1, len(names) // (8 * (os.cpu_count() or 1)))
    parts = [names[at:at + size] for at in range(0, len(names), size)]
    with ProcessPoolExecutor(initializer=remember, initargs=(Tree(before), Tree(after), renamed)) as pool:
        results = list(pool.map(follow_pages, parts))
    return [link for lost, _ in results for link in lost], sum(count for _, count in results)


remembered = []


def remember(*trees):
    remembered[:] = trees


def follow_pages(names):
    results = [lost_on(name, *remembered) for name in names]
    return [link for lost, _ in results for link in lost], sum(count for _, count in results)


def lost_on(name, before, after, renamed):
    if name not in after.names:
        return [(name, "the page", "no page")], 0
    old, new = before.page(name), after.page(name)
    if len(old.links) != len(new.links):
        return [(name, f"{len(old.links)} links", f"{len(new.links)} links")], 0
    lost, count = [], 0
    for was, now in zip(old.links, new.links):
        led = before.target(was, name, old.base)
        if led is None:
            continue
        count += 1
        if led and not is_same(led, after.target(now, name, new.base), renamed) or fragment(was) != fragment(now):
            lost.append((name, was, now))
    return lost, count


def is_same(old, new, renamed):
    return new == old or new != "" and new == renamed.get(old, old).partition("?")[0]


def fragment(link):
    return link.partition("#")[2]
