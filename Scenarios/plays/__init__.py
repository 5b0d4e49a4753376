"""The scenarios by id. A play is what happens; the scene says what came of it."""
from dataclasses import dataclass
from typing import Callable

from stage.builds import H, Q

WARMTHS = ("warm", "partly expired", "cold")


@dataclass(frozen=True)
class Play:
    id: str
    words: str
    act: Callable
    forms: tuple = (Q, H)
    warmths: tuple = ("warm",)
    # What Tandem's site says where what is deployed is published (stage/tandem.py).
    kind: str = "assets"
    # Whether today's servers alone must show damage: a check that cannot fail is a defect.
    damage: bool = True
    # More lines of Tandem's site: where what is deployed is published, or only where it is not.
    more: str = ""
    isMorePublished: bool = True
    # By topology: what Tandem's site says instead, with `more`.
    kinds: dict = None
    # Whether Tandem balances two groups of servers, and asks the other where one has not what a name says.
    isGrouped: bool = False
    # Topologies in which there is nothing to see, with the reason.
    leaves: dict = None
