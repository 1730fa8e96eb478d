"""Alice lets bob into her notebook for a while, in two windows of a real browser; then he is out, and she notices nothing."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser import lab
from tests.browser.conftest import log_in
from tests.stack import Entry, eventually

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(240)]


class Wires:
    """The WebSockets that a page opened."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.all: list[WebSocket] = []
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.all.append(socket)

    def live(self) -> list[WebSocket]:
        """Return those that are open now."""
        self._page.evaluate("1")  # lets Playwright hear of what has happened
        return [socket for socket in self.all if not socket.is_closed()]


def share(page: Page, entry: Entry, count: int, unit: str) -> None:
    """Share alice's notebook with bob, to use, on her page."""
    page.goto(f"{entry.url}-/share/alice")
    page.get_by_label("With").select_option("bob")
    page.get_by_label(re.compile("may use it: run code")).check()
    page.locator("#share-count").fill(str(count))
    page.get_by_label("Minutes, hours or days").first.select_option(unit)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_text("Shared. It ends by itself")).to_be_visible()


def work_with(bob: Page, alice: Page, entry: Entry) -> None:
    """Have alice set something in a kernel of hers, and bob read it in the same kernel."""
    lab.new_notebook(alice)
    lab.run_cell(alice, "shared = 'seen by both'")
    name = lab.open_name(alice)
    bob.goto(f"{entry.notebook('alice')}lab/workspaces/{uuid4().hex}/tree/{name}")
    lab.wait_for_lab(bob)
    lab.wait_for_kernel(bob)
    lab.run_cell(bob, "print(shared.upper())")
    lab.expect_output(bob, "SEEN BY BOTH")


@pytest.mark.parametrize("way", ["clock", "click"])
def test_bob_is_let_in_and_out_again(
    path_entry: Entry, window: Callable[[], Page], way: str
) -> None:
    """By the clock after a minute, or as soon as she takes it back."""
    alice, bob = window(), window()
    bob.goto(path_entry.url)
    log_in(bob, "bob", path_entry.password)
    alice.goto(f"{path_entry.notebook('alice')}lab/workspaces/{uuid4().hex}")
    log_in(alice, "alice", path_entry.password)
    lab.wait_for_lab(alice)
    hers, his = Wires(alice), Wires(bob)
    page = alice.context.new_page()

    share(page, path_entry, *((1, "minutes") if way == "clock" else (1, "days")))
    work_with(bob, alice, path_entry)
    before = hers.live()
    assert before
    assert his.live()
    if way == "click":
        page.get_by_role("button", name="Take back from bob").click()
        expect(page.get_by_text("Taken back.")).to_be_visible()

    eventually(lambda: not his.live(), within_seconds=70 if way == "clock" else 2)
    bob.goto(path_entry.notebook("alice"))
    expect(bob.get_by_role("heading", name="not found")).to_be_visible()
    lab.run_cell(alice, "print(shared[::-1])")
    lab.expect_output(alice, "htob yb nees")
    assert set(before) <= set(hers.live())
    page.reload()
    expect(page.get_by_text("Bob").first).to_be_visible()
