"""What a file of a build refers to, the way a browser would come upon it.

*Eager* is what a browser fetches at once: scripts and style sheets of a page, static imports, `url()`. *Late* is what it
fetches when a visitor gets there: `import()`, Vite's lists of dependencies, webpack's map of chunks. A reference counts only
if the build has the file, so reading scripts for their string literals is exact enough: what is found is really there.
"""
import posixpath
import re
from html.parser import HTMLParser

STATIC_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["']([^"'\n]+)["']""")
LITERAL = re.compile(r"""["'`]([\w./@-]+\.(?:js|mjs|css|wasm|json|svg|png|woff2?|ttf|eot|jpe?g|webp|gif|ico|txt))["'`]""")
CHUNK = re.compile(r"""\b"?(\w+)"?:"([0-9a-f]{16,})\"""")
CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")


class Page(HTMLParser):
    """The URLs of scripts, style sheets, icons and images."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if value and ((tag in ("script", "img") and name == "src") or (tag == "link" and name == "href")):
                self.found.append(value)


def references(path, data, files):
    """(eager, late): URLs with their queries, of what `path` refers to among `files`."""
    text = data.decode("utf-8", "replace")
    if path.endswith(".html"):
        page = Page()
        page.feed(text)
        return resolve(page.found, path, files), set()
    if path.endswith(".css"):
        return resolve([a or b for a, b in CSS_URL.findall(text)], path, files), set()
    if path.endswith((".js", ".mjs")):
        eager = resolve(STATIC_IMPORT.findall(text), path, files)
        late = resolve(LITERAL.findall(text), path, files) | webpack_chunks(path, text, files)
        return eager, late - eager - {path}
    return set(), set()


def resolve(found, path, files):
    """Against the file's own folder; a reference to what the build does not have is somebody else's."""
    urls = set()
    for reference in found:
        if reference.startswith(("data:", "#", "//")) or "://" in reference:
            continue
        bare, mark, query = reference.partition("#")[0].partition("?")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), bare))
        if target in files:
            urls.add(target + mark + query)
    return urls


def webpack_chunks(path, text, files):
    """webpack names chunks by a map, `{100:"1d14…"}`, and asks for `100.1d14….js?v=1d14…`."""
    if ".js?v=" not in text:
        return set()
    folder = posixpath.dirname(path)
    by_hash = {}
    for name in files:
        if name.endswith(".js") and posixpath.dirname(name) == folder:
            by_hash.setdefault(name.split(".")[-2], name)
    return {f"{by_hash[token]}?v={token}" for _, token in CHUNK.findall(text) if token in by_hash}


def walk(start, files):
    """(eager, late) over the whole graph from a page: late is what can only be reached through something late."""
    eager = close({start}, files, follow_late=False)
    everything = close({start}, files, follow_late=True)
    return eager, everything - eager


def close(urls, files, follow_late):
    seen, queue = set(urls), list(urls)
    while queue:
        path = queue.pop().partition("?")[0]
        eager, late = references(path, files[path], files)
        for url in (eager | late if follow_late else eager) - seen:
            seen.add(url)
            queue.append(url)
    return seen
