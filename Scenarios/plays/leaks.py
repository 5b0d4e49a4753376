"""S7: a canary, pins and cookies are in play, and shared caches in front keep what HTTP lets them."""
from stage import builds
from stage.scene import PRODUCTION

from . import Play

# Documents may be kept by everybody: what is one visitor's must say so.
SITE = """
    documents: {cache_control: "public, max-age=300"}
    rollout: {canary: [50%, 100%], step: 1h}"""
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}


def leaks(scene):
    """Pages of releases; and, where nothing is published, of servers that releases bring."""
    production = scene.chains["production"]
    deploy(scene, 1, "--activate", "--wait")
    old, = production.tandem.releases(scene.slug)
    for entry in production.entries:
        expect(scene, entry, NAVIGATION, {1}, "before the canary")
    deploy(scene, 2, "--activate")
    new, = set(production.tandem.releases(scene.slug)) - {old}
    for entry in production.entries:
        scene.chains["production"].lose(scene.www, page(scene))
        seen = [round_of_visitors(scene, entry, turn, old, new) for turn in range(3)]
        if not any(seen):
            scene.ledger.others.append("no visitor met the canary: nothing is proven")


def page(scene):
    """A document that everybody may keep."""
    return "/" if scene.topology.publishes else "/kept/"


def deploy(scene, version, *options):
    if scene.topology.publishes:
        scene.publish(version, scene.form, "production", *options, path="index.html")
        scene.name(scene.form, version)
    else:
        scene.bring(version, *options, path="kept/index.html")


def round_of_visitors(scene, entry, turn, old, new):
    """Every kind of visitor, whoever has the canary's first. Returns whether the canary was met."""
    canary, stable = cookie(turn, new), cookie(9999 - turn, old)
    met = expect(scene, entry, {**NAVIGATION, "Cookie": canary}, {1, 2}, "with the canary's cookie") == 2
    met |= expect(scene, entry, {"X-Deployment-Id": new}, {2}, "pinned to the new release") == 2
    met |= expect(scene, entry, {"Cookie": canary}, {1, 2}, "a script of the canary's page") == 2
    expect(scene, entry, {}, {1}, "without anything")
    expect(scene, entry, {**NAVIGATION, "Cookie": stable}, {1}, "with another bucket")
    expect(scene, entry, {"X-Deployment-Id": old}, {1}, "pinned to the old release")
    expect(scene, entry, {"Cookie": stable}, {1}, "a script of the old page")
    expect(scene, entry, NAVIGATION, {1}, "for the first time")
    expect(scene, entry, {}, {2}, "pinned by the query", f"{page(scene)}?dpl={new}")
    expect(scene, entry, {}, {1}, "pinned by the query", f"{page(scene)}?dpl={old}")
    for fields in ({}, NAVIGATION, {"X-Deployment-Id": old}, {"X-Deployment-Id": new}):
        look(scene, entry, fields, {2} if fields.get("X-Deployment-Id") == new else {1})
    return met


def cookie(bucket, release):
    return f"tandem={bucket}.{release[:12]}"


def expect(scene, entry, fields, versions, who, target=None):
    """A visitor gets a page of one of these versions. Returns which."""
    answer = scene.ask(PRODUCTION, entry, scene.www, target or page(scene), fields)
    version = builds.page_version(answer.body)
    if answer.status != 200 or version not in versions:
        scene.ledger.others.append(f"a visitor {who} got v{version}'s page" if version else f"a visitor {who} got {answer.status}")
    return version


def look(scene, entry, fields, versions):
    """What the cache in front would give to somebody who asks like this."""
    cache, = [each for each in scene.chains["production"].caches if each.name == entry]
    # Ours keeps each release's for itself: what it gives to whom is what visitors got.
    if cache is scene.chains["production"].tandem:
        return
    found = cache.stored(scene.www, page(scene), fields)
    if not found:
        return
    answer, _ = found
    if builds.page_version(answer.body) not in versions:
        scene.ledger.others.append(f"{entry} keeps a page of another's release")
    if "set-cookie" in answer.fields or "private" in answer.control:
        scene.ledger.others.append(f"{entry} keeps what is one visitor's")


REASON = "–"
BOUND = {"cache": "bound", "behind": "bound"}
PLAYS = (
    Play("S7", "a canary, pins and cookies: is one visitor's given to another?", leaks, forms=(builds.Q,), kind="whole", more=SITE,
         kinds=BOUND, damage=False, leaves={"alone": REASON}),
)
