"""What a researcher does all day, in a real browser, through the gateway, on an unmodified JupyterLab."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser import lab
from tests.browser.conftest import log_in
from tests.stack import Entry

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(300)]

LARGE = 50_000_000
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(params=["path", "host"])
def entry(request: pytest.FixtureRequest, path_entry: Entry, host_entry: Entry) -> Entry:
    """The gateway in path routing (/alice/) and in host routing (alice.localhost)."""
    return path_entry if request.param == "path" else host_entry


def asked(entry: Entry, notebook: str, path: str, session: str, **fields: str) -> httpx2.Response:
    """Ask as a script with ``session`` would; names under localhost are no affair of the resolver's."""
    target = httpx2.URL(entry.notebook(notebook)).join(path)
    headers = {"Host": target.netloc.decode(), "Cookie": f"gateway={session}", **fields}
    return httpx2.get(target.copy_with(host="127.0.0.1"), headers=headers)


def workspace(entry: Entry, name: str) -> str:
    """An address of ``name``'s JupyterLab in a workspace where nothing is open yet."""
    return f"{entry.notebook(name)}lab/workspaces/{uuid4().hex}"


def enter(page: Page, entry: Entry, member: str, notebook: str) -> None:
    """Follow a deep link, log in on the way, and arrive where the link led."""
    page.goto(workspace(entry, notebook))
    log_in(page, member, entry.password)
    lab.wait_for_lab(page)


def test_a_day_in_a_notebook(entry: Entry, window: Callable[[], Page], tmp_path: Path) -> None:
    """Log in, run a cell, use a terminal, upload and download 50 MB."""
    page = window()
    enter(page, entry, "alice", "alice")

    lab.new_notebook(page)
    lab.run_cell(page, "print(6*7)")
    lab.expect_output(page, "42")

    name = f"from-terminal-{uuid4().hex}.txt"
    lab.open_terminal(page)
    page.keyboard.type(f"echo $((6*7)) > {name}\n")
    lab.wait_for_file(page, name, size=3)

    file = tmp_path / f"{uuid4().hex}.bin"
    file.write_bytes(os.urandom(LARGE))
    lab.upload(page, file)
    back = lab.download(page, file.name).path()
    assert hashlib.sha256(back.read_bytes()).digest() == hashlib.sha256(file.read_bytes()).digest()


def test_two_members_share_one_live_notebook(entry: Entry, window: Callable[[], Page]) -> None:
    """What Alice sets in a kernel of hers, Carol reads in the same kernel."""
    alice, carol = window(), window()
    enter(alice, entry, "alice", "alice")
    lab.new_notebook(alice)
    lab.run_cell(alice, "shared = 'seen by both'")
    name = lab.open_name(alice)

    carol.goto(f"{entry.notebook('alice')}lab/workspaces/{uuid4().hex}/tree/{name}")
    log_in(carol, "carol", entry.password)
    lab.wait_for_lab(carol)
    lab.wait_for_kernel(carol)
    lab.run_cell(carol, "print(shared.upper())")

    lab.expect_output(carol, "SEEN BY BOTH")


def test_without_a_grant_there_is_nothing(entry: Entry, window: Callable[[], Page]) -> None:
    """Bob may not open Alice's notebook: page, API and WebSocket look as if there were none."""
    bob = window()
    bob.goto(entry.notebook("alice"))
    log_in(bob, "bob", entry.password)

    expect(bob.get_by_role("heading", name="not found")).to_be_visible()
    # His session is none at all on the notebook's own host.
    refusal = 401 if entry.by_host else 404
    (session,) = (c["value"] for c in bob.context.cookies(entry.url) if c["name"] == "gateway")
    assert asked(entry, "alice", "api/contents", session).status_code == refusal
    assert asked(entry, "alice", "api/events/subscribe", session, **UPGRADE).status_code == refusal


def test_home_page_leads_to_the_notebook(entry: Entry, window: Callable[[], Page]) -> None:
    """Home shows what Carol may open, and not what she may not; its button opens the notebook."""
    carol = window()
    carol.goto(entry.url)
    log_in(carol, "carol", entry.password)

    expect(carol.get_by_role("link", name="Open alice")).to_be_visible()
    expect(carol.get_by_role("link", name="Open bob")).to_have_count(0)
    carol.get_by_role("link", name="Open alice").click()
    lab.wait_for_lab(carol)


def test_logging_out_ends_it(entry: Entry, window: Callable[[], Page]) -> None:
    """After log-out the notebook asks for a log-in again, on its own host too."""
    page = window()
    enter(page, entry, "alice", "alice")
    page.goto(entry.url)
    page.get_by_role("button", name="Log out").click()

    page.goto(entry.notebook("alice"))

    expect(page.get_by_label("Password")).to_be_visible()
