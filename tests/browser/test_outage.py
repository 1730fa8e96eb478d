"""An open JupyterLab tab outlives whatever lies between it and its kernel; nobody loads it again."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser import lab
from tests.browser.conftest import log_in
from tests.browser.cuts import Cut, killed_gateway, killed_sshd, restarted_gateway, silent_line
from tests.stack import Stack, eventually

log = logging.getLogger(__name__)

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(300)]

CUT_SECONDS = 30.0
TERMINAL_SECONDS = 60.0
OF_THE_LINE = {silent_line, killed_sshd}

TICKS = "import time\nfor i in range({count}): print('tick', i, flush=True); time.sleep(1)"
FATAL_TO_A_SCRIPT = {301, 302, 303, 307, 308, 401, 502, 504}
"""JupyterLab gives a kernel up for dead at these."""
HARMLESS_DIALOG = "A connection to the Jupyter server could not be established"
"""JupyterLab says so once polls fail, and goes on trying; any other dialog would be "Kernel died"."""
WATCH_DIALOGS = """() => {
    window.same = true;
    window.dialogs = [];
    new MutationObserver(() => {
        for (const dialog of document.querySelectorAll(".jp-Dialog")) {
            const text = dialog.innerText;
            if (text && !window.dialogs.includes(text)) window.dialogs.push(text);
        }
    }).observe(document.body, {childList: true, subtree: true});
}"""


@dataclass
class Tab:
    """A JupyterLab with a terminal and a notebook open, and a record of what must not happen."""

    page: Page
    poison: list[str] = field(default_factory=list)

    def note(self, response: Response) -> None:
        """Keep in mind an answer to a script that is fatal to it: a page, a redirect, a dead kernel's status."""
        if response.request.resource_type not in {"fetch", "xhr"}:
            return
        kind = response.headers.get("content-type", "")
        if response.status in FATAL_TO_A_SCRIPT or kind.startswith("text/html"):
            self.poison.append(f"{response.status} {kind} {response.url}")

    def ticks(self) -> set[int]:
        """Return the ticks that the first cell shows."""
        shown = self.page.locator(f"{lab.CELL} .jp-OutputArea-output pre").first.inner_text()
        return {int(number) for number in re.findall(r"tick (\d+)", shown)}

    def dialogs(self) -> list[str]:
        """Return every dialog that was ever shown."""
        shown: list[str] = self.page.evaluate("window.dialogs")
        return shown


class Stopwatch:
    """Seconds since the restoration, by what had come back then."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self.readings: dict[str, float] = {}

    def read(self, what: str) -> None:
        """Note that ``what`` is back."""
        self.readings[what] = round(time.monotonic() - self._begun, 1)


@pytest.fixture
def tab(stack: Stack, window: Callable[[], Page]) -> Tab:
    """Alice's tab; the note that JupyterLab shows while it has no connection is closed, as she would."""
    page = window()
    tab = Tab(page)
    with stack.client(stack.new_token("alice")) as client:
        # Another process has made the token: the gateway knows of it a moment later.
        eventually(lambda: client.get("/-/api/v1/me").status_code == 200, within_seconds=10)
        stack.wait_ready(client)
    page.goto(f"{stack.path_entry.notebook('alice')}lab/workspaces/{uuid4().hex}")
    log_in(page, "alice", stack.path_entry.password)
    lab.wait_for_lab(page)
    lab.open_terminal(page)
    lab.new_notebook(page)
    page.evaluate(WATCH_DIALOGS)
    page.on("response", tab.note)
    note = page.locator(".jp-Dialog", has_text=HARMLESS_DIALOG)
    page.add_locator_handler(note, lambda: note.get_by_role("button", name="Close").click())
    return tab


@pytest.mark.parametrize(
    ("cut", "ticks"),
    [(silent_line, 45), (killed_sshd, 25), (restarted_gateway, 8), (killed_gateway, 8)],
    ids=["silent line", "sshd killed", "gateway restarted", "gateway killed"],
)
def test_open_tab_survives(stack: Stack, tab: Tab, cut: Cut, ticks: int) -> None:
    """Without a reload: the kernel answers again, what it printed is shown, the terminal goes on."""
    page = tab.page
    lab.run_cell(page, TICKS.format(count=ticks))
    lab.expect_output(page, "tick 2")

    begun = time.monotonic()
    with cut(stack):
        waiting = _open_another(page, stack) if cut in OF_THE_LINE else None
        if waiting is not None:
            page.wait_for_timeout(1000 * (CUT_SECONDS - (time.monotonic() - begun)))
    watch = Stopwatch()
    lab.run_cell(page, "print('answer', 6 * 7)")
    lab.expect_output(page, "answer 42")
    watch.read("cell")
    missing = set(range(ticks)) - tab.ticks()
    if waiting is not None:
        expect(waiting.locator("#jp-main-dock-panel")).to_be_visible()
        watch.read("waiting page, at most")
    _use_terminal(stack, page)
    watch.read("terminal, at most")

    log.info("back after %s s; ticks missing: %s", watch.readings, sorted(missing))
    assert missing == set()
    assert [text for text in tab.dialogs() if HARMLESS_DIALOG not in text] == []
    assert tab.poison == []
    assert page.evaluate("window.same") is True


def _open_another(page: Page, stack: Stack) -> Page:
    """Load the notebook in another window meanwhile: it says which hop is down, and since when."""
    other = page.context.new_page()
    other.goto(f"{stack.path_entry.notebook('alice')}lab")
    expect(other.get_by_role("heading", name="Reconnecting to alice")).to_be_visible()
    expect(
        other.get_by_text(re.compile(r"The connection to remote was lost \d+ s ago"))
    ).to_be_visible()
    broken = other.get_by_role("list", name="The way").get_by_role("listitem").nth(1)
    expect(broken).to_contain_text(re.compile(r"remote\s+down for \d+ s: (SSH|TCP connection)"))
    page.bring_to_front()
    return other


def _use_terminal(stack: Stack, page: Page) -> None:
    """Type a command into the terminal that was open all the time, and wait for its effect."""
    name = f"typed-{uuid4().hex}"
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab").first.click()
    page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden) .jp-Terminal").click()
    page.keyboard.type(f"touch {name}\n")
    remote, file = stack.container("remote"), f"/home/alice/{name}"
    eventually(
        lambda: remote.exec_run(["test", "-e", file], user="alice").exit_code == 0,
        within_seconds=TERMINAL_SECONDS,
    )
