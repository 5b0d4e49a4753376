"""What was found in one run: content kept under names that mean another, answers that lied, pages that broke."""
from collections import defaultdict
from dataclasses import dataclass, field

# So long a name that cannot be proven may be wrong (S2).
MINUTE = 60


@dataclass(frozen=True)
class Wrong:
    """Kept under a name that means something else."""
    cache: str
    name: str
    means: str   # the version that the name is of
    holds: str   # what it holds instead


@dataclass
class Ledger:
    # By step, the newest last.
    kept: list = field(default_factory=list)
    lies: set = field(default_factory=set)      # (who, name): right status, wrong bytes, and anybody may keep them
    broken: list = field(default_factory=list)  # (who, version of the page), where it had to work
    others: list = field(default_factory=list)  # words
    passed: int = 0                             # wrong bytes of the origin that nobody may keep
    brief: int = 0                              # the same, to be kept for a minute

    @property
    def isRight(self):
        return not (any(self.kept) or self.lies or self.broken or self.others)

    def words(self):
        """What broke; `right`."""
        said = []
        for (holds, means), wrong in sorted(self.grouped().items()):
            names = len({each.name for each in wrong})
            last = {each.name for each in self.kept[-1] if (each.holds, each.means) == (holds, means)}
            caches = ", ".join(sorted({each.cache for each in wrong}, key=lambda name: (name == "browsers", name)))
            end = f"{len(last)} at the end" if last else "gone at the end"
            said.append(f"{possessive(holds)} under {means}'s name in {caches}: {count(names, 'name')}, {end}")
        if not said and self.lies:
            said.append(f"wrong bytes that anybody may keep: {count(len({name for _, name in self.lies}), 'name')}")
        if self.broken:
            said.append(f"{count(len(self.broken), 'page')} broken")
        return "; ".join(said + sorted(set(self.others))) or "right"

    def grouped(self):
        groups = defaultdict(set)
        for step in self.kept:
            for wrong in step:
                groups[wrong.holds, wrong.means].add(wrong)
        return groups


def possessive(holds):
    return f"{holds}'s bytes" if holds.startswith("v") else holds


def count(number, what):
    return f"{number} {what}" + ("" if number == 1 else "s")
