"""Members who log in through a real identity provider, and what a log-out there ends here."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.provider_walk import needs_no_password, onward, send, sign_in
from tests.stack import Stack, eventually, hidden_fields

SERVICE = "gateway-oidc"
ALICE, DAVE, MALLORY, ERIN = "subject-7", "subject-8", "subject-9", "subject-10"


@pytest.fixture(scope="module")
def origin(stack: Stack) -> str:
    return f"http://localhost:{os.environ['GATEWAY_TEST_OIDC_PORT']}"


@pytest.fixture(scope="module")
def issuer(stack: Stack) -> str:
    return f"http://localhost:{os.environ['GATEWAY_TEST_PROVIDER_PORT']}"


@pytest.fixture
def browser(origin: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=origin, timeout=30, headers={"Accept": "text/html"}) as client:
        yield client


def me(browser: httpx2.Client) -> str | None:
    answer = browser.get("/-/api/v1/me", headers={"Sec-Fetch-Mode": "navigate"})
    return str(answer.json()["name"]) if answer.status_code == 200 else None


def test_a_member_of_the_configuration_is_known_by_the_subject(
    browser: httpx2.Client, origin: str
) -> None:
    answer = sign_in(browser, ALICE, wanted="/-/account")

    assert (answer.status_code, str(answer.url)) == (200, f"{origin}/-/account")
    assert me(browser) == "alice"


def test_an_admitted_group_opens_the_notebook(browser: httpx2.Client, stack: Stack) -> None:
    """Who is in it becomes a member, and may use what the group may."""
    sign_in(browser, DAVE)

    assert me(browser) == "dave"
    eventually(lambda: browser.get("/alice/api/status").status_code == 200, within_seconds=60)
    listed = stack.run_in(SERVICE, "gateway members ls")
    assert any(
        line.split()[:4] == ["dave", "staff", "no", "admitted"] for line in listed.splitlines()
    )


@pytest.mark.parametrize(
    ("subject", "said"),
    [(MALLORY, "somebody else goes by that name here"), (ERIN, "you are not a member here")],
)
def test_who_is_not_let_in_is_told_why(browser: httpx2.Client, subject: str, said: str) -> None:
    answer = sign_in(browser, subject)

    assert answer.status_code == 403
    assert said in answer.text
    assert me(browser) is None


def test_log_out_here_is_log_out_there(browser: httpx2.Client, origin: str) -> None:
    sign_in(browser, ALICE)
    page = browser.get("/-/logout")

    page = browser.post("/-/logout", data=hidden_fields(page.text), headers={"Origin": origin})

    assert me(browser) is None
    asks = browser.get(onward(page), follow_redirects=True)
    back = send(browser, asks, logout="yes")
    assert str(back.url).startswith(f"{origin}/-/oidc/logged-out")
    assert "You are logged out, here and at Example ID." in back.text
    assert not needs_no_password(browser)


def channels(browser: httpx2.Client, stack: Stack, origin: str) -> ClientConnection:
    """Open a kernel's WebSocket with the browser's session."""
    token = stack.new_token("alice", service=SERVICE)
    with httpx2.Client(base_url=origin, headers={"Authorization": f"Bearer {token}"}) as client:
        eventually(lambda: stack.state(client, "alice") == "ready", within_seconds=60)
        kernel = stack.new_kernel(client)
    url = f"{origin.replace('http', 'ws', 1)}/alice/api/kernels/{kernel}/channels"
    headers = {"Cookie": f"gateway={browser.cookies['gateway']}", "Origin": origin}
    return connect(url, additional_headers=headers, proxy=None, max_queue=None, ping_interval=None)


def wait_closed(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=5)


def test_log_out_there_ends_what_is_open_here(
    browser: httpx2.Client, stack: Stack, origin: str, issuer: str
) -> None:
    """Session and WebSocket, within a second; another browser of the same member stays."""
    sign_in(browser, DAVE)
    with httpx2.Client(base_url=origin, timeout=30, headers={"Accept": "text/html"}) as other:
        sign_in(other, DAVE)
        with channels(browser, stack, origin) as his, channels(other, stack, origin) as others:
            assert his.ping().wait(10)
            asks = browser.get(f"{issuer}/session/end")
            begun = time.monotonic()

            send(browser, asks, logout="yes")

            wait_closed(his)
            took = time.monotonic() - begun
            assert took < 1.0, f"{took:.2f} s"
            assert me(browser) is None
            assert me(other) == "dave"
            assert others.ping().wait(10)
