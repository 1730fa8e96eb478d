"""gateway.web in a real Chromium: pages that keep up, forms that arrive, and scripts that may not."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.core.inventory import PublicUrl, Routing
from gateway.core.names import NotebookName
from gateway.core.status import NotebookState
from gateway.errors import Reason
from tests.requires import require
from tests.web.conftest import House
from tests.web.doorstep import served
from tests.web.fakes import ALICE, CAROL, PASSWORD, inventory

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

Visit = Callable[..., tuple[House, Page, str]]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    require(CHROMIUM.exists(), "Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Serves a house and opens a window on it; what the policy stopped fails the test."""
    violations: list[str] = []
    with ExitStack() as stack:

        def open_window(routing: Routing = Routing.PATH) -> tuple[House, Page, str]:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            url = PublicUrl("http", "localhost", listener.getsockname()[1])
            wanted = inventory(routing=routing)
            house = House(replace(wanted, server=replace(wanted.server, public_url=url)))
            house.notebooks.stand("alice", NotebookState.RECONNECTING, Reason.LOST)
            stack.enter_context(served(house, listener))
            context = chromium.new_context()
            stack.callback(context.close)
            page = context.new_page()
            page.on("console", lambda m: violations.append(m.text) if "Policy" in m.text else None)
            return house, page, url.origin

        yield open_window
    assert violations == []


def log_in(page: Page) -> None:
    page.get_by_label("Member").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_home_keeps_up(visit: Visit) -> None:
    """A state that changes is shown, and said, without loading the page again."""
    house, page, origin = visit()
    page.goto(origin)
    log_in(page)
    expect(page.get_by_text("Reconnecting since")).to_be_visible()
    page.evaluate("window.same = true")

    house.notebooks.stand("alice", NotebookState.READY)

    expect(page.get_by_role("link", name="Open alice")).to_be_visible()
    expect(page.locator("#news")).to_have_text("alice: Ready")
    assert page.evaluate("window.same") is True


def test_home_shows_who_sleeps(visit: Visit) -> None:
    """And that opening wakes; looking at the list does not, since it asks the gateway only."""
    house, page, origin = visit()
    page.goto(origin)
    log_in(page)
    expect(page.get_by_text("opens when you open it")).to_be_hidden()

    house.notebooks.stand("alice", NotebookState.STARTING, Reason.ASLEEP)

    expect(page.get_by_text("Asleep since")).to_be_visible()
    expect(page.get_by_text("opens when you open it")).to_be_visible()
    expect(page.get_by_role("link", name="Open alice")).to_be_visible()
    house.notebooks.stand("alice", NotebookState.STARTING)
    expect(page.get_by_text("Connecting since")).to_be_visible()
    expect(page.get_by_text("opens when you open it")).to_be_hidden()


def test_time_runs_on_by_the_gateways_clock(visit: Visit) -> None:
    """Whatever the browser's says: the fakes' is some months off."""
    _, page, origin = visit()
    page.goto(origin)
    log_in(page)

    expect(page.locator(".since")).to_have_text("since 6 s")


def test_home_shows_what_was_granted_meanwhile(visit: Visit) -> None:
    """By loading itself again."""
    house, page, origin = visit()
    page.goto(origin)
    log_in(page)
    expect(page.locator(".notebook")).to_have_count(1)

    bobs = house.wanted.notebooks[NotebookName("bob")]
    mine = replace(bobs, owner=ALICE)
    house.wanted = replace(house.wanted, notebooks={**house.wanted.notebooks, bobs.name: mine})

    expect(page.locator(".notebook")).to_have_count(2)


def test_home_leads_to_log_in_when_the_session_ends(visit: Visit) -> None:
    """As after a log-out in another tab."""
    house, page, origin = visit()
    page.goto(origin)
    log_in(page)
    expect(page.locator(".notebook")).to_have_count(1)

    house.accounts.held.clear()

    expect(page.get_by_label("Password")).to_be_visible()


