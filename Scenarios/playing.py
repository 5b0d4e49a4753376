"""Every play, in every form and warmth, in every topology."""
from plays import deploy_order, elsewhere, halves, leaks, purging, talking
from stage import nginx, topology as topologies_of
from stage.scene import Scene

PLAYS = deploy_order.PLAYS + halves.PLAYS + elsewhere.PLAYS + purging.PLAYS + talking.PLAYS + leaks.PLAYS


def runs(plays, isQuick=False):
    """(play, form, warmth, name of the run) of each; of each play the last alone."""
    for play in plays:
        for form in play.forms[-1:] if isQuick else play.forms:
            for warmth in play.warmths[-1:] if isQuick else play.warmths:
                yield play, form, warmth, f"{play.id}-{form.key}-{warmth.split()[0]}".lower()


def perform(plays, topologies, program, work, say, isQuick=False):
    """{(topology, play, form, warmth): Ledger}. `isQuick`: one run of each play."""
    outcomes = {}
    work.chmod(0o755)
    for topology in topologies:
        folder = work / topology.key
        folder.mkdir()
        with nginx.Origin(folder) as origin:
            with topologies_of.started(topology, program, folder, origin, sites(topology, plays)) as chains:
                for play, form, warmth, slug in runs(plays, isQuick):
                    if topology.key in (play.leaves or {}):
                        continue
                    scene = Scene(slug, play.kind, form, warmth, topology, chains, origin)
                    play.act(scene)
                    outcomes[topology.key, play.id, form.key, warmth] = scene.ledger
                    say(f"{topology.key:<9} {play.id:<4} {form.key} {warmth:<15} {scene.ledger.words()}")
    return outcomes


def sites(topology, plays):
    """Tandem's: one for each run."""
    return [(slug, [f"*.{slug}.test"], *site(topology, play), play.isGrouped) for play, form, warmth, slug in runs(plays)]


def site(topology, play):
    """(kind, more lines)."""
    if topology.key in (play.kinds or {}):
        return play.kinds[topology.key], play.more
    return play.kind if topology.publishes else "foreign", play.more if topology.publishes == play.isMorePublished else ""


def faults(plays, topologies, outcomes):
    """What must not be: wrong with Tandem, and nothing wrong without it where that is known to break."""
    found = []
    for (topology, play, form, warmth), ledger in outcomes.items():
        if topology != topologies_of.ALONE.key and not ledger.isRight:
            found.append(f"{play}, {form}, {warmth}, {topology}: {ledger.words()}")
    for play in plays:
        alone = [ledger for (topology, id, _, _), ledger in outcomes.items() if (topology, id) == (topologies_of.ALONE.key, play.id)]
        if alone and play.damage == all(ledger.isRight for ledger in alone):
            found.append(f"{play.id}: " + ("no damage without Tandem: nothing is proven" if play.damage else "damage where none is known"))
    return found
