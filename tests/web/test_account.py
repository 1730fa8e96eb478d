"""gateway.web.account: one's own password, sessions and tokens; nobody else's."""

import re

import pytest

from gateway.core.identity import CredentialId
from tests.web.conftest import Browser, House
from tests.web.fakes import ALICE, BOB, PASSWORD, FakeTokenRow

ACCOUNT = "/-/account"
NEW = "curiouser and curiouser"


def test_shows_who_i_am(alice: Browser) -> None:
    """Name, mail, groups; and the session that this is."""
    text = alice.get(ACCOUNT).text

    assert "Alice Liddell" in text
    assert "alice@example.org" in text
    assert "this one" in text


def test_password_is_changed(house: House, alice: Browser) -> None:
    """By who knows the current one."""
    fields = {"current": PASSWORD, "password": NEW, "again": NEW}

    answer = alice.send(f"{ACCOUNT}/password", fields, seen_on=ACCOUNT)

    assert answer.headers["location"] == "/-/account?done=password"
    assert "Your password is changed" in alice.get(answer.headers["location"]).text
    assert house.accounts.passwords[ALICE] == NEW


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"current": "wrong", "password": NEW, "again": NEW}, 422, "current password is not right"),
        ({"current": PASSWORD, "password": NEW, "again": "other"}, 422, "not the same"),
        ({"current": PASSWORD, "password": "short", "again": "short"}, 422, "at least 10"),
    ],
)
def test_password_stays_unless_all_is_right(
    house: House, alice: Browser, fields: dict[str, str], status: int, said: str
) -> None:
    """And the page says what was wrong."""
    answer = alice.send(f"{ACCOUNT}/password", fields, seen_on=ACCOUNT)

    assert answer.status_code == status
    assert said in answer.text
    assert house.accounts.passwords[ALICE] == PASSWORD


def test_guessing_the_current_password_is_throttled(house: House, alice: Browser) -> None:
    """A borrowed browser is no way to guess without end."""
    house.accounts.throttled = 30
    fields = {"current": "guess", "password": NEW, "again": NEW}

    answer = alice.send(f"{ACCOUNT}/password", fields, seen_on=ACCOUNT)

    assert answer.status_code == 429
    assert "30 seconds" in answer.text


def test_other_sessions_end_and_this_one_stays(house: House, alice: Browser) -> None:
    """Another member's sessions are untouched."""
    house.browser(ALICE)
    bob = house.browser(BOB)

    answer = alice.send(f"{ACCOUNT}/sessions/end", {}, seen_on=ACCOUNT)

    assert answer.status_code == 303
    assert set(house.accounts.held) == {alice.session, bob.session}


def test_token_is_shown_once(house: House, alice: Browser) -> None:
    """With the life that was chosen; afterwards only its name is known."""
    fields = {"label": "laptop <b>", "days": "30"}

    answer = alice.send(f"{ACCOUNT}/tokens", fields, seen_on=ACCOUNT)

    (secret, (member, row)) = next(iter(house.accounts.api.items()))
    assert (answer.status_code, member, row.label) == (201, ALICE, "laptop <b>")
    assert secret in answer.text
    assert "laptop &lt;b&gt;" in answer.text
    assert secret not in alice.get(ACCOUNT).text
    assert row.expires_at == row.created_at + 30 * 24 * 3600


@pytest.mark.parametrize(
    "fields",
    [{"label": ""}, {"label": "x" * 65}, {"label": "\x1b[2J"}, {"label": "x", "days": "99999"}],
    ids=["none", "long", "escape", "for ever"],
)
def test_token_needs_a_name_and_an_end(
    house: House, alice: Browser, fields: dict[str, str]
) -> None:
    """What is no name, or no lifetime that we offer, makes no token."""
    answer = alice.send(f"{ACCOUNT}/tokens", fields, seen_on=ACCOUNT)

    assert answer.status_code == 422
    assert house.accounts.api == {}


def test_too_many_tokens_are_refused_in_words(alice: Browser) -> None:
    """The store has a bound; the page says what to do."""
    for _ in range(5):
        alice.send(f"{ACCOUNT}/tokens", {"label": "x"}, seen_on=ACCOUNT)

    answer = alice.send(f"{ACCOUNT}/tokens", {"label": "x"}, seen_on=ACCOUNT)

    assert answer.status_code == 422
    assert "you have too many" in answer.text


def test_token_is_revoked_by_its_member_alone(house: House, alice: Browser) -> None:
    """Another member's token can't be revoked by its id, nor be told from one that is not there."""
    house.accounts.api["a"] = (ALICE, FakeTokenRow(CredentialId("t-a"), "mine"))
    house.accounts.api["b"] = (BOB, FakeTokenRow(CredentialId("t-b"), "his"))

    theirs = alice.send(f"{ACCOUNT}/tokens/t-b/revoke", {}, seen_on=ACCOUNT)
    mine = alice.send(f"{ACCOUNT}/tokens/t-a/revoke", {}, seen_on=ACCOUNT)

    assert (theirs.status_code, mine.status_code) == (404, 303)
    assert set(house.accounts.api) == {"b"}


PLACES = ("password", "sessions/end", "tokens", "tokens/t-a/revoke")


@pytest.mark.parametrize("place", PLACES)
def test_d2_nothing_changes_without_the_csrf_token(
    house: House, alice: Browser, place: str
) -> None:
    """Threat D2: nor with another session's."""
    others = house.browser(BOB).csrf(ACCOUNT)
    fields = {"current": PASSWORD, "password": NEW, "label": "x"}

    for given in ({}, {"csrf": others}):
        answer = alice.post(f"{ACCOUNT}/{place}", fields | given)
        assert answer.status_code == 403

    assert house.accounts.passwords[ALICE] == PASSWORD
    assert house.accounts.api == {}


@pytest.mark.parametrize("place", PLACES)
def test_d16_get_changes_nothing(alice: Browser, place: str) -> None:
    """Threat D16: a state-changing address takes no GET."""
    assert alice.get(f"{ACCOUNT}/{place}").status_code == 405


def test_every_form_has_the_token_and_every_field_a_label(alice: Browser) -> None:
    """What can be typed into is named for those who can't see it."""
    text = alice.get(ACCOUNT).text

    assert text.count("<form") == text.count('name="csrf"')
    typed = re.findall(r"<(?:input|select) id=\"(\w+)\"", text)
    assert typed
    assert all(f'<label for="{name}"' in text for name in typed)
