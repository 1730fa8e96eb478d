"""gateway.web.passkey_log_in: who shows a good passkey is in; a bent, borrowed or repeated answer is worth nothing."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.core.identity import Means
from gateway.core.inventory import Auth, SecondFactor
from tests.web.authenticator import PRESENT, Authenticator, encoded
from tests.web.ceremonies import LOG_IN, add, asked_in, begin, device, hidden_in, prove
from tests.web.conftest import House, HouseOf
from tests.web.fakes import ALICE, BOB

WRONG = "This passkey is not good here"


@pytest.fixture
def house(house_of: HouseOf) -> House:
    """Passkeys need https."""
    return house_of(scheme="https")


@pytest.fixture
def laptop(house: House) -> Authenticator:
    """Alice's device, with a passkey that is kept."""
    made = device()
    assert add(house.browser(ALICE), made).status_code == 303
    return made


def test_passkey_alone_logs_in(house: House, laptop: Authenticator) -> None:
    """Nobody types a name: the passkey says whose it is; and one goes where one wanted to."""
    browser = house.browser()
    page = browser.get("/-/login?next=/alice/lab")

    answer = prove(browser, laptop, page)

    assert (answer.status_code, answer.headers["location"]) == (303, "/alice/lab")
    assert house.passkeys.opened == [(ALICE, Means.PASSKEY)]
    assert browser.get("/").status_code == 200
    assert (
        "allowCredentials" not in json.loads(asked_in(page))
        or not json.loads(asked_in(page))["allowCredentials"]
    )


def test_browser_is_asked_to_verify_who_holds_it(house: House, laptop: Authenticator) -> None:
    """A passkey that is found and no more lets nobody in."""
    asked = json.loads(asked_in(house.browser().get("/-/login")))

    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "gw.example"


BENT: dict[str, Callable[[Authenticator], object]] = {
    "another site's page": lambda one: setattr(one, "origin", "https://evil.example"),
    "a notebook's own host": lambda one: setattr(one, "origin", "https://alice.gw.example"),
    "without TLS": lambda one: setattr(one, "origin", "http://gw.example"),
    "another domain": lambda one: setattr(one, "domain", "evil.example"),
    "count goes back": lambda one: setattr(one, "count", 3),
    "count stands still": lambda one: setattr(one, "count", 6),
    "user not verified": lambda one: setattr(one, "flags", PRESENT),
    "user not present": lambda one: setattr(one, "flags", 0),
    "another key": lambda one: setattr(one, "key", device().key),
    "another id": lambda one: setattr(one, "id", device().id),
    "another's handle": lambda one: setattr(one, "handle", b"somebody else"),
    "no handle": lambda one: setattr(one, "handle", b""),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT.keys())
def test_bent_answer_is_refused(
    house: House, laptop: Authenticator, bend: Callable[[Authenticator], object]
) -> None:
    """Each is refused, said so in words, and told to the log; no session is opened."""
    house.passkeys.kept[laptop.name] = replace(house.passkeys.kept[laptop.name], sign_count=7)
    laptop.count = 7
    bend(laptop)

    browser = house.browser()

    answer = prove(browser, laptop, browser.get("/-/login"))

    assert answer.status_code == 401
    assert WRONG in answer.text
    assert browser.session is None
    assert len(house.passkeys.refused) == 1


def test_counting_device_may_skip_and_others_need_not_count(
    house: House, laptop: Authenticator
) -> None:
    """The twin of the above: nothing bent, the same device is let in."""
    house.passkeys.kept[laptop.name] = replace(house.passkeys.kept[laptop.name], sign_count=7)
    laptop.count = 70
    browser = house.browser()

    assert prove(browser, laptop, browser.get("/-/login")).status_code == 303
    assert house.passkeys.kept[laptop.name].sign_count == 71


def test_challenge_is_good_once(house: House, laptop: Authenticator) -> None:
    """Who has seen an answer go by can't send it again, not even from the same browser."""
    browser = house.browser()
    page = browser.get("/-/login")
    sent = hidden_in(page) | {"credential": laptop.prove(asked_in(page))}
    assert browser.post(LOG_IN, sent).status_code == 303
    browser.http.cookies.delete(browser.session_cookie)
    kept = house.passkeys.kept[laptop.name]
    house.passkeys.kept[laptop.name] = replace(kept, sign_count=0)  # the count is not what saves us

    answer = browser.post(LOG_IN, sent)

    assert answer.status_code == 401
    assert browser.session is None


def test_challenge_is_good_in_its_browser_alone(house: House, laptop: Authenticator) -> None:
    """An answer that somebody was lured into giving elsewhere logs nobody in here."""
    theirs, mine = house.browser(), house.browser()
    answer = laptop.prove(asked_in(theirs.get("/-/login")))

    sent = hidden_in(mine.get("/-/login")) | {"credential": answer}

    assert mine.post(LOG_IN, sent).status_code == 401


