"""E1–E4: the environment is switched by halves, or a version number is set by hand."""
from stage.builds import V
from stage.scene import PRODUCTION, SHARED, STAGING

from . import Play


def environments(scene, production, staging):
    """What is deployed in each; visitors and testers have been everywhere."""
    scene.all(production)
    scene.all(staging, "two", where="staging")
    scene.visit("a customer", due="always")
    scene.late("a customer", due="always")
    scene.visit("a tester", STAGING, due="always")
    scene.late("a tester", due="always")


def assets_of_production(scene):
    """The page domain points to staging (v2), the asset domain still to production (v1 alone)."""
    environments(scene, 1, 2)
    scene.visit("a tester, by halves", STAGING, PRODUCTION)
    scene.late("a tester, by halves")
    scene.all(2)
    scene.visit("a customer, after the release", due="always")
    scene.late("a customer, after the release", due="always")
    scene.visit("a tester, by halves", due="always")


def assets_of_staging(scene):
    """The page domain still points to production (v1), the asset domain to staging."""
    environments(scene, 1, 2)
    scene.visit("a tester, by halves", PRODUCTION, STAGING)
    scene.late("a tester, by halves")
    # Production's version is looked into on staging.
    scene.all(1, "two", where="staging")
    scene.visit("a tester, later", STAGING, due="always")
    scene.late("a tester, later", due="always")
    scene.visit("a tester, by halves", STAGING, due="always")


def one_cache_for_both(scene):
    """Staging and production share one cache by mistake."""
    environments(scene, 1, 2)
    scene.visit("a tester, by halves", SHARED, PRODUCTION)
    scene.visit("a tester, through production's cache", SHARED)
    scene.late("a tester, by halves", assets=SHARED)
    scene.visit("a customer, by halves", PRODUCTION, SHARED)
    scene.all(2)
    scene.visit("a customer, after the release", due="always")
    scene.late("a customer, after the release", due="always")


def version_by_hand(scene):
    """The version of all assets is a number in an admin page, and is raised too early."""
    scene.all(1)
    scene.visit("a customer", due="always")
    scene.pages(2)
    scene.visit("too early")
    scene.late("too early")
    scene.assets(2)
    scene.minute_passes()
    scene.visit("too early", due="always")
    scene.visit("after", due="always")
    scene.late("after", due="always")


DECLARED = """
    fingerprints: ['\\?v=\\d+$']"""
PLAYS = (
    Play("E1", "page domain on staging (v2), asset domain on production (v1)", assets_of_production),
    Play("E2", "page domain on production (v1), asset domain on staging (v2)", assets_of_staging),
    Play("E3", "staging and production share one cache by mistake", one_cache_for_both),
    Play("E4", "`?v=12` set by hand, too early", version_by_hand, forms=(V,), more=DECLARED, isMorePublished=False, kind="documents"),
)
