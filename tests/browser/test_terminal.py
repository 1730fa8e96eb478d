"""A member lets terminals log in, in a real browser: by a code, and as the browser of the same machine."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import log_in
from tests.cli.real_gateway import PASSWORD, Running, running
from tests.conftest import ROOT

pytestmark = [pytest.mark.browser]

COMMAND = (sys.executable, "-m", "gateway")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway without Docker: no notebook is needed here."""
    with running(tmp_path_factory.mktemp("gateway")) as there:
        yield there


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine where nobody is logged in, with neither keyring nor screen."""
    left_out = ("SSH_", "DISPLAY", "WAYLAND_", "GATEWAY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    keyring = "keyring.backends.fail.Keyring"
    return kept | {"XDG_CONFIG_HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": keyring}


def whoami(environ: dict[str, str]) -> str:
    done = subprocess.run(
        [*COMMAND, "whoami"], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[1]


def test_a_code_is_typed_with_the_keyboard_alone(
    gateway: Running, environ: dict[str, str], window: Callable[[], Page]
) -> None:
    """From the code on the terminal to the token in it."""
    command = [*COMMAND, "login", gateway.url, "--device"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
    ) as terminal:
        assert terminal.stderr is not None
        code = next(
            found[1]
            for line in terminal.stderr
            if (found := re.match(r" +([A-Z]{4}-[A-Z]{4})$", line))
        )
        page = window()
        page.goto(f"{gateway.url}/-/device")
        log_in(page, "alice", PASSWORD)
        expect(page.get_by_label("Code")).to_be_focused()
        page.keyboard.type(code.lower().replace("-", ""))
        page.keyboard.press("Enter")
        expect(page.get_by_text(code)).to_be_visible()
        button = page.get_by_role("button", name="Let it log in")
        for _ in range(10):
            page.keyboard.press("Tab")
            if button.evaluate("here => here === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Go back to your terminal")).to_be_visible()

        assert terminal.wait(timeout=30) == 0

    assert whoami(environ).split()[:2] == ["alice", gateway.url]


@pytest.mark.parametrize(
    ("button", "heading", "code"),
    [
        ("Let it log in", "Go back to your terminal", 0),
        ("Refuse", "Refused", 5),
    ],
)
def test_the_browser_of_the_same_machine_asks_and_comes_back(
    gateway: Running,
    environ: dict[str, str],
    window: Callable[[], Page],
    button: str,
    heading: str,
    code: int,
) -> None:
    """The command opens the browser by itself; the page's form may lead to its port (form-action)."""
    folder = Path(environ["XDG_CONFIG_HOME"])
    opened, browser = folder / "opened", folder / "browser"
    os.mkfifo(opened)
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {opened}\n')
    browser.chmod(0o755)
    environ |= {"DISPLAY": ":0", "BROWSER": f"{browser} %s"}
    seen, shown = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "login", gateway.url], cwd=ROOT, env=environ, stderr=shown
    ) as terminal:
        address = opened.read_text()
        page = window()
        page.goto(address)
        log_in(page, "bob", PASSWORD)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        expect(page).to_have_url(re.compile(rf"^{gateway.url}/-/device\?done="))

        assert terminal.wait(timeout=30) == code
    os.close(seen)
    os.close(shown)
    if code == 0:
        assert whoami(environ).split()[:2] == ["bob", gateway.url]
