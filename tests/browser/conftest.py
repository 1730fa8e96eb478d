"""A real Chromium, and people who log in with it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file's tests: while it is open, no other test can run an event loop."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens windows that share nothing, as different people have them."""
    opened: list[BrowserContext] = []

    def open_window() -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        opened.append(context)
        return context.new_page()

    yield open_window
    for context in opened:
        context.close()


def log_in(page: Page, member: str, password: str) -> None:
    """Fill in the log-in form that the page shows, and send it."""
    page.get_by_label("Member").fill(member)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