def test_wanted_page_comes_by_itself(visit: Visit) -> None:
    """At its own address, through whatever it went meanwhile."""
    house, page, origin = visit()
    page.goto(f"{origin}/alice/lab")
    log_in(page)
    expect(page.get_by_role("heading", name="Reconnecting to alice")).to_be_visible()

    house.notebooks.stand("alice", NotebookState.STOPPED, Reason.NOT_RUNNING)
    expect(page.get_by_text("jupyter lab --no-browser --port=7001")).to_be_visible()
    house.notebooks.stand("alice", NotebookState.READY)

    expect(page.get_by_role("heading", name="Alice's notebook")).to_be_visible()
    assert page.url == f"{origin}/alice/lab"


def test_page_that_waits_opens_what_fell_asleep(visit: Visit) -> None:
    """Forgotten while its notebook was stopped, it asks for the notebook again, and that wakes it."""
    house, page, origin = visit()
    house.notebooks.stand("alice", NotebookState.STOPPED, Reason.NOT_RUNNING)
    page.goto(f"{origin}/alice/lab")
    log_in(page)
    expect(page.get_by_role("heading", name="alice is not running")).to_be_visible()

    with page.expect_request(f"{origin}/alice/lab"):
        house.notebooks.stand("alice", NotebookState.STARTING, Reason.ASLEEP)


def test_waiting_page_keeps_up(visit: Visit) -> None:
    """What is wrong may change while it waits: it says so, aloud too, without loading itself again."""
    house, page, origin = visit()
    page.goto(f"{origin}/alice/lab")
    log_in(page)
    expect(page.get_by_role("list", name="The way").get_by_text("SSH")).to_be_visible()
    page.evaluate("window.same = true")

    house.notebooks.stand("alice", NotebookState.RECONNECTING, Reason.UNREACHABLE)

    expect(page.get_by_text("TCP connection")).to_be_visible()
    expect(page.locator("#news")).to_have_text("The remote can't be reached.")
    assert page.evaluate("window.same") is True


def test_invite_form_arrives(visit: Visit) -> None:
    """Its page tells no one where it was; the browser says all the same who sends the form."""
    house, page, origin = visit()
    house.accounts.invites["s3cret"] = CAROL
    page.goto(f"{origin}/-/invite/s3cret")
    page.get_by_label("Password").fill("six impossible things")
    page.get_by_label("The same again").fill("six impossible things")

    with page.expect_request(f"{origin}/") as home:
        page.get_by_role("button", name="Set the password").click()

    expect(page.get_by_text("No notebook is open to you yet")).to_be_visible()
    assert "s3cret" not in home.value.all_headers().get("referer", "")


def test_log_in_leads_to_a_notebooks_host(visit: Visit) -> None:
    """Through form, main host and code; the policy must let the form lead there."""
    house, page, origin = visit(Routing.HOST)
    house.notebooks.stand("alice", NotebookState.READY)
    alices = origin.replace("localhost", "alice.localhost")
    page.goto(f"{alices}/lab")

    log_in(page)

    expect(page.get_by_role("heading", name="Alice's notebook")).to_be_visible()
    assert page.url == f"{alices}/lab"
    page.goto(origin)
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{alices}/lab")
    expect(page.get_by_label("Password")).to_be_visible()


STATUS_OF = "path => fetch(path, {method: 'GET'}).then(answer => answer.status)"
READ_WINDOW = """() => new Promise(done => {
  const opened = window.open('/-/account');
  setTimeout(() => {
    try { done(opened.document.body.innerText.includes('Alice')) } catch { done(false) }
  }, 1500);
})"""


def test_notebooks_script_can_not_use_our_pages(visit: Visit) -> None:
    """Threat T3, path routing: not read the API, nor fetch, frame or look into pages with forms."""
    house, page, origin = visit()
    house.notebooks.stand("alice", NotebookState.READY)
    page.goto(f"{origin}/alice/lab")
    log_in(page)
    expect(page.get_by_role("heading", name="Alice's notebook")).to_be_visible()

    refused = [page.evaluate(STATUS_OF, path) for path in ("/-/api/v1/me", "/-/account", "/")]

    assert refused == [403, 403, 403]
    assert page.evaluate(READ_WINDOW) is False
