"""gateway.web.log_in: who gets in, what is said to those who do not, and where one goes next."""

from dataclasses import replace

import pytest

from gateway.core.inventory import Auth
from gateway.web.visitor import csrf_of
from tests.web.conftest import Browser, House, HouseOf
from tests.web.fakes import ALICE, CAROL, PASSWORD, UNAVAILABLE


def test_right_password_opens_a_session(house: House, stranger: Browser) -> None:
    """The member is in, with a cookie that scripts and other sites can't use."""
    answer = stranger.log_in()

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("gateway=secret-")
    assert {"httponly", "samesite=lax", "path=/", "max-age=2592000"} <= set(cookie.split("; "))
    assert "domain" not in cookie
    assert "secure" not in cookie.split("; ")
    assert stranger.get("/").status_code == 200
    assert house.accounts.heard == [("192.0.2.7", "Firefox on Linux")]


def test_cookies_are_bound_to_the_host_over_https(house_of: HouseOf) -> None:
    """Threat T4: another host of the domain can't set what we read."""
    browser = house_of(scheme="https").browser()
    form_cookie = browser.get("/-/login").headers["set-cookie"]

    answer = browser.log_in()

    assert answer.headers["set-cookie"].startswith("__Host-gateway=secret-")
    assert form_cookie.startswith("__Host-gateway-form=")
    assert "; Secure" in answer.headers["set-cookie"]
    assert "; Secure" in form_cookie


@pytest.mark.parametrize(
    ("member", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("", ""), ("carol", "x")]
)
def test_says_not_which_was_wrong(stranger: Browser, member: str, password: str) -> None:
    """A wrong name and a wrong password look the same, and no session is opened."""
    answer = stranger.log_in(member, password)

    assert answer.status_code == 401
    assert "The member and the password don&#39;t go together" in answer.text
    assert "set-cookie" not in answer.headers
    assert f'value="{member}"' in answer.text


def test_name_may_be_typed_in_capitals(stranger: Browser) -> None:
    """A phone's keyboard begins with a capital; names are lower case."""
    assert stranger.log_in(" Alice ").status_code == 303


def test_d14_throttled_says_how_long(house: House, stranger: Browser) -> None:
    """Threat D14: not for ever, and in words."""
    house.accounts.throttled = 89.2

    answer = stranger.log_in()

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "90")
    assert "Please wait 2 minutes" in answer.text


def test_member_gone_from_the_inventory_is_refused(house: House, stranger: Browser) -> None:
    """The store may know them still; the inventory decides, and no session is left behind."""
    house.accounts.passwords[CAROL] = PASSWORD
    members = {k: v for k, v in house.wanted.members.items() if k != CAROL}
    house.wanted = replace(house.wanted, members=members)

    answer = stranger.log_in("carol")

    assert answer.status_code == 401
    assert house.accounts.held == {}


