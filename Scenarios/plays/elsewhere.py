"""M1–M17: the same, as it is met with today's servers."""
import tempfile
from pathlib import Path

from stage import builds
from stage.builds import F, H, Q, V
from stage.scene import GROUP_A, GROUP_B, Place

from . import Play
from .deploy_order import assets_ahead, at_once, live, pages_first
from .halves import assets_of_production, assets_of_staging, environments


def front_end_first(scene):
    assets_ahead(scene)
    scene.late("between", due="published")


def front_end_first_while_cached(scene):
    live(scene)
    scene.visit("an open tab", due="always")
    scene.assets(2)
    scene.visit("between", due="always")
    scene.late("an open tab", due="always")
    scene.late("between", due="always")


def then_the_back_end(scene):
    """M1–M3, then the pages follow, and browsers and providers keep the old one for a day."""
    live(scene, path="kept/index.html")
    scene.visit("an open tab", path="/kept/")
    scene.assets(2)
    scene.expire()
    scene.pages(2, path="kept/index.html")
    for (who, _), browser in scene.browsers.items():
        browser.now += 40_000
        browser.kept = {key: kept for key, kept in browser.kept.items() if key[0] == scene.www}
    scene.visit("an open tab", path="/kept/", due="published")
    scene.late("an open tab", due="published")
    scene.visit("of the provider's cache", path="/kept/", due="published")


def then_a_restart(scene):
    """M5, and someone restarts the cache when the assets are there at last. Browsers keep what they have."""
    live(scene)
    scene.pages(2)
    scene.visit("early")
    scene.late("early")
    scene.assets(2)
    scene.lose()
    scene.visit("early", due="always")
    scene.visit("after", due="always")
    scene.late("early", due="always")


def grouped(scene):
    """Each group is taken out, changed, and put back."""
    live(scene, sides=("one", "two"))
    scene.visit("an open tab", GROUP_A)
    scene.expire()
    scene.assets(2, "one")
    scene.pages(2, "one")
    scene.visit("while a is out", GROUP_B, due="always")
    scene.visit("while b is out", GROUP_A, due="always")
    scene.late("an open tab", due="always", assets=GROUP_A)
    scene.assets(2, "two")
    scene.pages(2, "two")
    scene.visit("after", GROUP_B, due="always")
    scene.late("after", due="always")


def by_halves_alone(scene):
    """Production's caches after a visit by halves, nothing else."""
    environments(scene, 1, 2)
    scene.visit("a tester, by halves", Place("staging"), Place())
    scene.late("a tester, by halves")


def mixed_forms(scene):
    """Scripts have the digest in their names, module pages have it in the query."""
    def form(file):
        return H if file in ("core.js", "late.js") else Q
    assets_ahead(scene, form)
    scene.pages(2, form=form)
    scene.visit("after", due="always")
    scene.late("after", due="always")


def number_by_hand(scene):
    """One number for all: a raise gives every file another name, those that did not change too."""
    form = scene.form if scene.topology.hasTandem else V
    live(scene, form=form)
    scene.all(2, form=form)
    for cache in scene.chains["production"].caches:
        if scene.topology.publishes and cache is scene.chains["production"].tandem:
            continue
        for file in builds.UNCHANGED:
            if not cache.stored(scene.static, form.name(file, 2)):
                scene.ledger.others.append("an unchanged file has another name, and is fetched anew by everybody")
    scene.visit("after", due="always")


def fixed_name(scene):
    """A name that never changes: it must be asked about each time."""
    live(scene)
    scene.all(2)
    for entry in scene.chains["production"].entries:
        for who in ("the first", "after"):
            browser = scene.browser(who, entry)
            browser.places = {scene.www: Place(), scene.static: Place()}
            answer, _ = browser.get(scene.static, F.name("core.js", 2))
            if answer.body != builds.content("core.js", 2):
                scene.ledger.others.append("v1's bytes until their time is over")


def query_ignored(scene):
    """Anybody can ask for a version that is not there yet, or never was."""
    live(scene)
    scene.name(scene.form, 2)
    never = scene.form.name("core.js", 7)
    scene.name(scene.form, 7)
    for target in (scene.form.name("core.js", 2), never):
        for entry in scene.chains["production"].entries:
            browser = scene.browser("anybody", entry)
            browser.places = {scene.static: Place()}
            scene.judge(browser, "anybody", scene.static, target)
            scene.check()
    scene.all(2)
    scene.visit("after", due="always")
    scene.late("after", due="always")


def order_of_reference(scene):
    """Module ids by order of reference change with every page that refers to something; a digest of the content does not."""
    one, other = ("a.js", "b.js", "c.js"), ("new.js", "a.js", "b.js", "c.js")
    if scene.topology.hasTandem:
        first, second = digested(scene, one), digested(scene, other)
    else:
        first, second = ({file: f"{number}.js" for number, file in enumerate(order)} for order in (one, other))
    changed = [file for file in one if first[file] != second[file]]
    if changed:
        scene.ledger.others.append(f"{len(changed)} of {len(one)} files that did not change have another name")


def digested(scene, order):
    """File → name after `tandem digest`, of a page that refers to files in this order."""
    with tempfile.TemporaryDirectory(prefix="tandem-digest-") as work:
        folder, out = Path(work) / "in", Path(work) / "out"
        folder.mkdir()
        for file in sorted(order, reverse=len(order) > 3):
            (folder / file).write_text(f"export const file = '{file}'\n")
        (folder / "index.html").write_text("".join(f'<script type="module" src="{file}"></script>\n' for file in order))
        entries = scene.chains["production"].tandem.digest(folder, out)
        return {file: entries[file]["name"] for file in order}


# A name that says nothing of its content is kept for as long as its origin says (RFC 9111).
AS_SAID = "as the origin says: nothing claims a content"
PLAYS = (
    Play("M1", "front end first, v1 all cached", front_end_first_while_cached, damage=False),
    Play("M2", "front end first, v1 partly expired", front_end_first, warmths=("partly expired",)),
    Play("M3", "front end first, v1 all expired", front_end_first, warmths=("cold",)),
    Play("M4", "M1–M3, then the back end; the old page is kept for a day", then_the_back_end, warmths=("partly expired", "cold")),
    Play("M5", "back end first", pages_first, kind="over"),
    Play("M6", "M5, then the cache is restarted", then_a_restart, kind="over"),
    Play("M7", "one click, in no order", at_once, warmths=("partly expired", "cold"), kind="whole"),
    Play("M8", "group by group", grouped, warmths=("partly expired", "cold"), isGrouped=True),
    Play("M9", "page domain on staging, static domain on production", by_halves_alone, kind="over"),
    Play("M10", "M9, then the release within the lifetime", assets_of_production, kind="over"),
    Play("M11", "page domain on production, static domain on staging", assets_of_staging, kind="over"),
    Play("M12", "digests in names of scripts, in queries of module pages", mixed_forms, forms=(Q,), warmths=("partly expired", "cold")),
    Play("M13", "version raised by hand, `?v=`", number_by_hand, forms=(Q,)),
    Play("M14", "fixed name", fixed_name, forms=(F,), kind="whole", leaves={key: AS_SAID for key in ("cache", "behind")}),
    Play("M15", "the origin ignores the query, the cache keys on it", query_ignored, kind="over"),
    Play("M16", "ids by order of reference", order_of_reference, forms=(Q,)),
)
