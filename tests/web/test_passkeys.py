"""gateway.web.passkeys: a member adds and removes their own passkeys, and is never locked out by it."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.core.inventory import Auth, SecondFactor
from tests.web.authenticator import PRESENT, Authenticator
from tests.web.ceremonies import PASSKEYS, add, asked_in, begin, device, hidden_in
from tests.web.conftest import Browser, House, HouseOf
from tests.web.fakes import ALICE, BOB


@pytest.fixture
def house(house_of: HouseOf) -> House:
    """Passkeys need https."""
    return house_of(scheme="https")


def require_passkeys(house: House) -> None:
    house.wanted = replace(house.wanted, auth=Auth(second_factor=SecondFactor.REQUIRED))


def test_adds_a_passkey(house: House, alice: Browser) -> None:
    """Under the name that its member gave it, and no more is kept than is needed."""
    laptop = device()

    answer = add(alice, laptop, "my <laptop>")

    assert answer.headers["location"] == f"{PASSKEYS}?done=added"
    (kept,) = house.passkeys.kept.values()
    assert (kept.id, kept.member, kept.label) == (laptop.name, ALICE, "my <laptop>")
    text = alice.get(answer.headers["location"]).text
    assert "The passkey is added" in text
    assert "my &lt;laptop&gt;" in text


def test_asks_for_no_more_than_is_needed(alice: Browser) -> None:
    """No attestation; kept on the device; its user verified; and a handle that says nothing of who it is."""
    asked = json.loads(asked_in(begin(alice)))

    assert asked["attestation"] == "none"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert (asked["rp"]["id"], asked["user"]["name"]) == ("gw.example", "alice")
    assert "alice" not in asked["user"]["id"]
    assert asked["user"]["displayName"] == "Alice Liddell"


def test_device_is_asked_for_one_passkey_alone(house: House, alice: Browser) -> None:
    """It is told which there are; and all of a member's have one handle."""
    first, second = device(), device()
    add(alice, first)

    page = begin(alice, "another")
    second.make(asked_in(page))

    assert [one["id"] for one in json.loads(asked_in(page))["excludeCredentials"]] == [first.name]
    assert second.handle == first.handle != b""


def test_password_is_asked_for(house: House, alice: Browser) -> None:
    """A borrowed browser is no way to plant a passkey; nor to guess without end."""
    wrong = begin(alice, password="guess")
    house.accounts.throttled = 30
    throttled = begin(alice, password="guess")

    assert (wrong.status_code, "The password is not right" in wrong.text) == (422, True)
    assert (throttled.status_code, "30 seconds" in throttled.text) == (429, True)
    assert "data-asked" not in wrong.text + throttled.text


BENT: dict[str, Callable[[Authenticator], object]] = {
    "another site's page": lambda one: setattr(one, "origin", "https://evil.example"),
    "a notebook's own host": lambda one: setattr(one, "origin", "https://alice.gw.example"),
    "another domain": lambda one: setattr(one, "domain", "evil.example"),
    "user not verified": lambda one: setattr(one, "flags", PRESENT),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT.keys())
def test_bent_passkey_is_not_kept(
    house: House, alice: Browser, bend: Callable[[Authenticator], object]
) -> None:
    """And the page says that it was not."""
    laptop = device()
    bend(laptop)

    answer = add(alice, laptop)

    assert answer.status_code == 422
    assert "No passkey was added" in answer.text
    assert house.passkeys.kept == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"credential": ""},
        {"credential": "{}"},
        {"handle": "00" * 32},
        {"handle": "no hex"},
        {"label": ""},
        {"csrf": "0" * 64},
    ],
    ids=str,
)
def test_form_that_was_changed_is_refused(
    house: House, alice: Browser, fields: dict[str, str]
) -> None:
    """The handle is the one that was asked for, the label is one, the answer is one."""
    page = begin(alice)
    sent = hidden_in(page) | {"credential": device().make(asked_in(page))} | fields

    assert alice.post(PASSKEYS, sent).status_code in {403, 422}
    assert house.passkeys.kept == {}


