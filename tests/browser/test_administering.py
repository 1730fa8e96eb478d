"""An administrator disables bob in a real browser: every way in is closed within a second, and alice notices nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.browser.conftest import log_in
from tests.stack import PASSWORD, Stack, eventually, hidden_fields

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(240)]

SOON = 1.0


class Wire:
    """A kernel's WebSocket, and when it was closed."""

    def __init__(self, url: str, origin: str, **headers: str) -> None:
        self.socket: ClientConnection = connect(
            url, origin=origin, additional_headers=headers, proxy=None, ping_interval=None
        )
        self.closed_at: float | None = None
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        try:
            while True:
                self.socket.recv()
        except ConnectionClosed:
            self.closed_at = time.monotonic()

    def lives(self) -> bool:
        return self.closed_at is None and self.socket.ping().wait(5)

    def close(self) -> None:
        self.socket.close()
        self._reader.join(10)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def share(owner: httpx2.Client, notebook: str, to: str) -> None:
    wish = {"to": to, "level": "use"}
    owner.post(f"/-/api/v1/notebooks/{notebook}/shares", json=wish).raise_for_status()


@contextmanager
def enabled_again(stack: Stack, member: str) -> Iterator[None]:
    """Whatever happens, the tests after this one have the member back."""
    try:
        yield
    finally:
        stack.run_in("gateway", f"gateway members enable {member}")


def try_to_log_in(stack: Stack, member: str) -> int:
    with stack.client() as client:
        fields = hidden_fields(client.get("/-/login").text)
        form = fields | {"member": member, "password": PASSWORD}
        return client.post("/-/login", data=form, headers={"Origin": stack.url}).status_code


def test_a_disabled_member_is_out_everywhere(stack: Stack, window: Callable[[], Page]) -> None:
    """By session and by token, in bob's own notebook and in alice's; and who is there by a share of bob's."""
    stack.set_password("teacher")
    tokens = {name: stack.new_token(name) for name in ("alice", "bob", "carol")}
    with ExitStack() as held:
        held.enter_context(enabled_again(stack, "bob"))
        alice, bob, carol = (held.enter_context(stack.client(token)) for token in tokens.values())
        for client, notebook in ((alice, "alice"), (bob, "bob")):
            stack.wait_ready(client, notebook)
        share(alice, "alice", "bob")
        share(bob, "bob", "carol")
        hers = stack.channels("alice", stack.new_kernel(alice))
        his = stack.channels("bob", stack.new_kernel(bob, "bob"))
        browser = held.enter_context(stack.logged_in("bob"))
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

        def wire(url: str, **headers: str) -> Wire:
            opened = Wire(url, stack.url, **headers)
            held.callback(opened.close)
            return opened

        wires = {
            "bob's session in bob's": wire(his, Cookie=cookie),
            "bob's token in bob's": wire(his, **bearer(tokens["bob"])),
            "bob's token in alice's": wire(hers, **bearer(tokens["bob"])),
            "carol's token in bob's": wire(his, **bearer(tokens["carol"])),
        }
        spared = wire(hers, **bearer(tokens["alice"]))
        assert all(one.lives() for one in [*wires.values(), spared])

        page = window()
        page.goto(f"{stack.url}/-/admin")
        log_in(page, "teacher", PASSWORD)
        page.get_by_role("link", name="Bob Example").click()
        page.get_by_role("link", name="Disable Bob Example").click()
        expect(page.get_by_text("is out everywhere within a second")).to_be_visible()
        begun = time.monotonic()
        page.get_by_role("button", name="Disable").click()
        eventually(lambda: all(one.closed_at for one in wires.values()), within_seconds=5)
        took = {name: (one.closed_at or 0.0) - begun for name, one in wires.items()}
        expect(page.get_by_text("They are out everywhere.")).to_be_visible()

        print({name: f"{seconds:.3f} s" for name, seconds in took.items()})
        assert max(took.values()) < SOON
        assert spared.lives()
        assert alice.get("/alice/api/status").status_code == 200
        assert bob.get("/bob/api/status").status_code == 401
        assert bob.get("/-/api/v1/me").status_code == 401
        assert browser.get("/").headers["Location"].startswith("/-/login")
        assert carol.get("/bob/api/status").status_code == 404
        assert try_to_log_in(stack, "bob") == 401
        for credential in ({"Cookie": cookie}, bearer(tokens["bob"])):
            with pytest.raises(InvalidStatus) as refused:
                wire(his, **credential)
            assert refused.value.response.status_code in {401, 424}

        page.goto(f"{stack.url}/-/admin/audit?member=bob")
        line = page.get_by_role("row").filter(has_text="disabled").first
        expect(line).to_contain_text("teacher")
        expect(line).to_contain_text("from ")

        page.goto(f"{stack.url}/-/admin/members/bob")
        page.get_by_role("button", name="Enable").click()
        expect(page.get_by_text("They can log in again")).to_be_visible()
        assert try_to_log_in(stack, "bob") == 303
        assert bob.get("/bob/api/status").status_code == 401  # what ended stays ended
        assert carol.get("/bob/api/status").status_code == 200  # a share is no credential
        assert spared.lives()


def test_who_is_no_administrator_finds_nothing(stack: Stack, window: Callable[[], Page]) -> None:
    page = window()
    page.goto(f"{stack.url}/-/admin")
    log_in(page, "carol", PASSWORD)

    expect(page.get_by_role("heading", name="Not Found")).to_be_visible()
    page.goto(stack.url)
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
