"""What holds for every route of the control plane, whoever adds one: walked, not listed."""

import pytest
from httpx2 import Response

from gateway.core.inventory import Routing
from tests.web.conftest import Browser, House, HouseOf
from tests.web.every_route import (
    NAMELESS,
    SAFE,
    Entry,
    changing,
    entries,
    furnish,
    nameless,
    reading,
    state,
)
from tests.web.fakes import BOB, TOKEN

OWN = "http://gw.example:8000"
BINDING = (
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
)
ELSEWHERE = {
    "other origin": {"Origin": "https://evil.example"},
    "opaque origin": {"Origin": "null"},
    "other scheme": {"Origin": "https://gw.example:8000"},
    "other site": {"Sec-Fetch-Site": "cross-site"},
    "other host": {"Sec-Fetch-Site": "same-site"},
}


@pytest.fixture
def bob(house: House) -> Browser:
    """An administrator and owner, who may do most."""
    furnish(house)
    return house.browser(BOB)


def send(browser: Browser, entry: Entry, headers: dict[str, str], csrf: str = "") -> Response:
    """Send what a page of ours would, with the token where it belongs."""
    if entry.method in SAFE:
        return browser.http.request(entry.method, entry.path, headers=headers)
    if entry.is_api:
        token = {"X-CSRF-Token": csrf} if csrf else {}
        return browser.http.request(entry.method, entry.path, json={}, headers=headers | token)
    fields = {"csrf": csrf} if csrf else {"other": "field"}
    return browser.http.request(entry.method, entry.path, data=fields, headers=headers)


def named(entry: Entry) -> str:
    return f"{entry.method} {entry.pattern}"


def test_the_walk_finds_all_there_is() -> None:
    """Were routes kept elsewhere one day, these tests would say nothing."""
    assert len(changing()) >= 15
    assert {"/-/login", "/-/logout", "/-/share/bob", "/-/api/v1/me/tokens"} <= {
        entry.path for entry in changing()
    }


@pytest.mark.parametrize("csrf", ["", "0" * 64], ids=["none", "wrong"])
def test_d2_nothing_is_changed_without_the_pages_token(
    house: House, bob: Browser, csrf: str
) -> None:
    """A cookie alone proves nothing: the browser adds it to whatever is sent, by whomever."""
    before = state(house)

    for entry in changing():
        answer = send(bob, entry, {"Origin": OWN}, csrf)

        assert answer.status_code == 403, named(entry)
        assert state(house) == before, named(entry)


@pytest.mark.parametrize("headers", ELSEWHERE.values(), ids=ELSEWHERE)
def test_d2_nothing_is_changed_from_elsewhere(
    house: House, bob: Browser, headers: dict[str, str]
) -> None:
    """Not even with the right token: the browser says where it comes from."""
    csrf = bob.csrf("/-/account")
    before = state(house)

    for entry in changing():
        answer = send(bob, entry, headers, csrf)

        assert answer.status_code == 403, named(entry)
        assert state(house) == before, named(entry)


@pytest.mark.parametrize("destination", ["iframe", "empty", "script", "image"])
def test_t3_no_form_of_ours_is_sent_by_a_script_or_in_a_frame(
    house: House, bob: Browser, destination: str
) -> None:
    """In path routing a notebook's page shares our origin, and might have read the token somewhere."""
    csrf = bob.csrf("/-/account")
    before = state(house)

    for entry in [entry for entry in changing() if not entry.is_api]:
        answer = send(bob, entry, {"Origin": OWN, "Sec-Fetch-Dest": destination}, csrf)

        assert answer.status_code == 403, named(entry)
        assert state(house) == before, named(entry)


def test_d2_where_nobody_is_logged_in_no_session_counts(house: House, bob: Browser) -> None:
    """Whoever has a browser send something there gains nothing by whose browser it is."""
    before = state(house)

    for entry in nameless():
        fields = {"client_id": "gateway-cli", "grant_type": "x", "terminal": "evil"}
        mine, strangers = (
            browser.http.request(entry.method, entry.path, data=fields)
            for browser in (bob, house.browser())
        )

        assert mine.status_code == strangers.status_code, named(entry)
        assert "set-cookie" not in mine.headers
        assert state(house) == before, named(entry)
    assert {entry.path for entry in nameless()} == NAMELESS


def test_d16_a_link_changes_nothing(house: House, bob: Browser) -> None:
    """Whatever is changed by another method is not changed by GET."""
    before = state(house)

    for entry in changing():
        answer = bob.get(entry.path)

        assert answer.status_code in {200, 303, 404, 405, 410, 422}, named(entry)
        assert state(house) == before, named(entry)


def test_d16_reading_changes_nothing(house: House, bob: Browser) -> None:
    """Loading every page there is leaves everything as it was."""
    before = state(house)

    for entry in reading():
        answer = send(bob, entry, {})

        assert answer.status_code < 500 or "retry-after" in answer.headers, named(entry)
        assert state(house) == before, named(entry)


def test_every_route_binds_the_browser(house: House, bob: Browser) -> None:
    """With a session and without, well asked and badly."""
    for entry in entries():
        for browser in (bob, house.browser()):
            answer = send(browser, entry, {})

            missing = [name for name in BINDING if name not in answer.headers]
            assert missing == [], named(entry)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_t1_a_stranger_changes_nothing(house: House) -> None:
    """Without a session and without a token."""
    furnish(house)
    stranger = house.browser()
    before = state(house)

    for entry in changing():
        answer = send(stranger, entry, {"Origin": OWN}, "0" * 64)

        assert answer.status_code in {303, 401, 403}, named(entry)
        assert state(house) == before, named(entry)


def test_d15_a_token_does_not_become_more(house: House) -> None:
    """No page takes it, and the API makes no new credential of it."""
    furnish(house)
    house.accounts.api[TOKEN] = house.accounts.api["gwp_bobs"]
    secrets = set(house.accounts.held) | set(house.accounts.api)
    program = house.browser()

    for entry in changing():
        send(program, entry, {"Authorization": f"Bearer {TOKEN}"}, "0" * 64)

        assert set(house.accounts.held) | set(house.accounts.api) <= secrets, named(entry)


def test_t3_a_notebooks_host_has_no_route_that_changes_anything(house_of: HouseOf) -> None:
    """In host routing its page shares an origin with none of them, whatever session it sends."""
    house = house_of(routing=Routing.HOST)
    furnish(house)
    main, there = house.browser(BOB), house.browser(origin="http://bob.gw.example:8000")
    there.keep("gateway", main.session or "")
    csrf = main.csrf("/-/account")
    before = state(house)

    for entry in changing():
        answer = send(there, entry, {"Origin": "http://bob.gw.example:8000"}, csrf)

        assert answer.status_code in {401, 403, 404}, named(entry)
        assert state(house) == before, named(entry)


@pytest.mark.parametrize("path", ["/notebooks", "/notebooks/mine", "/tunnels", "/remotes/lab"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a19_nobody_makes_a_route_from_outside(bob: Browser, method: str, path: str) -> None:
    """Where a notebook is, the configuration alone says; an address in a request leads nowhere."""
    csrf = {"X-CSRF-Token": bob.csrf("/-/account"), "Origin": OWN}
    for host, port in ("169.254.169.254", 80), ("127.0.0.1", 22), ("lab", 7001):
        wish = {"name": "mine", "host": host, "port": port, "remote": "lab"}
        answer = bob.http.request(method, f"/-/api/v1{path}", json=wish, headers=csrf)

        assert answer.status_code in {404, 405}