def test_challenge_is_good_once_and_for_its_member(house: House, alice: Browser) -> None:
    """What alice's browser was asked is nothing that bob could answer, nor she again."""
    page, bob = begin(alice), house.browser(BOB)
    sent = hidden_in(page) | {"credential": device().make(asked_in(page))}

    theirs = bob.post(PASSKEYS, sent | {"csrf": bob.csrf(PASSKEYS)})
    mine = alice.post(PASSKEYS, sent)
    house.passkeys.kept.clear()
    again = alice.post(PASSKEYS, sent)

    assert (theirs.status_code, mine.status_code, again.status_code) == (422, 303, 422)
    assert house.passkeys.kept == {}


def test_removes_ones_own_alone(house: House, alice: Browser) -> None:
    """Another member's can't be told from one that is not there."""
    laptop, theirs = device(), device()
    add(alice, laptop)
    add(house.browser(BOB), theirs)

    answers = [
        alice.send(f"{PASSKEYS}/{one.name}/remove", {}, seen_on=PASSKEYS)
        for one in (theirs, laptop)
    ]

    assert [answer.status_code for answer in answers] == [404, 303]
    assert list(house.passkeys.kept) == [theirs.name]


def test_last_one_stays_where_one_is_required(house: House, alice: Browser) -> None:
    """Else its member could not log in again."""
    laptop, phone = device(), device()
    add(alice, laptop)
    require_passkeys(house)

    last = alice.send(f"{PASSKEYS}/{laptop.name}/remove", {}, seen_on=PASSKEYS)
    add(alice, phone)
    first = alice.send(f"{PASSKEYS}/{laptop.name}/remove", {}, seen_on=PASSKEYS)

    assert (last.status_code, "your only passkey" in last.text) == (422, True)
    assert first.status_code == 303


def test_member_chooses_to_be_asked_for_one(house: House, alice: Browser) -> None:
    """Once there is one to ask for; and no longer."""
    place = f"{PASSKEYS}/asked"
    without = alice.send(place, {"asked": "yes"}, seen_on=PASSKEYS)
    add(alice, device())

    chosen = alice.send(place, {"asked": "yes"}, seen_on=PASSKEYS)
    assert house.accounts.asked == {ALICE}
    alice.send(place, {"asked": "no"}, seen_on=PASSKEYS)

    assert (without.status_code, chosen.status_code) == (422, 303)
    assert house.accounts.asked == set()


def test_who_must_have_one_is_told_so(house: House, alice: Browser) -> None:
    """Before they log out and can't come back."""
    require_passkeys(house)

    text = alice.get(PASSKEYS).text

    assert "Add one before you log out" in text
    assert "asked" not in re_forms(text)


def re_forms(text: str) -> set[str]:
    """Return what the page's forms change."""
    return {part.partition('"')[0].rpartition("/")[2] for part in text.split('action="')[1:]}


def test_says_why_there_can_be_none(house_of: HouseOf) -> None:
    """Over plain http; and nothing can be begun then."""
    alice = house_of().browser(ALICE)

    text = alice.get(PASSKEYS).text

    assert "browsers allow passkeys over https only, and http://gw.example:8000 is not" in text
    assert begin_where_there_is_no_form(alice) == 403


def begin_where_there_is_no_form(browser: Browser) -> int:
    fields = {"csrf": browser.csrf("/-/account"), "label": "x", "current": "x"}
    return browser.post(f"{PASSKEYS}/new", fields).status_code


PLACES = ("", "/new", "/asked", "/abc/remove")


@pytest.mark.parametrize("place", PLACES)
def test_nothing_changes_without_the_csrf_token(house: House, alice: Browser, place: str) -> None:
    """Threat D2: nor with another session's."""
    others = house.browser(BOB).csrf(PASSKEYS)

    for given in ({}, {"csrf": others}):
        assert alice.post(f"{PASSKEYS}{place}", {"asked": "yes"} | given).status_code == 403
    mine = {"csrf": alice.csrf(PASSKEYS)}
    assert alice.post(f"{PASSKEYS}{place}", mine, Sec_Fetch_Dest="empty").status_code == 403


def test_stranger_is_sent_to_log_in(stranger: Browser) -> None:
    """And comes back."""
    assert stranger.get(PASSKEYS).headers["location"] == "/-/login?next=/-/account/passkeys"
