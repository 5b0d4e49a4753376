"""A visitor's browser: it keeps what `Cache-Control` lets it keep, and asks nobody for what it has. Its clock is set by hand."""
from dataclasses import dataclass

from .client import Answer


@dataclass
class Kept:
    answer: Answer
    until: float


class Browser:
    def __init__(self, ask):
        """`ask(host, target, fields)` gives an Answer."""
        self.ask, self.kept, self.cookies, self.now = ask, {}, {}, 0.0

    def get(self, host, target, **fields):
        """The answer, and whether it came from what was kept."""
        found = self.kept.get((host, target))
        if found and found.until > self.now:
            return found.answer, True
        if host in self.cookies:
            fields["Cookie"] = self.cookies[host]
        answer = self.ask(host, target, {name.replace("_", "-"): value for name, value in fields.items()})
        if "set-cookie" in answer.fields:
            self.cookies[host] = answer.fields["set-cookie"].partition(";")[0]
        self.kept.pop((host, target), None)
        if answer.status in (200, 404, 410) and answer.max_age > 0:
            self.kept[host, target] = Kept(answer, self.now + answer.max_age)
        return answer, False

    def stored(self, host, target):
        """What is kept under a name and would be used: (answer, seconds for which it will be), or nothing."""
        found = self.kept.get((host, target))
        return (found.answer, found.until - self.now) if found and found.until > self.now else None
