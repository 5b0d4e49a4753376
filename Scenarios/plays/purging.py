"""M17: one thing is to go, and nothing else."""
import time

from stage.builds import UNCHANGED

from . import Play
from .deploy_order import live


def purge(scene):
    live(scene)
    tandem = scene.chains["production"].tandem
    if not tandem:
        restart(scene)
    elif scene.topology.publishes:
        revoke(scene, tandem)
    else:
        core = {scene.form.name("core.js", 1)}
        tandem.command("cache", "purge", "--url", f"http://{scene.static}{min(core)}")
        missing(scene, tandem, core, "by URL")
        again(scene)
        tandem.command("cache", "purge", "--tag", "core")
        missing(scene, tandem, core, "by tag")
        again(scene)
    scene.visit("after", due="always")


def restart(scene):
    """What caches do that know nothing finer."""
    scene.lose()
    left = [target for _, target in scene.meanings for cache in scene.chains["production"].caches if cache.stored(scene.static, target)]
    if not left:
        scene.ledger.others.append(f"all {len(scene.meanings)} names lost for the sake of one")


def missing(scene, tandem, gone, how):
    """Exactly these are kept no more."""
    lost = {target for host, target in scene.meanings if not tandem.stored(host, target)}
    if lost != gone:
        scene.ledger.others.append(f"a purge {how} took {len(lost - gone)} names too many, and left {len(gone - lost)}")


def again(scene):
    """Everything is asked for, past the caches in front. What was asked for in the same tick of the kernel's clock is purged, too."""
    time.sleep(0.01)
    tandem = scene.chains["production"].tandem
    for host, target in scene.meanings:
        tandem.client.ask(host, target)
    missing(scene, tandem, set(), "before")


def revoke(scene, tandem):
    """The release goes, and what others have stays."""
    before = set(tandem.releases(scene.slug))
    scene.all(2)
    release, = before
    tandem.command("release", "revoke", release, "--site", scene.slug)
    kept = {scene.form.name(file, 1) for file in UNCHANGED}
    for host, target in scene.meanings:
        answer = tandem.client.ask(host, target)
        isOld = scene.versions[host, target] == "v1" and target not in kept
        if answer.status != (410 if isOld else 200) or (isOld and "no-store" not in answer.control):
            scene.ledger.others.append(f"after `release revoke` a name of {scene.versions[host, target]} is {answer.status}")
    scene.check()


PLAYS = (Play("M17", "purge is a restart", purge),)
