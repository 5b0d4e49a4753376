"""D1–D9: pages and assets go live in one order or the other."""
from stage import builds
from stage.builds import H, Q
from stage.scene import GROUP_A, GROUP_B, Place

from . import WARMTHS, Play


def live(scene, version=1, form=None, sides=("one",), path="index.html"):
    """The version is live, and a first visitor has been everywhere: what may be cached is."""
    for side in sides:
        scene.assets(version, side, form)
        scene.pages(version, side, form, path)
    scene.visit("the first", path="/" + path.removesuffix("index.html"), due="always")
    scene.late("the first", due="always")


def assets_ahead(scene, form=None):
    """The assets of v2 are there; pages and what answers them are v1 still."""
    live(scene, form=form)
    scene.visit("an open tab")
    scene.assets(2, form=form)
    scene.expire()
    scene.visit("between", due="published")
    scene.late("an open tab", due="published")


def assets_first(scene):
    assets_ahead(scene)
    scene.pages(2)
    scene.visit("after", due="always")
    scene.late("after", due="always")
    scene.late("between", due="published")


def pages_first(scene):
    live(scene)
    scene.expire()
    scene.pages(2)
    scene.visit("early")
    scene.late("early")
    if scene.topology.publishes:
        # A name on its way is waited for, or is not found: never anything else.
        scene.meanwhile(lambda: scene.assets(2), lambda: scene.visit("while it is published"))
    else:
        scene.assets(2)
    scene.visit("early", due="always")
    scene.visit("after", due="always")
    scene.late("after", due="always")


def at_once(scene):
    """Files go up in no order; with Tandem it is one publish, and nobody sees anything of it before all is there."""
    live(scene)
    scene.visit("an open tab")
    scene.expire()
    if scene.isWhole:
        scene.meanwhile(lambda: scene.pages(2), lambda: scene.visit("meanwhile", due="always"))
    else:
        steps = [*builds.FILES, "the page"]
        scene.random.shuffle(steps)
        for step in steps:
            scene.pages(2) if step == "the page" else scene.assets(2, files=(step,))
            scene.visit(f"when {step} was there", due="published")
    scene.visit("after", due="always")
    scene.late("after", due="always")
    scene.late("an open tab", due="published")


def names_unchanged(scene):
    live(scene)
    unchanged = [(scene.static, scene.form.name(file, 1)) for file in builds.UNCHANGED]
    scene.all(2)
    for chain in scene.chains.values():
        for host, target in unchanged if chain.name == "production" else ():
            # Published assets are no entries of Tandem's cache.
            for cache in chain.caches if not scene.topology.publishes else [each for each in chain.caches if each is not chain.tandem]:
                if not cache.stored(host, target):
                    scene.ledger.others.append("an unchanged name lost its cache entry")
    scene.visit("after", due="always")


def groups(scene):
    """Traffic to group b, group a changes, traffic to a, b changes, balance. Tandem balances both throughout: while one of them has a
    version, it is to be had."""
    live(scene, sides=("one", "two"))
    scene.visit("an open tab", GROUP_B)
    scene.assets(2, "one")
    scene.pages(2, "one")
    scene.expire()
    scene.visit("while a changes", GROUP_B, due="always")
    scene.visit("at a", GROUP_A, due="always")
    scene.late("an open tab", due="always", assets=GROUP_A)
    scene.visit("balanced too early", GROUP_A, GROUP_B, due="always")
    full(scene)
    scene.assets(2, "two")
    scene.pages(2, "two")
    scene.visit("balanced", GROUP_A, GROUP_B, due="always")
    scene.visit("balanced too early", GROUP_B, GROUP_A, due="always")


def full(scene):
    """One group alone has no room: `503`, and nobody remembers it."""
    for chain in [scene.chains["production"]]:
        for entry in chain.entries:
            scene.ask(Place(), entry, scene.static, scene.form.name("core.js", 2) + "&full", {"X-Full": "yes"})
    scene.check()


def pages_of_yesterday(scene):
    """Pages that browsers keep for a day."""
    live(scene, path="kept/index.html")
    scene.visit("yesterday", path="/kept/")
    scene.assets(2)
    scene.pages(2, path="kept/index.html")
    scene.expire()
    for (who, _), browser in scene.browsers.items():
        browser.now += 80_000
        # The page stays; parts of it were evicted.
        browser.kept = {key: kept for key, kept in browser.kept.items() if key[0] == scene.www}
    scene.visit("yesterday", path="/kept/", due="published")
    scene.late("yesterday", due="published")
    if scene.isWhole:
        status = scene.chains["production"].tandem.command("rollout", "status", "--site", scene.slug)
        if "caches may hold its documents" not in status:
            scene.ledger.others.append("the old release's drain does not wait for what caches hold of it")
    # From a provider's cache it may be the page of yesterday, too.
    scene.visit("after", path="/kept/", due="published")


def template_caches(scene):
    """Application servers keep templates: one serves the page of v1, the other that of v2."""
    live(scene, sides=("one", "two"))
    scene.assets(2, "one")
    scene.assets(2, "two")
    scene.pages(2, "two")
    scene.expire()
    scene.visit("at the one", GROUP_A, due="published")
    scene.visit("at the other", GROUP_B, due="always")
    scene.late("at the one", due="published")


def form_changes(scene):
    """Names of v1 are of one form, those of v2 of the other."""
    other = H if scene.form is Q else Q
    live(scene)
    scene.visit("an open tab")
    scene.assets(2, form=other)
    scene.expire()
    scene.late("an open tab", due="published")
    scene.visit("between", due="published")
    scene.pages(2, form=other)
    scene.visit("after", due="always")
    scene.late("after", due="always")


DAY = """
    documents: {cache_control: "public, max-age=86400"}
    rollout: {retire_when: {quiet: 1s}}"""
PLAYS = (
    Play("D1", "assets of v2 first, pages later", assets_first, warmths=WARMTHS),
    Play("D2", "pages of v2 first, assets later", pages_first, warmths=WARMTHS),
    Play("D3", "one deploy, files in no order", at_once, warmths=WARMTHS, kind="whole"),
    Play("D4", "D2, and the origin answers `?v2` with v1's bytes", pages_first, kind="over"),
    Play("D5", "only some names change", names_unchanged, damage=False),
    Play("D6", "two groups of servers, one after the other", groups, warmths=WARMTHS, isGrouped=True),
    Play("D7", "pages that browsers keep for a day", pages_of_yesterday, warmths=WARMTHS, kind="whole", more=DAY),
    Play("D8", "template caches: one server has v1's page, the other v2's", template_caches, warmths=WARMTHS),
    Play("D9", "names change their form", form_changes, warmths=WARMTHS),
)
