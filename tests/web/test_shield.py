"""gateway.web.shield and headers: what holds for every answer, whatever it is."""

import logging
from collections.abc import AsyncIterator

import pytest
from httpx2 import ASGITransport, AsyncClient

from gateway.core.inventory import Routing
from tests.web.conftest import Browser, House, HouseOf
from tests.web.fakes import ALICE, PASSWORD, TOKEN

EVERYWHERE = [
    "/",
    "/-/login",
    "/-/account",
    "/-/status",
    "/-/logout",
    "/-/invite/x",
    "/-/admin",
    "/-/waiting/alice",
    "/-/waiting/bob",
    "/-/missing",
    "/-/nothing",
    "/-/livez",
    "/-/api/v1/notebooks",
    "/-/api/v1/nothing",
    "/-/api/v1/openapi.json",
]
PAGES = ["/", "/-/login", "/-/account", "/-/status", "/-/logout", "/-/invite/x", "/-/enter"]
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_binds_the_browser(alice: Browser, path: str) -> None:
    """Also the failures."""
    headers = alice.get(path).headers

    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] in {"same-origin", "strict-origin"}
    assert "strict-transport-security" not in headers
    assert "server" not in headers


def test_https_is_remembered(house_of: HouseOf) -> None:
    """By the browser, once we are reached that way."""
    answer = house_of(scheme="https").browser().get("/-/login")

    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_pages_hold_to_the_policy(alice: Browser) -> None:
    """No script, style or handler in the page itself; nothing from elsewhere."""
    for path in EVERYWHERE:
        text = alice.get(path).text
        assert "style=" not in text
        assert "<style" not in text
        assert " onclick" not in text
        assert text.count("<script") == text.count('<script src="/-/static/')


def test_form_may_lead_to_a_notebooks_host_in_host_routing(house_of: HouseOf) -> None:
    """Where the way from the log-in goes."""
    policy = (
        house_of(routing=Routing.HOST).browser().get("/-/login").headers["content-security-policy"]
    )

    assert "form-action 'self' http://*.gw.example:8000;" in policy


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("destination", ["empty", "iframe", "script", "object", "image"])
def test_page_is_opened_not_fetched(alice: Browser, path: str, destination: str) -> None:
    """Threat T3: a notebook's script on the same origin can't read our pages, nor frame them."""
    answer = alice.get(path, Sec_Fetch_Dest=destination)

    assert answer.status_code == 403
    assert "csrf" not in answer.text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/-/login", "multipart/form-data; boundary=x"),
        ("/-/login", "application/json"),
        ("/-/login", "text/plain"),
    ],
)
def test_g1_form_of_another_kind_is_not_read(stranger: Browser, path: str, kind: str) -> None:
    """Threat G1: there is no multipart parser to keep busy."""
    answer = stranger.http.post(path, content=b"--x\r\n" * 100, headers={"Content-Type": kind})

    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/-/login", "/-/api/v1/me/tokens", "/-/nothing"])
@pytest.mark.parametrize("length", ["16385", "1073741824", "9" * 30, "-1", "+5", "0x10", "\xb2"])
def test_g6_body_that_is_too_long_is_refused_unread(
    stranger: Browser, path: str, length: str
) -> None:
    """Threat G6: by what it says of itself; the one who sends it is told to go."""
    headers = {"Content-Length": length.encode("latin-1"), "Content-Type": b"application/json"}

    answer = stranger.http.post(path, content=b"", headers=headers)

    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/-/login", "application/x-www-form-urlencoded"),
        ("/-/api/v1/me/tokens", "application/json"),
    ],
)
async def test_g6_body_that_says_no_length_is_counted(house: House, path: str, kind: str) -> None:
    """Threats D12, G6: and no more of it is read than the limit."""
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"x" * 4096

    secret = house.accounts.open(ALICE).secret
    async with AsyncClient(
        transport=ASGITransport(app=house.app), base_url="http://gw.example:8000"
    ) as client:
        headers = {"Content-Type": kind, "Cookie": f"gateway={secret}"}
        answer = await client.post(path, content=endless(), headers=headers)

    assert answer.status_code == 413
    assert read <= 6


@pytest.mark.parametrize(
    "body",
    [b"csrf=%ff%fe", b"member=a&member=b", b"&".join([b"a%d=1" % i for i in range(99)]), b"\xff"],
    ids=["no text", "twice", "many", "bytes"],
)
def test_form_that_can_not_be_read_is_refused(stranger: Browser, body: bytes) -> None:
    """Nothing is guessed."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    assert stranger.http.post("/-/login", content=body, headers=kind).status_code == 422


def test_d13_bug_tells_nobody_anything(
    house: House, stranger: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """Threats D13, D17: neither the page nor a log has the cookie, the password or the cause."""
    csrf = stranger.csrf("/-/login")
    house.accounts.broken = RuntimeError("boom: INSIDE")
    caplog.set_level(logging.DEBUG, "gateway")

    answer = stranger.post(
        "/-/login",
        {"csrf": csrf, "member": "alice", "password": PASSWORD},
        Authorization=f"Bearer {TOKEN}",
    )

    assert answer.status_code == 500
    assert "INSIDE" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY
    logged = [r.getMessage() for r in caplog.records if r.name.startswith("gateway")]
    assert not any(secret in line for line in logged for secret in (PASSWORD, TOKEN, csrf))


def test_bug_in_the_api_is_a_problem(
    house: House, alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing of the cause in it."""

    def broken() -> None:
        raise RuntimeError("INSIDE")

    monkeypatch.setattr(house.notebooks, "tunnel_statuses", broken)

    answer = alice.get("/-/api/v1/tunnels")

    assert answer.status_code == 500
    assert answer.json()["detail"] == "an error in the gateway"


@pytest.mark.parametrize("path", ["/%3Cscript%3Ealert(1)%3C/script%3E/", "/-/%22onload=x"])
def test_d17_address_is_not_echoed(alice: Browser, path: str) -> None:
    """Threat D17."""
    answer = alice.get(path)

    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "onload" not in answer.text
