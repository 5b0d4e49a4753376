"""Which internal links and pictures of a tree's pages lead somewhere, read by a parser that is not Tandem's."""
import posixpath
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

ATTRIBUTES = {"href", "src", "poster", "data", "background"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.base, self.links = None, []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "base":
            self.base = self.base or given.get("href")
            return
        self.links += [value.strip() for name, value in attributes if name in ATTRIBUTES and value and value.strip()]
        self.links += [part.split()[0] for part in (given.get("srcset") or "").split(",") if part.split()]


def pages(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in (".html", ".htm") and path.is_file())


def survey(folder):
    """(page, its links in order as (link, whether it leads to a file of the tree)); links to other places are left out."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    found = {}
    for path in pages(folder):
        page = Page()
        page.feed(path.read_text(encoding="utf-8", errors="replace"))
        name = path.relative_to(folder).as_posix()
        found[name] = [(link, leads) for link in page.links if (leads := resolve(link, name, page.base, names)) is not None]
    return found


def resolve(link, page, base, names):
    """True or False for a link within the tree; nothing for any other."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path:
        return None
    start = posixpath.join("/", posixpath.dirname(page) + "/", urlsplit(base or "").path)
    name = posixpath.normpath(posixpath.join(start, unquote(parts.path))).lstrip("/")
    return name in names or posixpath.join(name, "index.html").lstrip("./") in names


def lost(before, after):
    """Links that led somewhere before and do not after: (page, link before, link after). And how many were compared."""
    broken, count = [], 0
    for page, links in before.items():
        now = after.get(page)
        if now is None or len(now) != len(links):
            broken.append((page, f"{len(links)} links", "no page" if now is None else f"{len(now)} links"))
            continue
        for (old, led), (new, leads) in zip(links, now):
            count += 1
            if led and not leads:
                broken.append((page, old, new))
    return broken, count
