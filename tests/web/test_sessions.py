"""gateway.web.sessions and sessions_api: where I am logged in, and an end to any of it; nobody else's."""

from dataclasses import replace

from gateway.core.identity import CredentialId, Means
from gateway.core.names import NotebookName
from tests.web.conftest import Browser, House
from tests.web.fakes import ALICE, TOKEN, FakeTokenRow

ACCOUNT, API = "/-/account", "/-/api/v1/me/sessions"


def name_of(house: House, browser: Browser) -> CredentialId:
    return house.accounts.held[browser.session or ""].credential


def test_lists_what_one_knows_a_log_in_by(house: House, alice: Browser) -> None:
    """Device, address, how, since when and until when; and which one this is."""
    other = name_of(house, house.browser(ALICE))
    house.accounts.rows[other] = replace(
        house.accounts.rows[other], device="Edge on Windows", means=Means.PASSKEY
    )

    text = " ".join(alice.get(ACCOUNT).text.split())

    assert "Edge on Windows" in text
    assert "from 192.0.2.7 · by passkey · since 15 Jan 2027, 08:00 UTC" in text
    assert "until 14 Feb 2027, 08:00 UTC at the latest" in text
    assert text.count("this one</span>") == 1


def test_one_is_ended(house: House, alice: Browser) -> None:
    """The others stay, this one too."""
    first, second = house.browser(ALICE), house.browser(ALICE)
    place = f"{ACCOUNT}/sessions/{name_of(house, first)}/end"

    answer = alice.send(place, {}, seen_on=ACCOUNT)

    assert answer.headers["location"] == f"{ACCOUNT}?done=session"
    assert set(house.accounts.held) == {alice.session, second.session}


def test_anothers_is_not_ended(house: House, alice: Browser, bob: Browser) -> None:
    """Nor told from one that is not there; nor without the page's own token."""
    theirs = f"{ACCOUNT}/sessions/{name_of(house, bob)}/end"
    mine = f"{ACCOUNT}/sessions/{name_of(house, house.browser(ALICE))}/end"

    answers = [
        alice.send(theirs, {}, seen_on=ACCOUNT),
        alice.post(mine, {"csrf": bob.csrf(ACCOUNT)}),
        alice.get(mine),
    ]

    assert [answer.status_code for answer in answers] == [404, 403, 405]
    assert len(house.accounts.held) == 3


def test_api_lists_them(house: House, alice: Browser) -> None:
    """With the one that asks marked; a notebook's own host's is part of its parent."""
    house.browser(ALICE)
    house.accounts.open(ALICE, audience=NotebookName("alice"))

    told = alice.get(API).json()

    assert [one["this"] for one in told] == [True, False]
    assert told[0] == {
        "id": name_of(house, alice),
        "device": "Firefox on Linux",
        "address": "192.0.2.7",
        "means": "password",
        "created_at": "2027-01-15T08:00:00Z",
        "used_at": "2027-01-15T08:00:00Z",
        "expires_at": "2027-02-14T08:00:00Z",
        "this": True,
    }


def test_api_ends_one_or_all_others(house: House, alice: Browser, bob: Browser) -> None:
    """By a script that sends the CSRF token, and nobody else's."""
    csrf = {"X-CSRF-Token": alice.csrf(ACCOUNT)}
    one = name_of(house, house.browser(ALICE))

    statuses = [
        alice.http.delete(f"{API}/{name_of(house, bob)}", headers=csrf).status_code,
        alice.http.delete(f"{API}/{one}").status_code,
        alice.http.delete(f"{API}/{one}", headers=csrf).status_code,
        alice.http.delete(f"{API}/{one}", headers=csrf).status_code,
    ]
    house.browser(ALICE)
    others = alice.http.delete(API, headers=csrf)

    assert statuses == [404, 403, 204, 404]
    assert others.status_code == 204
    assert set(house.accounts.held) == {alice.session, bob.session}


def test_token_may_ask_too(house: House, stranger: Browser, alice: Browser) -> None:
    """To a token every session is another one."""
    house.accounts.api[TOKEN] = (ALICE, FakeTokenRow(CredentialId("t-1"), "script"))
    bearer = {"Authorization": f"Bearer {TOKEN}"}

    told = stranger.http.get(API, headers=bearer).json()
    ended = stranger.http.delete(API, headers=bearer)

    assert [one["this"] for one in told] == [False]
    assert ended.status_code == 204
    assert alice.session not in house.accounts.held
