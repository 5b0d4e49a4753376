"""Tests of the judge: `python3 -m unittest discover -s demo -p '*_test.py'`."""
import unittest
from types import SimpleNamespace

from story.ledger import Ledger

OLD, NEW = "a" * 64, "b" * 64


class Judgement(unittest.TestCase):
    def setUp(self):
        old = SimpleNamespace(files={"/index.html": b"one", "/a-1.js": b"a1", "/same.svg": b"s"})
        new = SimpleNamespace(files={"/index.html": b"two", "/a-2.js": b"a2", "/same.svg": b"s"})
        self.ledger = Ledger(old, new)
        self.ledger.builds = {OLD: old, NEW: new}

    def enter(self, url, status=200, body=b"", **headers):
        right = self.ledger.enter("test", url, status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
        return right, len(self.ledger.failures), len(self.ledger.wrong)

    def test_a_document_is_judged_by_the_release_that_it_names(self):
        self.assertEqual(self.enter("/", body=b"one", x_deployment_id=OLD), (True, 0, 0))
        self.assertEqual(self.enter("/", body=b"one", x_deployment_id=NEW), (False, 0, 1))

    def test_a_document_that_differs_and_names_no_release_is_wrong(self):
        self.assertEqual(self.enter("/", body=b"one"), (False, 0, 1))

    def test_a_name_has_the_content_of_the_build_that_has_it(self):
        self.assertEqual(self.enter("/a-1.js?v=1", body=b"a1"), (True, 0, 0))
        self.assertEqual(self.enter("/a-1.js", body=b"a2"), (False, 0, 1))
        self.assertEqual(self.enter("/same.svg", body=b"s"), (True, 0, 1))

    def test_a_missing_name_is_a_failure_even_as_an_error_page(self):
        self.assertEqual(self.enter("/a-1.js", status=404, body=b"a1"), (False, 1, 0))

    def test_what_no_release_has_is_404_and_must_not_be_remembered(self):
        self.assertEqual(self.enter("/api", status=404, cache_control="no-store"), (True, 0, 0))
        self.assertEqual(self.enter("/api", status=404), (False, 1, 0))
        self.assertEqual(self.enter("/api", status=200, body=b"a page", cache_control="no-store"), (False, 2, 0))

    def test_answers_that_only_the_old_release_could_give_are_counted(self):
        self.enter("/a-1.js", body=b"a1")
        self.ledger.switched = True
        self.enter("/a-1.js", body=b"a1")
        self.enter("/a-2.js", body=b"a2")
        self.assertEqual((self.ledger.only_old, self.ledger.only_old_later), (2, 1))

    def test_text_from_a_browser_is_compared_as_text(self):
        self.assertEqual(self.enter("/a-1.js", body="a1"), (True, 0, 0))
        self.assertEqual(self.enter("/a-1.js", body="a2"), (False, 0, 1))


if __name__ == "__main__":
    unittest.main()
