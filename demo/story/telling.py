"""The story: publish the old build, let visitors in, move to the new one, let the old one go, and count."""
import contextlib
import shutil
import tempfile
import time
from pathlib import Path

from .browser import Browser, Tab
from .ledger import Ledger
from .tandem import OVER, Phases, Tandem
from .visitors import Client, Crowd, walks_of

TABS = 3
PATIENCE_SECONDS = 60


def tell(program, old, new, with_browser, say):
    """Returns the ledger and the changes of phase. Raises RuntimeError where the story cannot go on."""
    work = Path(tempfile.mkdtemp(prefix="tandem-demo-"))
    ledger = Ledger(old, new)
    try:
        with contextlib.ExitStack() as scene:
            changes = act(scene, Tandem(program, work), ledger, with_browser, say)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return ledger, changes


def act(scene, tandem, ledger, with_browser, say):
    old, new = ledger.old, ledger.new
    scene.enter_context(tandem)
    say(f"tandem serves {tandem.origin}")

    first = publish(tandem, ledger, old, say, "--activate", "--wait")
    walks = {first: walks_of(old)}
    for name, (eager, late) in ((old.title, walks[first]), (new.title, walks_of(new))):
        say(f"{name}: a page loads {len(eager)} files, and {len(late)} more when a visitor gets there")
    tabs = []
    if with_browser:
        browser = scene.enter_context(Browser(ledger, tandem.origin))
        tabs = [Tab(browser) for _ in range(TABS)]
        for tab in tabs:
            tab.open_page()
    crowd = scene.enter_context(Crowd(tandem.port, ledger, walks))
    say(f"visitors: {len(crowd.threads)} clients that come and go, {len(crowd.lingerers)} that keep their page, {len(tabs)} browser tabs")
    time.sleep(2)

    phases = scene.enter_context(Phases(tandem, first, say))
    second = publish(tandem, ledger, new, say, "--canary", "25%", walks=walks)
    if not phases.wait(second, ("draining", *OVER), PATIENCE_SECONDS):
        raise RuntimeError(f"the new release was not current after {PATIENCE_SECONDS} s: {phases.now}")
    ledger.switched = True
    say("every new page is of the new release; the pages opened before now load their late parts")

    crowd.open_late_parts()
    late = sorted(walks[first][1])
    for number, tab in enumerate(tabs):
        for bad in tab.load_late(late[number::len(tabs)]):
            ledger.fail("browser", bad, "could not be loaded by the page")
    if tabs:
        fresh = Tab(browser)
        fresh.open_page()
        if fresh.release != second:
            ledger.fail("browser", "/", f"a new tab got release {fresh.release}")
        browser.settle()
    time.sleep(2)
    if phases.now.get("phase") in OVER:
        ledger.fail("demo", "-", f"the rollout ended while pages of the old release were in use: {phases.now.get('reason')}")

    say("the last page of the old release is closed")
    crowd.let_go()
    if not phases.wait(second, OVER, PATIENCE_SECONDS):
        say(f"still {phases.now.get('phase')}: {phases.now.get('reason')}; retiring the old release by hand")
        tandem.command("release", "retire", first)
        if not phases.wait(second, OVER, 10):
            raise RuntimeError(f"the old release was not retired: {phases.now}")
    say("the old release is kept: its names still answer")
    client = Client(tandem.port, ledger, "a page from a cache", 0)
    for url in sorted(walks[first][0] | walks[first][1]):
        if url.partition("?")[0] not in new.files:
            client.get(url)
    client.close()
    return phases.changes


def publish(tandem, ledger, build, say, *options, walks=None):
    """The ledger must know the release before any visitor can meet it, so it is published first and activated after."""
    begin = time.monotonic()
    release = tandem.publish(build.folder)
    ledger.builds[release] = build
    if walks is not None:
        walks[release] = walks_of(build)
    say(f"published {build.title} as {release[:12]} in {time.monotonic() - begin:.1f} s ({len(build.files)} files)")
    tandem.publish(build.folder, *options)
    return release
