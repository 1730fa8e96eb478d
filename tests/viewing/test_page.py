"""What a viewer sees in a real browser: the notebook as it is, and that it is only to be looked at."""

from collections.abc import Callable

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser import lab
from tests.browser.conftest import log_in
from tests.stack import PASSWORD
from tests.viewing.house import DOCUMENT, LIVE, NOTEBOOKS, OWNER, SAVED, TEXT, VIEWER, House
from tests.viewing.windows import BADGE, enter, run, save, source, write

pytestmark = [pytest.mark.demo, pytest.mark.browser, pytest.mark.timeout(180)]

Open = Callable[[], Page]
SOON_MS = 8_000
SAID = {LIVE: "view only · live", SAVED: "view only · as last saved"}


def test_with_collaboration_the_view_is_live(house: House, window: Open) -> None:
    """Typing and outputs come as they are made; nothing is saved for it, and nobody touches the viewer's page."""
    alice, bob = window(), window()
    enter(alice, house, OWNER, LIVE, DOCUMENT)
    lab.wait_for_kernel(alice)
    enter(bob, house, VIEWER, LIVE, DOCUMENT)
    expect(bob.locator(BADGE)).to_have_text(SAID[LIVE], timeout=SOON_MS)

    write(alice, "print('typed', 6 * 7)")

    expect(bob.locator(f"{lab.CELL} .cm-content").first).to_have_text(
        "print('typed', 6 * 7)", timeout=SOON_MS
    )
    alice.keyboard.press("Control+Enter")
    output = bob.locator(f"{lab.CELL} .jp-OutputArea-output pre").filter(has_text="typed 42")
    expect(output).to_be_visible(timeout=SOON_MS)


def test_without_it_the_view_follows_what_is_saved(house: House, window: Open) -> None:
    """Within seconds of each save, by itself; and it says that this is what it shows."""
    alice, bob = window(), window()
    enter(alice, house, OWNER, SAVED, DOCUMENT)
    lab.wait_for_kernel(alice)
    enter(bob, house, VIEWER, SAVED, DOCUMENT)
    expect(bob.locator(BADGE)).to_have_text(SAID[SAVED], timeout=SOON_MS)

    for word in ("once", "again"):
        run(alice, f"print('saved', '{word}')")
        lab.expect_output(alice, f"saved {word}")
        save(alice)

        output = bob.locator(f"{lab.CELL} .jp-OutputArea-output pre").filter(has_text=word)
        expect(output).to_be_visible(timeout=SOON_MS)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_nothing_can_be_done_and_nothing_complains(
    house: House, window: Open, notebook: str
) -> None:
    """Typing, running and saving do nothing, the badge says why, and no dialog stands in the way."""
    bob, refused = window(), []
    bob.on("console", lambda said: refused.append(said) if _is_refusal(said) else None)
    enter(bob, house, VIEWER, notebook, DOCUMENT)
    expect(bob.locator(BADGE)).to_have_text(SAID[notebook], timeout=SOON_MS)
    before = source(bob)

    bob.locator(f"{lab.CELL} .cm-content").first.click()
    bob.keyboard.type("mine now")
    bob.keyboard.press("Shift+Enter")
    expect(bob.locator(BADGE)).to_have_text("view only · nothing can be changed here")
    save(bob)

    expect(bob.locator(BADGE)).to_have_text(SAID[notebook], timeout=SOON_MS)
    assert source(bob) == before
    expect(bob.locator(".jp-Dialog")).to_have_count(0)
    expect(bob.locator(".jp-NotebookPanel-toolbar", has_text="read-only")).to_be_visible()
    assert refused == []


def test_the_badge_takes_no_click_and_speaks(house: House, window: Open) -> None:
    """Assistive technology is told, and what lies beneath can be reached."""
    bob = window()
    enter(bob, house, VIEWER, SAVED, DOCUMENT)
    badge = bob.locator(BADGE)

    expect(bob.get_by_role("status").filter(has_text="view only")).to_be_visible()
    box = badge.bounding_box()
    assert box is not None
    beneath = "([x, y]) => document.elementFromPoint(x, y).id"
    assert bob.evaluate(beneath, [box["x"] + 5, box["y"] + 5]) != "gateway-view"


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_text_file_is_shown(house: House, window: Open, notebook: str) -> None:
    """In an editor that takes nothing."""
    bob = window()
    enter(bob, house, VIEWER, notebook, TEXT)

    expect(bob.locator(".jp-FileEditor .cm-content")).to_contain_text("a line")
    expect(bob.locator(BADGE)).to_have_text(SAID[notebook], timeout=SOON_MS)


def test_home_says_what_may_only_be_viewed(house: House, window: Open) -> None:
    """And leads there."""
    bob = window()
    bob.goto(house.url)
    log_in(bob, VIEWER, PASSWORD)

    card = bob.locator("[data-name=saved]")
    expect(card).to_contain_text("view only")
    card.get_by_role("link", name="Open saved").click()
    lab.wait_for_lab(bob)
    expect(bob.locator(BADGE)).to_contain_text("view only")


def _is_refusal(said: ConsoleMessage) -> bool:
    return "403" in said.text or "view only" in said.text
