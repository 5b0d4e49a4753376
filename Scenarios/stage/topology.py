"""Who stands before whom: the servers of each column of the table."""
import contextlib
from dataclasses import dataclass, field

from .client import Client
from .nginx import NginxCache
from .tandem import Tandem
from .varnish import Varnish


@dataclass(frozen=True)
class Topology:
    key: str
    title: str
    hasTandem: bool = True
    hasFronts: bool = True
    # Whether what is deployed is published to Tandem.
    publishes: bool = False


ALONE = Topology("alone", "nginx + Varnish alone", hasTandem=False)
CACHE = Topology("cache", "Tandem, caching", hasFronts=False)
BEHIND = Topology("behind", "Tandem, caching, behind Varnish and nginx")
RELEASES = Topology("releases", "published to Tandem, behind Varnish and nginx", publishes=True)
TOPOLOGIES = (ALONE, CACHE, BEHIND, RELEASES)


@dataclass
class Chain:
    """One environment: the servers that visitors meet, each with its caches behind it, and one Tandem at most."""
    name: str
    side: str                                   # of the origin, where nothing else is said
    entries: dict = field(default_factory=dict)  # name → Client
    caches: list = field(default_factory=list)
    tandem: Tandem = None

    def lose(self, host, target):
        for cache in self.caches:
            cache.lose(host, target)

    def expire(self, host, target):
        """Its time is over. Caches that keep nothing they may not use have lost it; one that validates has it still."""
        for cache in self.caches:
            getattr(cache, "expire", cache.lose)(host, target)


@contextlib.contextmanager
def started(topology, program, work, origin, sites):
    """Production and staging: {name: Chain}. `sites`: those of Tandem."""
    with contextlib.ExitStack() as running:
        chains = {"production": Chain("production", "one"), "staging": Chain("staging", "two")}
        for chain in chains.values():
            (work / chain.name).mkdir()
            if topology.hasTandem:
                chain.tandem = running.enter_context(Tandem(program, work / chain.name, origin, sites))
                chain.caches.append(chain.tandem)
        behind = {name: chain.tandem.port if chain.tandem else origin.port for name, chain in chains.items()}
        for chain in chains.values():
            for kind in (Varnish, NginxCache) if topology.hasFronts else ():
                chain.caches.append(running.enter_context(kind(work / chain.name, behind[chain.name], behind["staging"])))
            fronts = [cache for cache in chain.caches if cache is not chain.tandem] or chain.caches
            for cache in fronts:
                chain.entries[cache.name] = Client(cache.port)
                running.callback(chain.entries[cache.name].close)
        yield chains
