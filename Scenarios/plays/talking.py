"""S4: while a canary runs a page, its assets and its API are of one release, through our cache and those in front."""
from stage import builds
from stage.scene import PRODUCTION

from . import Play
from .leaks import BOUND, NAVIGATION, REASON, cookie

SITE = """
    rollout: {canary: [50%, 100%], step: 1h}"""
# Of one release's servers: one that nobody may use unasked, and one that everybody may keep.
API, KEPT_API = "/api/now", "/api/kept/then"


def talks(scene):
    tandem = scene.chains["production"].tandem
    scene.bring(1, "--activate", "--wait", more=(API, KEPT_API))
    old, = tandem.releases(scene.slug)
    opened = {entry: [Visitor(scene, entry, "of the first page", cookie(9999, old), 1)] for entry in scene.chains["production"].entries}
    scene.bring(2, "--activate", more=(API, KEPT_API))
    new, = set(tandem.releases(scene.slug)) - {old}
    for entry, visitors in opened.items():
        for turn in range(3):
            visitors += [Visitor(scene, entry, "of the canary", cookie(turn, new), 2), Visitor(scene, entry, "beside the canary",
                         cookie(9998 - turn, old), 1), Visitor(scene, entry, "without a cookie", None, 1)]
            for visitor in visitors if turn % 2 else reversed(visitors):
                visitor.works()
    scene.check()
    tandem.command("rollout", "advance", "--site", scene.slug)
    for entry, visitors in opened.items():
        for visitor in visitors:
            visitor.works()
        for turn in range(2):
            Visitor(scene, entry, "after the canary", cookie(9000 + turn, old), 2).works()
    scene.check()
    look(scene, tandem, (old, new))
    if not scene.hits:
        scene.ledger.others.append("nothing came from our cache: nothing is proven")


def look(scene, tandem, releases):
    """What our cache keeps of each release's servers is that release's."""
    wrong, found = set(), 0
    for release in releases:
        for (host, target), meaning in scene.meanings.items():
            kept = tandem.stored(host, target, release)
            found += bool(kept)
            if kept:
                wrong |= scene.compare(tandem.name, host, target, meaning, kept)
    if not found and not scene.topology.publishes:
        scene.ledger.others.append("our cache keeps nothing of any release: nothing is proven")
    scene.ledger.kept.append(wrong)


class Visitor:
    """Opens the page, and uses it from then on: whatever becomes of releases, it goes on talking to its own."""

    def __init__(self, scene, entry, who, cookie, version):
        self.scene, self.entry, self.who, self.version = scene, entry, who, version
        answer = self.ask("/", {**NAVIGATION, **({"Cookie": cookie} if cookie else {})})
        self.expect("page", builds.page_version(answer.body))
        self.cookie = answer.fields.get("set-cookie", cookie or "").partition(";")[0]
        self.pin = answer.fields.get("x-deployment-id", "")
        self.assets = [target for _, target, _ in builds.references(answer.body)]

    def works(self):
        """Its scripts ask for everything, by the page's cookie and by its pin. What everybody may keep is asked for with the pin."""
        own, pinned = {"Cookie": self.cookie}, {"Cookie": self.cookie, "X-Deployment-Id": self.pin}
        for fields in (own, pinned):
            for target in self.assets:
                answer = self.ask(target, fields)
                if answer.status != 200 or answer.body != self.scene.meanings[self.scene.www, target]:
                    self.wrong(f"{builds.version_of(answer.body)} for {target.partition('?')[0]} ({answer.status})")
            self.expect("API", said(self.ask(API, fields)))
        self.expect("kept API", said(self.ask(KEPT_API, pinned)))

    def ask(self, target, fields):
        answer = self.scene.ask(PRODUCTION, self.entry, self.scene.www, target, fields)
        self.scene.hits += "tandem; hit" in answer.fields.get("cache-status", "")
        return answer

    def expect(self, what, version):
        if version != self.version:
            self.wrong(f"v{version}'s {what}")

    def wrong(self, words):
        self.scene.ledger.others.append(f"a visitor {self.who} (v{self.version}) got {words}")


def said(answer):
    found = builds.VERSION.match(answer.body)
    return int(found[1]) if found and answer.status == 200 else None


PLAYS = (
    Play("S4", "a canary whose release brings its servers: page, assets and API of one release", talks, kind="api", more=SITE,
         kinds={**BOUND, "releases": "api"}, damage=False, leaves={"alone": REASON}),
)
