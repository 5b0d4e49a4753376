"""Every answer is entered here once, and judged: right, wrong or failed. Shared by all visitors, so it locks.

A name that carries a digest has one content, that of whichever build has the name. A document has the content of the build
that its own `X-Deployment-Id` names. What neither build has (calls to a back end that the demonstration does not run) must be
answered `404` and not be remembered.
"""
import collections
import threading


def same(content, body):
    """Bytes with bytes; a browser hands over text without its byte order mark."""
    return content is not None and (content.decode("utf-8-sig", "replace") == body if isinstance(body, str) else content == body)


class Ledger:
    def __init__(self, old, new):
        self.old, self.new = old, new
        self.builds = {}                # release id → build, as they are published
        self.switched = False           # whether every document is of the new release by now
        self.requests = self.right = self.unknown = self.only_old = self.only_old_later = 0
        self.by_visitor, self.by_release = collections.Counter(), collections.Counter()
        self.failures, self.wrong = [], []
        self.lock = threading.Lock()

    def enter(self, visitor, url, status, headers, body):
        """One answer. `headers` is a mapping with lower-case names. Returns whether it was what it should be."""
        path = url.partition("?")[0]
        path = path + "index.html" if path.endswith("/") else path
        with self.lock:
            self.requests += 1
            self.by_visitor[visitor] += 1
            if path.startswith("/.well-known/tandem/"):   # the server's own word, and no file
                return status == 200 or self.fail_locked(visitor, url, f"{status}")
            in_old, in_new = path in self.old.files, path in self.new.files
            if not in_old and not in_new:
                return self.judge_unknown(visitor, url, status, headers)
            if status != 200:
                return self.fail_locked(visitor, url, f"{status}")
            release = headers.get("x-deployment-id")
            if release:
                self.by_release[release] += 1
            if not self.is_right(path, release, body):
                self.wrong.append(f"{visitor}: {url}: {len(body)} bytes that are not those of {(release or 'its name')[:12]}")
                return False
            self.right += 1
            if in_old and not in_new:
                self.only_old += 1
                self.only_old_later += self.switched
            return True

    def is_right(self, path, release, body):
        if release:
            return release in self.builds and same(self.builds[release].files.get(path), body)
        contents = {build.files[path] for build in (self.old, self.new) if path in build.files}
        return len(contents) == 1 and same(contents.pop(), body)

    def judge_unknown(self, visitor, url, status, headers):
        self.unknown += 1
        if status == 404 and "no-store" in headers.get("cache-control", ""):
            return True
        return self.fail_locked(visitor, url, f"{status} with Cache-Control: {headers.get('cache-control')} for what no release has")

    def fail(self, visitor, url, why):
        with self.lock:
            self.requests += 1
            self.by_visitor[visitor] += 1
            self.fail_locked(visitor, url, why)

    def fail_locked(self, visitor, url, why):
        self.failures.append(f"{visitor}: {url}: {why}")
        return False
