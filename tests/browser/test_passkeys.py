"""Passkeys in a real Chromium, on a device of its own making, against a whole gateway."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import log_in
from tests.browser.house import House, opened
from tests.stack import PASSWORD, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Open = Callable[[], Page]
PHONE = {"width": 375, "height": 667}
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("passkeys"), {}) as running:
        yield running


class Device:
    """The device that Chromium keeps passkeys on, in a window."""

    def __init__(self, page: Page) -> None:
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable")
        made = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self._id: str = made["authenticatorId"]

    def verifies(self, *, user: bool) -> None:
        """Have it know its user's finger from now on, or not."""
        self._cdp.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": user}
        )

    @property
    def passkeys(self) -> list[dict[str, object]]:
        """What is on it."""
        held = self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return list(held["credentials"])


def add(page: Page, house: House, label: str) -> None:
    """Add a passkey with the keyboard alone."""
    page.goto(f"{house.url}/-/account/passkeys")
    page.get_by_label("Where is it kept?").fill(label)
    page.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Make the passkey")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The passkey is added")).to_be_visible()


def take_invite(page: Page, house: House) -> None:
    """Follow an invite of alice's, and set her password."""
    page.goto(house.run("members", "invite", "alice").strip())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password and log in").click()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.fixture
def phone(house: House, window: Open) -> tuple[Page, Device]:
    """A narrow window in which alice is logged in and has added a passkey."""
    page = window()
    page.set_viewport_size(PHONE)
    device = Device(page)
    house.run("members", "password", "alice", "--stdin", stdin=PASSWORD + "\n")
    page.goto(house.url)
    log_in(page, "alice", PASSWORD)
    add(page, house, "my phone")
    return page, device


def test_passkey_alone_logs_in(phone: tuple[Page, Device]) -> None:
    """It was made with the keyboard alone, is kept for our host, and nobody types anything."""
    page, device = phone
    (held,) = device.passkeys
    assert (held["rpId"], held["isResidentCredential"]) == ("localhost", True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    log_out(page)

    page.get_by_role("button", name="Use a passkey instead").click()

    expect(page.get_by_role("heading", name="Notebooks")).to_be_visible()


def test_passkey_beside_the_password(house: House, phone: tuple[Page, Device]) -> None:
    """Once chosen the password alone is nothing, and one goes on to where one wanted to."""
    page, _ = phone
    page.get_by_role("button", name="Also ask for a passkey").click()
    expect(page.get_by_text("From now on you are asked")).to_be_visible()
    log_out(page)
    log_in(page, "alice", PASSWORD)
    expect(page.get_by_role("heading", name="Now your passkey")).to_be_visible()
    page.goto(f"{house.url}/-/account")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    log_in(page, "alice", PASSWORD)
    expect(page.get_by_role("button", name="Use my passkey")).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="alice")).to_be_visible()


def test_lost_passkey_is_no_lock_out(house: House, phone: tuple[Page, Device]) -> None:
    """An invite lets in whoever has neither password nor passkey; the old passkey does not any more."""
    page, _ = phone
    page.get_by_role("button", name="Also ask for a passkey").click()
    log_out(page)

    take_invite(page, house)

    page.goto(f"{house.url}/-/account/passkeys")
    expect(page.get_by_text("No passkey yet")).to_be_visible()
    log_out(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("alert")).to_contain_text("not good here")
    log_in(page, "alice", PASSWORD)
    expect(page.get_by_role("heading", name="Notebooks")).to_be_visible()


def test_device_that_does_not_know_its_user_lets_nobody_in(house: House, window: Open) -> None:
    """The page says that nothing came of it, and the password still works."""
    page = window()
    device = Device(page)
    page.goto(house.url)
    log_in(page, "bob", PASSWORD)
    add(page, house, "laptop")
    log_out(page)
    device.verifies(user=False)

    page.get_by_role("button", name="Use a passkey instead").click()

    expect(page.locator("[data-says]")).to_contain_text("No passkey was given")
    log_in(page, "bob", PASSWORD)
    expect(page.get_by_role("heading", name="Notebooks")).to_be_visible()


def test_second_passkey_of_one_device_is_not_made(phone: tuple[Page, Device]) -> None:
    """The browser says that there is one already, and the page passes it on."""
    page, device = phone

    page.get_by_label("Where is it kept?").fill("again")
    page.get_by_label("Your password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make the passkey").click()

    expect(page.locator("[data-says]")).to_contain_text("keeps a passkey of yours for here already")
    assert len(device.passkeys) == 1


def test_required_passkey_and_the_way_in(tmp_path: Path, window: Open) -> None:
    """An administrator requires it while alice has none: the invite lets her in, and she adds one."""
    with opened(tmp_path, {"local": {"second_factor": "required"}}) as house:
        page = window()
        Device(page)
        page.goto(house.url)
        log_in(page, "alice", PASSWORD)
        expect(page.get_by_role("heading", name="You have no passkey yet")).to_be_visible()

        take_invite(page, house)
        expect(page.get_by_role("alert")).to_contain_text("Add one before you log out")
        add(page, house, "laptop")
        page.get_by_role("button", name="Remove laptop").click()
        expect(page.get_by_role("alert")).to_contain_text("your only passkey")
        log_out(page)
        log_in(page, "alice", PASSWORD)
        page.get_by_role("button", name="Use my passkey").click()

        expect(page.get_by_role("heading", name="Notebooks")).to_be_visible()
        eventually(lambda: "passkey_added" in house.run("audit"), within_seconds=5)
