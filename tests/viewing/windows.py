"""A member's window on a notebook."""

from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser import lab
from tests.browser.conftest import log_in
from tests.stack import PASSWORD
from tests.viewing.house import House

BADGE = "#gateway-view"


def enter(page: Page, house: House, member: str, notebook: str, document: str) -> None:
    """Log in on the way to a document, in a workspace where nothing else is open, and arrive."""
    page.goto(f"{house.url}/{notebook}/lab/workspaces/{uuid4().hex}/tree/{document}")
    log_in(page, member, PASSWORD)
    lab.wait_for_lab(page)
    expect(page.locator(f"{lab.CELL}, .jp-FileEditor").first).to_be_visible(timeout=30_000)


def write(page: Page, source: str) -> None:
    """Write ``source`` in place of what is in the first cell."""
    page.locator(f"{lab.CELL} .cm-content").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def run(page: Page, source: str) -> None:
    """Write ``source`` into the first cell and run it."""
    write(page, source)
    page.keyboard.press("Control+Enter")


def save(page: Page) -> None:
    """Save the document on top."""
    page.keyboard.press("Control+s")


def source(page: Page) -> str:
    """Return what the first cell says."""
    return page.locator(f"{lab.CELL} .cm-content").first.inner_text()