def test_d6_session_is_a_new_one_and_the_old_is_dead(house: House, alice: Browser) -> None:
    """Threat D6: a session that somebody planted before the log-in is worth nothing after it."""
    old = alice.session
    alice.keep("gateway-form", "planted")
    fields = {"csrf": csrf_of("planted"), "member": "alice", "password": PASSWORD}

    answer = alice.post("/-/login", fields)

    assert answer.status_code == 303
    assert alice.session != old
    assert old not in house.accounts.held


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://gw.example"},
        {"Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Dest": "iframe"},
    ],
    ids=str,
)
def test_d2_form_from_elsewhere_is_refused(stranger: Browser, headers: dict[str, str]) -> None:
    """Threat D2: another site, a script or a frame can't log anybody in."""
    csrf = stranger.csrf("/-/login")
    fields = {"csrf": csrf, "member": "alice", "password": PASSWORD}

    answer = stranger.post("/-/login", fields, **headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
def test_form_without_its_token_is_shown_again(stranger: Browser, token: str) -> None:
    """The name stays typed in; nobody is logged in."""
    stranger.get("/-/login")

    answer = stranger.post("/-/login", {"csrf": token, "member": "alice", "password": PASSWORD})

    assert answer.status_code == 403
    assert "open for too long" in answer.text
    assert 'value="alice"' in answer.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"member": "a" * 65}, 422),
        ({"member": "al\x1bice"}, 422),
        ({"member": "al\r\nice"}, 422),
        ({"password": "p" * 1025}, 422),
        ({"password": "p\x00"}, 422),
        ({"member": "a" * 20_000}, 413),
    ],
    ids=["long", "escape", "newline", "long password", "nul", "huge"],
)
def test_d12_takes_only_what_can_be_typed(
    stranger: Browser, fields: dict[str, str], status: int
) -> None:
    """Threat D12: nothing monstrous reaches the store or a log."""
    typed = {"member": "alice", "password": PASSWORD, **fields}

    answer = stranger.send("/-/login", typed, seen_on="/-/login")

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        ("/alice/lab/tree/a%20b.ipynb?reset", "/alice/lab/tree/a%20b.ipynb?reset"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_d1_goes_on_to_the_deep_link_and_nowhere_else(
    stranger: Browser, wanted: str, gone: str
) -> None:
    """Threat D1: after the log-in one stays on this site."""
    assert stranger.log_in(next=wanted).headers["location"] == gone


def test_form_keeps_the_deep_link(stranger: Browser) -> None:
    """What was wanted survives the form, escaped; what is not ours does not."""
    good = stranger.get("/-/login?next=/alice/lab%3Fa%3D1%26b")
    bad = stranger.get("/-/login?next=https://evil.example/%22%3E%3Cscript%3E")

    assert 'name="next" value="/alice/lab?a=1&amp;b"' in good.text
    assert "evil" not in bad.text


def test_log_in_page_goes_on_when_there_is_a_session(alice: Browser) -> None:
    """Nobody types a password for nothing."""
    assert alice.get("/-/login?next=/alice/lab").headers["location"] == "/alice/lab"


def test_page_without_session_leads_to_log_in(stranger: Browser) -> None:
    """And back again afterwards."""
    answer = stranger.get("/-/status?x=1&y=2")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/-/login?next=/-/status%3Fx%3D1%26y%3D2"


def test_d4_log_out_ends_the_session(house: House, alice: Browser) -> None:
    """Threat D4: the cookie is worth nothing from then on."""
    secret = alice.session

    answer = alice.send("/-/logout", {}, seen_on="/-/logout")
    alice.keep("gateway", secret or "")

    assert (answer.status_code, answer.headers["location"]) == (303, "/-/login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert alice.get("/-/api/v1/me").status_code == 401
    assert house.accounts.held == {}


def test_d16_looking_at_log_out_changes_nothing(house: House, alice: Browser) -> None:
    """Threat D16: a link or an image can't log anybody out."""
    assert alice.get("/-/logout").status_code == 200
    assert alice.post("/-/logout", {"csrf": "x"}).status_code == 403
    assert len(house.accounts.held) == 1


def test_store_away_is_said_plainly(house: House, stranger: Browser) -> None:
    """Log-ins wait for the database; the page says so, with nothing of its inside."""
    csrf = stranger.csrf("/-/login")
    house.accounts.broken = UNAVAILABLE

    answer = stranger.post("/-/login", {"csrf": csrf, "member": ALICE, "password": PASSWORD})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "text/html" in answer.headers["content-type"]


def test_password_log_in_can_be_off(house: House, stranger: Browser) -> None:
    """Then there is no form, and a post is refused."""
    csrf = stranger.csrf("/-/login")
    house.wanted = replace(house.wanted, auth=Auth(local=False))

    answer = stranger.post("/-/login", {"csrf": csrf, "member": "alice", "password": PASSWORD})

    assert answer.status_code == 403
    assert "<form" not in stranger.get("/-/login").text
