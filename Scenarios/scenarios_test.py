"""Tests of what the scenarios are judged by, and a few scenarios themselves where nginx and Varnish are installed."""
import shutil
import tempfile
import unittest
from pathlib import Path

import playing
import report
from stage import builds, nginx, varnish
from stage.browser import Browser
from stage.builds import F, H, Q, V
from stage.client import Answer
from stage.ledger import Ledger, Wrong
from stage.topology import ALONE, TOPOLOGIES

QUICK = ("D1", "D2", "E1", "M15")
TANDEM = Path(__file__).resolve().parent.parent / ".build/release/tandem"


class Names(unittest.TestCase):
    def test_a_name_means_the_content_of_its_version(self):
        for form in (Q, H):
            old, new = form.name("core.js", 1), form.name("core.js", 2)
            self.assertNotEqual(old, new)
            self.assertEqual(builds.names(form, 2)[new], builds.content("core.js", 2))
            self.assertEqual(form.name("base.js", 1), form.name("base.js", 2))
        self.assertEqual(V.name("core.js", 2), "/assets/core.js?v=12")
        self.assertEqual(builds.names(F, 1), {})

    def test_a_page_names_all_assets_and_some_of_them_for_later(self):
        page = builds.page(Q, 2, "static.test")
        found = builds.references(page)
        self.assertEqual([late for *_, late in found], [file in builds.LATE for file in builds.FILES])
        self.assertEqual({target for _, target, _ in found}, set(builds.names(Q, 2)))
        self.assertEqual(builds.page_version(page), 2)


class Browsers(unittest.TestCase):
    def browser(self, control, status=200):
        self.asked = 0

        def ask(*_):
            self.asked += 1
            return Answer(status, {"cache-control": control}, b"body")
        return Browser(ask)

    def test_what_may_be_kept_is_kept_for_its_time(self):
        browser = self.browser("public, max-age=60")
        self.assertEqual([browser.get("h", "/a")[1] for _ in range(2)], [False, True])
        browser.now = 61
        self.assertIsNone(browser.stored("h", "/a"))
        self.assertFalse(browser.get("h", "/a")[1])

    def test_what_may_not_be_kept_is_not(self):
        for control in ("no-store", "no-cache, max-age=60", "max-age=0", ""):
            browser = self.browser(control)
            browser.get("h", "/a")
            self.assertIsNone(browser.stored("h", "/a"), control)

    def test_an_error_that_may_be_kept_is_kept(self):
        browser = self.browser("max-age=60", 404)
        browser.get("h", "/a")
        self.assertEqual(browser.stored("h", "/a")[0].status, 404)


class Ledgers(unittest.TestCase):
    def test_an_empty_one_is_right(self):
        self.assertEqual((Ledger(kept=[set()]).isRight, Ledger(kept=[set()]).words()), (True, "right"))

    def test_what_is_gone_at_the_end_was_there(self):
        ledger = Ledger(kept=[{Wrong("Varnish", "/a?1", "v2", "v1")}, set()])
        self.assertFalse(ledger.isRight)
        self.assertEqual(ledger.words(), "v1's bytes under v2's name in Varnish: 1 name, gone at the end")

    def test_a_broken_page_and_a_lie_are_not_right(self):
        self.assertFalse(Ledger(broken=[("who", 1)]).isRight)
        self.assertFalse(Ledger(lies={("who", "/a")}).isRight)

    def test_the_worst_of_several_runs_is_told(self):
        wrong = {Wrong("nginx", f"/{number}", "v2", "v1") for number in range(3)}
        outcomes = {("alone", "D1", "Q", "warm"): Ledger(), ("alone", "D1", "Q", "cold"): Ledger(kept=[wrong, wrong], broken=[("who", 1)])}
        play = next(play for play in playing.PLAYS if play.id == "D1")
        self.assertEqual(report.cell(play, ALONE, outcomes),
                         "**v1's bytes under v2's name in nginx: 3 names, 3 at the end; 1 page broken** (warm: right)")


class Verdicts(unittest.TestCase):
    def test_no_damage_without_tandem_is_a_fault_where_there_must_be_some(self):
        play = next(play for play in playing.PLAYS if play.damage)
        outcomes = {("alone", play.id, "Q", "warm"): Ledger()}
        self.assertTrue(playing.faults([play], TOPOLOGIES, outcomes))
        outcomes["alone", play.id, "Q", "warm"].broken.append(("who", 1))
        self.assertFalse(playing.faults([play], TOPOLOGIES, outcomes))
        outcomes["cache", play.id, "Q", "warm"] = Ledger(others=["anything"])
        self.assertTrue(playing.faults([play], TOPOLOGIES, outcomes))

    def test_every_scenario_is_there(self):
        wanted = [f"D{n}" for n in range(1, 10)] + [f"E{n}" for n in range(1, 5)] + [f"M{n}" for n in range(1, 18)] + ["S4", "S7"]
        self.assertEqual([play.id for play in playing.PLAYS], wanted)


MISSING = [program for program in (nginx.PROGRAM, varnish.PROGRAM, str(TANDEM)) if not shutil.which(program)]


@unittest.skipIf(MISSING, f"missing: {', '.join(MISSING)}")
class Scenarios(unittest.TestCase):
    def test_today_s_servers_show_the_damage_and_tandem_does_not(self):
        plays = [play for play in playing.PLAYS if play.id in QUICK]
        with tempfile.TemporaryDirectory(prefix="tandem-scenarios-") as work:
            outcomes = playing.perform(plays, TOPOLOGIES, TANDEM, Path(work), lambda _: None, isQuick=True)
        self.assertEqual(playing.faults(plays, TOPOLOGIES, outcomes), [])


if __name__ == "__main__":
    unittest.main()
