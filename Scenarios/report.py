"""The page with the table: docs/compare/poisoning.md."""
import platform
import re
import subprocess

from stage import nginx, varnish
from stage.ledger import Ledger, count, possessive

HEAD = """# Poisoned caches: nginx and Varnish alone, and with Tandem

<!-- Made by `make scenarios`. -->

Pages and assets go live in the wrong order, a host switch is half done, a `?version` is ignored by the file server behind: then caches
hold one version's bytes under another version's name, for as long as that name is good. This page shows it with real servers, and
what becomes of it with Tandem. `make scenarios` plays all of it anew, in two or three minutes, and fails when a column with Tandem is
not right, or when the first one shows no damage where it must.

- **Origin**: nginx. It ignores queries, takes a digest in a name for a way to get past caches (`core_<md5>.js` is served from
  `core.js`), and its files are overwritten in place. Assets are `max-age=604800`, pages `no-cache`.
- **Caches**: Varnish with its built-in policy and nginx' `proxy_cache`, each keyed on host, path and query, side by side; and browsers
  that keep what `Cache-Control` lets them.
- **Each scenario** is played with names in the query (`core.js?<md5>`) and in the file (`core_<md5>.js`), where it matters with caches
  warm, partly expired and cold. A page names five assets. After every step every name that a page ever had is read back from every
  cache. A cell shows the worst of its runs: how many names held other bytes, how many of them still when everything had long been
  deployed, and how many visits got a page that could not work.
- **right**: no cache and no browser ever held other bytes, an error or a page under a name (S1, S2; a name that cannot be proven for a
  minute at most), and every page got all that it named, where that was to be had anywhere (S3). *Passed*: the origin's wrong bytes
  went to so many requests, as `no-store`: nobody else ever sees them. Where what is deployed is published to Tandem there is no such
  answer, but to numbers in queries (E4), which are documents there and revalidate.

Configuration: `proxy: {cache: on, guard: auto}` in the columns that cache, with both groups of servers as backend and `mismatch` among
the occasions to ask again in D6 and M8; in the last one `tandem publish --assets` before each deploy, pages and assets as one release in
D3, D7, M7, M14 and S7. The origin's validators are true: each deploy has a time of its own.

S4 and S7 play a canary of half the visitors, with cookies, pins in the header and in the query, and both kinds of cache in front. Where
nothing else is published a release brings its servers (`publish --backend`), and pages, assets and API all come from these through
`cache: on`; in the last column S4's API does. Documents of S7 may be kept by everybody. In S4 every visitor goes on asking for all that
the page names, and for two APIs, through three rounds and after the canary has become everybody's.
"""


# What is kept wrong in all of these needs no word about where.
EVERYWHERE = {"Varnish", "nginx", "browsers"}


def page(plays, topologies, outcomes):
    lines = [HEAD, "| | what happens | " + " | ".join(each.title for each in topologies) + " |",
             "|---|---|" + "---|" * len(topologies)]
    for play in plays:
        cells = [cell(play, topology, outcomes) for topology in topologies]
        lines.append(f"| {play.id} | {play.words} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + versions() + "\n"


def cell(play, topology, outcomes):
    """The worst of a scenario's runs, and which were right besides."""
    if topology.key in (play.leaves or {}):
        return play.leaves[topology.key]
    runs = [(warmth, ledger) for (key, id, _, warmth), ledger in outcomes.items() if (key, id) == (topology.key, play.id)]
    wrong = [ledger for _, ledger in runs if not ledger.isRight]
    if not wrong:
        passed = max((ledger.passed for _, ledger in runs), default=0)
        brief = max((ledger.brief for _, ledger in runs), default=0)
        said = ["right"] + [f"{passed} passed"] * bool(passed) + [f"{brief} for a minute at most"] * bool(brief)
        return ", ".join(said)
    well = [warmth for warmth in dict.fromkeys(warmth for warmth, _ in runs)
            if all(ledger.isRight for each, ledger in runs if each == warmth)]
    return f"**{worst(wrong)}**" + (f" ({', '.join(well)}: right)" if well else "")


def worst(ledgers):
    """Of several: for each mix-up the run with most names, the most broken pages."""
    groups = {}
    for ledger in ledgers:
        for key, wrong in ledger.grouped().items():
            names = len({each.name for each in wrong})
            end = len({each.name for each in ledger.kept[-1] if (each.holds, each.means) == key})
            caches, most, last = groups.get(key, (set(), 0, 0))
            groups[key] = (caches | {each.cache for each in wrong}, max(most, names), max(last, end))
    said = []
    for (holds, means), (caches, names, end) in sorted(groups.items()):
        where = "" if caches >= EVERYWHERE else f" in {', '.join(sorted(caches))}"
        said.append(f"{possessive(holds)} under {means}'s name{where}: {count(names, 'name')}, {end or 'none'} at the end")
    broken = max(len(ledger.broken) for ledger in ledgers)
    others = sorted({words for ledger in ledgers for words in ledger.others})
    return "; ".join(said + [f"{count(broken, 'page')} broken"] * bool(broken) + others) or Ledger.words(ledgers[0])


def versions():
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"Played with {version([nginx.PROGRAM, '-v'])} and {version([varnish.PROGRAM, '-V'])} of {system}."


def version(command):
    said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    found = re.search(r"(nginx|varnish)[/-]([0-9.]+)", said)
    return f"{found[1].capitalize() if found[1] == 'varnish' else found[1]} {found[2]}" if found else command[0]