def test_challenge_ends(house: House, laptop: Authenticator) -> None:
    """A page that was open since yesterday asks anew."""
    browser = house.browser()
    page = browser.get("/-/login")
    house.clock.now += 3601

    assert prove(browser, laptop, page).status_code == 401
    assert prove(browser, laptop, browser.get("/-/login")).status_code == 303


def test_challenge_to_add_a_passkey_logs_nobody_in(house: House, laptop: Authenticator) -> None:
    """An answer to one question is none to another."""
    answer = laptop.prove(asked_in(begin(house.browser(ALICE))))
    browser = house.browser()

    sent = hidden_in(browser.get("/-/login")) | {"credential": answer}

    assert browser.post(LOG_IN, sent).status_code == 401


@pytest.mark.parametrize(
    "said",
    ["", "{}", "[]", "nonsense", "[" * 4000, '{"response": {"clientDataJSON": "e30"}}',
     json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30",
                 "authenticatorData": "", "signature": ""}})],
    ids=range(7),
)  # fmt: skip
def test_what_is_no_answer_is_refused(house: House, laptop: Authenticator, said: str) -> None:
    """In the same words."""
    browser = house.browser()
    sent = hidden_in(browser.get("/-/login")) | {"credential": said}

    answer = browser.post(LOG_IN, sent)

    assert answer.status_code == 401
    assert WRONG in answer.text


def test_form_needs_its_token(house: House, laptop: Authenticator) -> None:
    """Threat D2: nobody is logged in as somebody else by another site's form."""
    browser = house.browser()
    page = browser.get("/-/login")
    sent = hidden_in(page) | {"credential": laptop.prove(asked_in(page)), "csrf": "0" * 64}

    assert browser.post(LOG_IN, sent).status_code == 403
    assert browser.session is None


def test_member_gone_from_the_inventory_is_refused(house: House, laptop: Authenticator) -> None:
    """The inventory decides."""
    members = {name: one for name, one in house.wanted.members.items() if name != ALICE}
    house.wanted = replace(house.wanted, members=members)
    browser = house.browser()

    assert prove(browser, laptop, browser.get("/-/login")).status_code == 401


def test_password_and_passkey_together(house: House, laptop: Authenticator) -> None:
    """Who chose it is asked for the passkey after the password, and has no session before."""
    house.accounts.asked.add(ALICE)
    browser = house.browser()
    page = browser.log_in("alice", next="/alice/")
    assert page.status_code == 401
    assert "Now your passkey" in page.text
    assert browser.session is None
    assert [one["id"] for one in json.loads(asked_in(page))["allowCredentials"]] == [laptop.name]

    answer = prove(browser, laptop, page)

    assert (answer.status_code, answer.headers["location"]) == (303, "/alice/")
    assert house.passkeys.opened == [(ALICE, Means.BOTH)]


def test_another_members_passkey_does_not_do_beside_a_password(
    house: House, laptop: Authenticator
) -> None:
    """Bob's passkey is good, and not for alice's password."""
    house.accounts.asked.add(ALICE)
    bobs = device()
    add(house.browser(BOB), bobs)
    browser = house.browser()
    page = browser.log_in("alice")

    answer = prove(browser, bobs, page)

    assert answer.status_code == 401
    assert browser.session is None
    assert house.passkeys.refused == [BOB]


def test_another_members_name_on_a_passkey_is_refused(house: House, laptop: Authenticator) -> None:
    """Bob's device that says it is alice's passkey signs with bob's key."""
    bobs = device()
    add(house.browser(BOB), bobs)
    bobs.id, bobs.handle = laptop.id, laptop.handle
    browser = house.browser()

    assert prove(browser, bobs, browser.get("/-/login")).status_code == 401


def test_required_passkey_is_asked_of_all(house: House, laptop: Authenticator) -> None:
    """Who has none is told the way in: an invite."""
    house.wanted = replace(house.wanted, auth=Auth(second_factor=SecondFactor.REQUIRED))

    asked = house.browser().log_in("alice")
    without = house.browser().log_in("bob")

    assert "Now your passkey" in asked.text
    assert (without.status_code, "data-asked" in without.text) == (401, False)
    assert "You have no passkey yet" in without.text
    assert "for an invite" in without.text


def test_where_there_can_be_none_none_is_offered(house_of: HouseOf) -> None:
    """Over plain http to a name, and where members log in elsewhere."""
    plain, elsewhere = house_of(), house_of(scheme="https")
    elsewhere.wanted = replace(elsewhere.wanted, auth=Auth(local=False))

    assert "data-asked" not in plain.browser().get("/-/login").text
    assert "data-asked" not in elsewhere.browser().get("/-/login").text
    assert "data-asked" in house_of(host="localhost").browser().get("/-/login").text


def test_encoded_is_what_pages_send() -> None:
    """The tests' own base64url has no padding, as the page's script has none."""
    assert encoded(b"\xff\xfe") == "__4"
