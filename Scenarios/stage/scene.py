"""One run of a scenario: deploys, visits, and after every step a look into every cache.

The names of a run are its own (its hosts are), so that runs share servers and nothing else.
"""
import hashlib
import random
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from . import builds
from .browser import Browser
from .ledger import MINUTE, Ledger, Wrong


@dataclass(frozen=True)
class Place:
    """Where a visitor's requests go."""
    chain: str = "production"
    side: str = ""          # of the origin; empty: the chain's own
    environment: str = ""   # what a cache that is shared by mistake is asked for

    def fields(self, chain):
        named = {"X-Side": self.side or chain.side, "X-Environment": self.environment}
        return {name: value for name, value in named.items() if value}


PRODUCTION, STAGING = Place(), Place("staging")
GROUP_A, GROUP_B = Place(side="one"), Place(side="two")
# Production's caches, and behind them staging.
SHARED = Place(side="two", environment="staging")


class Scene:
    def __init__(self, slug, kind, form, warmth, topology, chains, origin):
        self.slug, self.kind, self.form, self.warmth, self.topology = slug, kind, form, warmth, topology
        self.chains, self.origin, self.ledger = chains, origin, Ledger()
        self.www, self.static = f"www.{slug}.test", f"static.{slug}.test"
        self.meanings, self.versions, self.browsers = {}, {}, {}
        self.random = random.Random(slug)
        # Answers that came from our cache, where a play counts them.
        self.hits = 0

    @property
    def isWhole(self):
        """Whether pages and assets are published as one release."""
        return self.topology.publishes and self.kind == "whole"

    # What is deployed

    def assets(self, version, side="one", form=None, where="production", files=builds.FILES):
        """A version's assets take the place of what is there. Where they are published, that goes first, as the manual says."""
        form = form or self.form
        self.name(form, version)
        if self.topology.publishes and not self.isWhole:
            self.publish(version, form, where, *(["--activate", "--wait"] if self.kind == "documents" else ["--assets"]))
        for file in files:
            self.origin.put(side, self.static, f"assets/{file}", builds.content(file, version), 10**9 + version)

    def pages(self, version, side="one", form=None, path="index.html", where="production"):
        form = form or self.form
        self.name(form, version)
        if self.isWhole:
            return self.publish(version, form, where, "--activate", "--wait", path=path)
        self.origin.put(side, self.www, path, builds.page(form, version, self.static), 10**9 + version)

    def all(self, version, side="one", form=None, where="production"):
        self.assets(version, side, form, where)
        self.pages(version, side, form, where=where)

    def name(self, form, version):
        for target, content in builds.names(form, version).items():
            self.meanings[self.static, target] = content
            self.versions.setdefault((self.static, target), f"v{version}")

    def publish(self, version, form, where, *options, path=None):
        folder = Path(tempfile.mkdtemp(prefix="tandem-build-"))
        try:
            for file in builds.FILES:
                target = builds.form_of(form, file).name(file, version).partition("?")[0]
                (folder / "assets").mkdir(exist_ok=True)
                (folder / target.lstrip("/")).write_bytes(builds.content(file, version))
            if path:
                (folder / path).parent.mkdir(exist_ok=True)
                (folder / path).write_bytes(builds.page(form, version, self.static))
            self.chains[where].tandem.command("publish", str(folder), "--site", self.slug, *options)
        finally:
            shutil.rmtree(folder)

    def bring(self, version, *options, path="index.html", more=()):
        """A release with servers of its own: the group of the origin that has that version alone. Pages and assets are one host's."""
        self.static = self.www
        side = {1: "one", 2: "two"}[version]
        self.name(self.form, version)
        for file in builds.FILES:
            self.origin.put(side, self.www, f"assets/{file}", builds.content(file, version), 10**9 + version)
        self.origin.put(side, self.www, path, builds.page(self.form, version, self.www), 10**9 + version)
        for target in more:
            self.origin.put(side, self.www, target, builds.content("api", version), 10**9 + version)
        backend = ("--backend", f"origin=http://127.0.0.1:{self.origin.groups[side]}")
        if self.topology.publishes:
            return self.publish(version, self.form, "production", *backend, *options, path=path)
        with tempfile.TemporaryDirectory(prefix="tandem-build-") as folder:
            (Path(folder) / "version.txt").write_text(f"v{version}")
            self.chains["production"].tandem.command("publish", folder, "--site", self.slug, *backend, *options)

    def meanwhile(self, work, act):
        """Does something, and something else again and again until that is done."""
        worker = threading.Thread(target=work)
        worker.start()
        while worker.is_alive():
            act()
        worker.join()

    # What becomes of caches

    def expire(self):
        """As warm as the run has it: all is there, something has expired, everything is lost."""
        for host, target in list(self.meanings):
            for chain in self.chains.values():
                if self.warmth == "cold":
                    chain.lose(host, target)
                elif self.warmth == "partly expired" and ("core" in target or "late" in target):
                    chain.expire(host, target)

    def lose(self):
        for host, target in list(self.meanings):
            for chain in self.chains.values():
                chain.lose(host, target)

    def minute_passes(self):
        """What may be used for a minute at most is used no more."""
        for browser in self.browsers.values():
            browser.now += MINUTE + 1
        for host, target in list(self.meanings):
            for chain in self.chains.values():
                for cache in chain.caches:
                    found = cache.stored(host, target)
                    if found and found[1] <= MINUTE:
                        getattr(cache, "expire", cache.lose)(host, target)

    # Who comes

    def visit(self, who, pages=PRODUCTION, assets=None, path="/", due="never"):
        """Opens the page and loads what it names, through every way in. `due`: when all of it must be right: `never`,
        `published` (where what is deployed is published to Tandem), `always`."""
        for entry in self.chains[pages.chain].entries:
            browser = self.browser(who, entry)
            browser.places = {self.www: pages, self.static: assets or pages}
            page, _ = browser.get(self.www, path, Sec_Fetch_Mode="navigate", Accept="text/html")
            browser.page = page.body
            if page.status != 200:
                self.ledger.others.append(f"a page was {page.status}")
            self.load(browser, who, False, due)
        self.check()

    def late(self, who, due="never", assets=None):
        """Loads what the open page of an earlier visit names for later."""
        for (visitor, _), browser in self.browsers.items():
            if visitor == who:
                if assets:
                    browser.places[self.static] = assets
                self.load(browser, who, True, due)
        self.check()

    def browser(self, who, entry):
        key = (who, entry)
        if key not in self.browsers:
            def ask(host, target, fields):
                return self.ask(self.browsers[key].places[host], entry, host, target, fields)
            self.browsers[key] = Browser(ask)
        return self.browsers[key]

    def ask(self, place, entry, host, target, fields=None):
        chain = self.chains[place.chain]
        return chain.entries[entry].ask(host, target, {**place.fields(chain), **(fields or {})})

    def load(self, browser, who, isLate, due):
        right = [self.judge(browser, who, host, target) for host, target, late in builds.references(browser.page) if late == isLate]
        isDue = due == "always" or (due == "published" and (self.topology.publishes or not self.topology.hasTandem))
        if isDue and not all(right):
            self.ledger.broken.append((who, builds.page_version(browser.page)))

    def judge(self, browser, who, host, target):
        """Whether a name is answered with what it means. What is not may be kept by nobody (S1), or for a minute."""
        answer, _ = browser.get(host, target)
        meaning = self.meanings.get((host, target))
        if answer.status != 200:
            return False
        if meaning is None or answer.body == meaning:
            return True
        if (self.topology.publishes and self.form.isDigest) or answer.max_age > MINUTE or "immutable" in answer.control:
            self.ledger.lies.add((who, target))
        elif answer.max_age:
            self.ledger.brief += 1
        else:
            self.ledger.passed += 1
        return False

    # What is looked at after every step

    def check(self):
        """Reads back every name that a page ever had, from every cache (S2)."""
        wrong = set()
        for (host, target), meaning in self.meanings.items():
            for chain in self.chains.values():
                for cache in chain.caches:
                    wrong |= self.compare(cache.name, host, target, meaning, cache.stored(host, target))
            for browser in self.browsers.values():
                wrong |= self.compare("browsers", host, target, meaning, browser.stored(host, target))
        self.ledger.kept.append(wrong)

    def compare(self, cache, host, target, meaning, found):
        if not found:
            return set()
        answer, seconds = found
        digest = getattr(answer, "digest", None) or hashlib.sha256(answer.body).hexdigest()
        if answer.status == 200 and digest == hashlib.sha256(meaning).hexdigest():
            return set()
        if answer.status == 200 and seconds <= MINUTE and "immutable" not in answer.control:
            return set()
        return {Wrong(cache, target, self.versions[host, target], self.said(answer, host, target, digest))}

    def said(self, answer, host, target, digest):
        if answer.status != 200:
            return f"{answer.status}"
        for (_, other), content in self.meanings.items():
            if hashlib.sha256(content).hexdigest() == digest:
                return self.versions[host, other]
        return builds.version_of(answer.body)
