"""An administrator disables bob in a real browser: every way in is closed within a second, and alice notices nothing."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx2
import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.browser.conftest import log_in
from tests.stack import PASSWORD, Stack, eventually, hidden_fields

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(240)]

log = logging.getLogger(__name__)

SOON = 1.0


class Wire:
    """A kernel's WebSocket, and when it was closed."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
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


class Scene:
    """Bob in his own notebook and, by her share, in alice's; carol in his by his; alice in hers."""

    def __init__(self, stack: Stack, held: ExitStack) -> None:
        tokens = {name: stack.new_token(name) for name in ("alice", "bob", "carol")}
        clients = [held.enter_context(stack.client(token)) for token in tokens.values()]
        self.alice, self.bob, self.carol = clients
        for client, notebook in ((self.alice, "alice"), (self.bob, "bob")):
            stack.wait_ready(client, notebook)
        self.shares = [share(self.alice, "alice", "bob"), share(self.bob, "bob", "carol")]
        self.browser = held.enter_context(stack.logged_in("bob"))
        cookie = "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())
        self.his = stack.channels("bob", stack.new_kernel(self.bob, "bob"))
        hers = stack.channels("alice", stack.new_kernel(self.alice))
        self.shown = ({"Cookie": cookie}, bearer(tokens["bob"]))
        ways = {
            "bob's session in bob's": (self.his, self.shown[0]),
            "bob's token in bob's": (self.his, self.shown[1]),
            "bob's token in alice's": (hers, self.shown[1]),
            "carol's token in bob's": (self.his, bearer(tokens["carol"])),
            "alice's token in alice's": (hers, bearer(tokens["alice"])),
        }
        self.wires: dict[str, Wire] = {}
        for name, (url, shown) in ways.items():
            self.wires[name] = Wire(held.enter_context(channels(stack, url, shown)))
        self.hers = self.wires.pop("alice's token in alice's")

    def closed_after(self, begun: float) -> dict[str, float]:
        """Return how long each WebSocket that bob has to do with was open; alice's isn't one of them."""
        eventually(lambda: all(w.closed_at for w in self.wires.values()), within_seconds=5)
        return {name: (wire.closed_at or 0.0) - begun for name, wire in self.wires.items()}


def channels(stack: Stack, url: str, shown: dict[str, str]) -> ClientConnection:
    """Open a kernel's WebSocket with what somebody shows."""
    return connect(url, origin=stack.url, additional_headers=shown, proxy=None, ping_interval=None)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def share(owner: httpx2.Client, notebook: str, to: str) -> str:
    """Share a notebook; return the share's id."""
    wish = {"to": to, "level": "use"}
    answer = owner.post(f"/-/api/v1/notebooks/{notebook}/shares", json=wish)
    return str(answer.raise_for_status().json()["id"])


def try_to_log_in(stack: Stack, member: str) -> int:
    with stack.client() as client:
        fields = hidden_fields(client.get("/-/login").text)
        form = fields | {"member": member, "password": PASSWORD}
        return client.post("/-/login", data=form, headers={"Origin": stack.url}).status_code


@pytest.fixture
def scene(stack: Stack) -> Iterator[Scene]:
    """Whatever happens, the tests after this one have bob back, with what he may open anyway."""
    stack.set_password("teacher")
    with ExitStack() as held:
        scene = Scene(stack, held)
        yield scene
        stack.run_in("gateway", "gateway members enable bob")
        for given in scene.shares:
            stack.run_in("gateway", f"gateway grants take-back {given}")


@pytest.fixture
def teacher(stack: Stack, window: Callable[[], Page]) -> Page:
    """An administrator's page, and the administration in it."""
    page = window()
    page.goto(f"{stack.url}/-/admin")
    log_in(page, "teacher", PASSWORD)
    return page


def test_a_disabled_member_is_out_everywhere(stack: Stack, scene: Scene, teacher: Page) -> None:
    """By session and by token, in bob's own notebook and in alice's; and who is there by a share of bob's."""
    assert all(wire.lives() for wire in [*scene.wires.values(), scene.hers])

    teacher.get_by_role("link", name="Bob Example").click()
    teacher.get_by_role("link", name="Disable Bob Example").click()
    expect(teacher.get_by_text("is out everywhere within a second")).to_be_visible()
    begun = time.monotonic()
    teacher.get_by_role("button", name="Disable").click()
    took = scene.closed_after(begun)

    log.info("closed after %s", took)
    assert max(took.values()) < SOON, took
    expect_closed(stack, scene)
    assert scene.hers.lives()
    assert scene.alice.get("/alice/api/status").status_code == 200
    expect_told(stack, teacher)
    expect_back(stack, scene, teacher)


def expect_closed(stack: Stack, scene: Scene) -> None:
    """Every way in, HTTP and WebSocket, session, token, share and password."""
    for path in ("/bob/api/status", "/alice/api/status", "/-/api/v1/me"):
        assert scene.bob.get(path).status_code == 401
    assert scene.browser.get("/").headers["Location"].startswith("/-/login")
    assert scene.carol.get("/bob/api/status").status_code == 404
    assert try_to_log_in(stack, "bob") == 401
    for shown in scene.shown:
        with pytest.raises(InvalidStatus) as refused, channels(stack, scene.his, shown):
            pass
        assert refused.value.response.status_code in {401, 424}


def expect_told(stack: Stack, page: Page) -> None:
    """The audit log says who did it, and from where."""
    expect(page.get_by_text("They are out everywhere.")).to_be_visible()
    page.goto(f"{stack.url}/-/admin/audit?member=bob")
    line = page.get_by_role("row").filter(has_text="disabled").first
    expect(line).to_contain_text("teacher")
    expect(line).to_contain_text("from ")


def expect_back(stack: Stack, scene: Scene, page: Page) -> None:
    """Enabled, bob logs in; what ended stays ended, but a share is no credential."""
    page.goto(f"{stack.url}/-/admin/members/bob")
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("They can log in again")).to_be_visible()
    assert try_to_log_in(stack, "bob") == 303
    assert scene.bob.get("/bob/api/status").status_code == 401
    assert scene.carol.get("/bob/api/status").status_code == 200
    assert scene.hers.lives()


def test_who_is_no_administrator_finds_nothing(stack: Stack, window: Callable[[], Page]) -> None:
    page = window()
    page.goto(f"{stack.url}/-/admin")
    log_in(page, "carol", PASSWORD)

    expect(page.get_by_role("heading", name="Not Found")).to_be_visible()
    page.goto(stack.url)
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
