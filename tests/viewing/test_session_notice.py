"""Who works in JupyterLab and looks at nothing else is told before the log-in ends, and stays without a reload."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import lab
from tests.browser.conftest import log_in
from tests.stack import PASSWORD
from tests.viewing.house import DOCUMENT, OWNER, SAVED, House, opened
from tests.viewing.windows import enter, run

pytestmark = [pytest.mark.demo, pytest.mark.browser, pytest.mark.timeout(240)]

Open = Callable[[], Page]
NOTICE = "gateway-notice div"
LIFE_MS = 60_000
SOON_MS = 8_000
REMEMBER = """
    window.closings = [];
    window.WebSocket = class extends WebSocket {
        constructor(...args) {
            super(...args);
            this.addEventListener("close", (event) => window.closings.push(event.code));
        }
    };
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A log-in lives for a minute, and tells so a quarter of it before."""
    folder = tmp_path_factory.mktemp("notice")
    with opened(folder, {"sessions": {"life": "1m"}}) as running:
        yield running


def log_in_elsewhere(page: Page, link: str) -> None:
    """Follow the notice into another tab, log in there, and close it."""
    with page.context.expect_page() as opening:
        page.get_by_role("link", name=link).click()
    tab = opening.value
    expect(tab.get_by_label("Password")).to_be_visible()
    if tab.get_by_label("Member").input_value() == "":
        tab.get_by_label("Member").fill(OWNER)
    log_in(tab, OWNER, PASSWORD)
    expect(tab.get_by_role("heading", name="You stay logged in")).to_be_visible()
    tab.close()


def test_log_in_is_renewed_and_nothing_is_cut(house: House, window: Open) -> None:
    """The notice comes in time and goes by itself; the kernel's WebSocket is the same one all the while."""
    page = window()
    page.add_init_script(REMEMBER)
    enter(page, house, OWNER, SAVED, DOCUMENT)
    lab.wait_for_kernel(page)
    run(page, "kept = 6 * 7")
    page.evaluate("window.closings.length = 0; window.same = true")
    notice = page.locator(NOTICE)
    expect(notice).to_have_count(0)

    expect(notice).to_contain_text("Your log-in ends in", timeout=LIFE_MS)
    log_in_elsewhere(page, "Stay logged in")

    expect(notice).to_have_count(0, timeout=SOON_MS)
    page.wait_for_timeout(15_000)  # past the end that was
    run(page, "print('kept', kept)")
    lab.expect_output(page, "kept 42")
    assert page.evaluate("[window.closings, window.same]") == [[], True]


def test_log_in_that_ended_says_so_and_where_to_log_in(house: House, window: Open) -> None:
    """What is open is closed with a code that says why; after a log-in in another tab the page may ask again."""
    page = window()
    page.add_init_script(REMEMBER)
    enter(page, house, OWNER, SAVED, DOCUMENT)
    lab.wait_for_kernel(page)
    run(page, "kept = 6 * 7")
    page.evaluate("window.closings.length = 0; window.same = true")
    other = page.context.new_page()
    other.goto(house.url)
    other.get_by_role("button", name="Log out").click()
    other.close()
    page.bring_to_front()

    page.wait_for_function("window.closings.includes(1008)", timeout=2_000)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(NOTICE)).to_contain_text("You are logged out.", timeout=SOON_MS)
    log_in_elsewhere(page, "Log in")

    expect(page.locator(NOTICE)).to_have_count(0, timeout=SOON_MS)
    assert page.evaluate("fetch('/saved/api/kernels').then((answer) => answer.status)") == 200
    assert page.evaluate("window.same") is True
