"""gateway.web.invite: one link, one password, one time."""

import pytest

from tests.web.conftest import Browser, House
from tests.web.fakes import CAROL

LINK = "/-/invite/s3cret-of-the-invite"
GOOD = {"password": "six impossible things", "again": "six impossible things"}


@pytest.fixture
def invited(house: House) -> Browser:
    house.accounts.invites[LINK.rpartition("/")[2]] = CAROL
    return house.browser()


def test_d16_invite_says_whom_it_is_for(invited: Browser) -> None:
    """Looking at it, as a mail scanner may, does not use it up (threat D16)."""
    first, second = invited.get(LINK), invited.get(LINK)

    assert (first.status_code, second.status_code) == (200, 200)
    assert "Welcome, carol" in first.text


def test_password_is_set_and_the_member_is_in(house: House, invited: Browser) -> None:
    """The invite is void from then on."""
    answer = invited.send(LINK, GOOD, seen_on=LINK)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert house.accounts.passwords[CAROL] == GOOD["password"]
    assert invited.get("/").status_code == 200
    assert invited.get(LINK).status_code == 410


def test_used_or_unknown_invite_says_whom_to_ask(stranger: Browser) -> None:
    """Used, ended and made up all look the same."""
    answer = stranger.get("/-/invite/never-made")

    assert answer.status_code == 410
    assert "ask your administrator" in answer.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": "short", "again": "short"}, "at least 10 characters"),
        ({"password": "six impossible things", "again": "seven"}, "not the same"),
    ],
)
def test_password_that_will_not_do_leaves_the_invite_good(
    invited: Browser, fields: dict[str, str], said: str
) -> None:
    """One may simply try again."""
    answer = invited.send(LINK, fields, seen_on=LINK)

    assert answer.status_code == 422
    assert said in answer.text
    assert invited.send(LINK, GOOD, seen_on=LINK).status_code == 303


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_d2_form_from_elsewhere_uses_nothing_up(
    house: House, invited: Browser, headers: dict[str, str]
) -> None:
    """Threat D2: another site can't choose somebody's password."""
    fields = {"csrf": invited.csrf(LINK), **GOOD}

    assert invited.post(LINK, fields, **headers).status_code == 403
    assert invited.post(LINK, GOOD | {"csrf": "wrong"}).status_code == 403
    assert house.accounts.invites


def test_secret_does_not_leak_by_referer(invited: Browser) -> None:
    """The page tells no one where it was, not even ourselves, and names nothing elsewhere."""
    answer = invited.get(LINK)

    assert answer.headers["referrer-policy"] == "strict-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert LINK not in answer.text
    assert "//" not in answer.text.replace("https://", "").replace("<!doctype html>", "")


def test_invite_of_who_is_no_member_any_more_is_void(house: House, stranger: Browser) -> None:
    """The inventory decides who is a member."""
    house.accounts.invites["left"] = type(CAROL)("gone")

    assert stranger.get("/-/invite/left").status_code == 410


def test_d6_session_that_was_there_ends(house: House, alice: Browser) -> None:
    """Threat D6: who takes an invite in another's browser leaves no session of theirs behind."""
    old = alice.session
    house.accounts.invites["for-carol"] = CAROL

    alice.send("/-/invite/for-carol", GOOD, seen_on="/-/invite/for-carol")

    assert old not in house.accounts.held
    assert {i.member for i in house.accounts.held.values()} == {CAROL}
