"""The page on which an owner shares: what it shows, takes and refuses."""

import pytest

from gateway.core.grants import Level, level_of
from gateway.core.names import MemberName, NotebookName
from gateway.core.presence import Present
from gateway.core.sharing import Ask
from tests.web.conftest import Browser, House
from tests.web.fakes import ALICE, BOB, CAROL, NOW, UNAVAILABLE

NOTEBOOK = NotebookName("alice")
PAGE = "/-/share/alice"
DAY = 24 * 3600.0


def give(browser: Browser, to: str = "carol", **fields: str) -> int:
    wanted = {"to": to, "level": "view", "count": "2", "unit": "hours", **fields}
    return browser.send(PAGE, wanted, seen_on=PAGE).status_code


def test_an_owner_shares_with_a_member_until_an_end(house: House, alice: Browser) -> None:
    assert give(alice) == 303

    (share,) = house.sharing.held.shares
    assert (share.member, share.level, share.expires_at) == (CAROL, Level.VIEW, NOW + 7200)
    assert share.granted_by == ALICE
    page = alice.get(PAGE).text
    assert "ends in 2 h" in page
    assert "Take back from carol" in page


def test_a_group_can_be_named(house: House, alice: Browser) -> None:
    assert give(alice, "group:lab", level="use") == 303

    assert house.sharing.held.shares[0].to == "group:lab"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to": "carrol"}, "did you mean carol?"),
        ({"to": ""}, "No member is called"),
        ({"to": "alice"}, "Alice owns alice"),
        ({"to": "group:nobody"}, "No group is called"),
        ({"count": "0"}, "for a minute at least"),
        ({"count": "367", "unit": "days"}, "366 days at most"),
        ({"count": "1e3"}, "a whole number"),
        ({"unit": "years"}, "a whole number"),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    house: House, alice: Browser, fields: dict[str, str], words: str
) -> None:
    wanted = {"to": "carol", "level": "view", "count": "1", "unit": "days", **fields}

    answer = alice.send(PAGE, wanted, seen_on=PAGE)

    assert answer.status_code == 422
    assert words in answer.text
    assert house.sharing.held.shares == ()


def test_an_unknown_level_is_refused(house: House, alice: Browser) -> None:
    assert give(alice, level="own") == 422
    assert house.sharing.held.shares == ()


@pytest.mark.parametrize("member", [CAROL, MemberName("bob")])
def test_only_owners_and_administrators_share(house: House, member: MemberName) -> None:
    """Carol, who may not even open it, is not told that it is there."""
    browser = house.browser(member)

    assert browser.get(PAGE).status_code == {"carol": 404, "bob": 200}[member]


def test_who_may_use_it_may_not_share_it(house: House, alice: Browser) -> None:
    give(alice, level="use")

    assert house.browser(CAROL).get(PAGE).status_code == 403


def test_a_form_without_its_csrf_field_changes_nothing(house: House, alice: Browser) -> None:
    answer = alice.post(PAGE, {"to": "carol", "level": "use", "count": "1", "unit": "days"})

    assert answer.status_code == 403
    assert house.sharing.held.shares == ()


def test_taking_back_ends_a_share(house: House, alice: Browser) -> None:
    give(alice)
    (share,) = house.sharing.held.shares

    answer = alice.send(f"{PAGE}/take-back/{share.id}", {}, seen_on=PAGE)

    assert answer.headers["location"] == f"{PAGE}?done=taken-back"
    assert house.sharing.held.shares == ()
    assert house.sharing.told == [("unshared", "alice")]


def test_another_notebook_s_share_is_not_the_owner_s_to_take_back(
    house: House, alice: Browser, bob: Browser
) -> None:
    bob.send("/-/share/bob", {"to": "carol", "level": "use"}, seen_on="/-/share/bob")
    (share,) = house.sharing.held.shares

    alice.send(f"{PAGE}/take-back/{share.id}", {}, seen_on=PAGE)

    assert house.sharing.held.shares == (share,)


def test_a_link_is_shown_once_and_taken_back(house: House, alice: Browser) -> None:
    answer = alice.send(f"{PAGE}/links", {"level": "view", "count": "1"}, seen_on=PAGE)

    (link,) = house.sharing.held.links
    assert f"http://gw.example:8000/-/link/secret-of-{link.id}" in answer.text
    assert "secret-of" not in alice.get(PAGE).text

    alice.send(f"{PAGE}/take-back/{link.id}", {}, seen_on=PAGE)
    assert house.sharing.held.links == ()


def test_who_is_in_it_now_is_shown(house: House, alice: Browser) -> None:
    house.present[NOTEBOOK] = (Present(ALICE, Level.USE, 7300.0), Present(BOB, Level.VIEW, 5.0))

    page = alice.get(PAGE).text

    assert "using it for 2 h" in page
    assert "looking for 5 s" in page


def test_an_owner_is_asked_and_answers(house: House, alice: Browser) -> None:
    carol = house.browser(CAROL)
    alice.send(f"{PAGE}/asking", {"may": "yes"}, seen_on=PAGE)
    carol.send("/-/ask", {"notebook": "alice"}, seen_on="/-/ask")
    assert "1 asking" in alice.get("/").text
    assert "Asking to be let in" in alice.get(PAGE).text

    alice.send(PAGE, {"to": "carol", "level": "use"}, seen_on=PAGE)

    assert house.sharing.held.asks == ()
    assert house.sharing.held.shares[0].expires_at == NOW + DAY
    assert 'href="http://gw.example:8000/alice/"' in carol.get("/").text


def test_an_owner_declines(house: House, alice: Browser) -> None:
    alice.send(f"{PAGE}/asking", {"may": "yes"}, seen_on=PAGE)
    house.browser(CAROL).send("/-/ask", {"notebook": "alice"}, seen_on="/-/ask")

    alice.send(f"{PAGE}/asks/carol/decline", {}, seen_on=PAGE)

    assert house.sharing.held.asks == ()
    assert "1 asking" not in alice.get("/").text


@pytest.mark.parametrize("name", ["alice", "bob", "nobody"])
def test_asking_says_the_same_whatever_there_is(house: House, alice: Browser, name: str) -> None:
    """Alice takes wishes, bob doesn't, nobody isn't there: who asks can't tell."""
    alice.send(f"{PAGE}/asking", {"may": "yes"}, seen_on=PAGE)

    answer = house.browser(CAROL).send("/-/ask", {"notebook": name}, seen_on="/-/ask")

    assert (answer.status_code, answer.headers["location"]) == (303, "/-/ask?done=yes")
    assert house.sharing.held.asks == ((Ask(NOTEBOOK, CAROL, NOW),) if name == "alice" else ())


def test_asking_for_what_can_be_no_name_says_so(house: House) -> None:
    answer = house.browser(CAROL).send("/-/ask", {"notebook": "../x"}, seen_on="/-/ask")

    assert answer.status_code == 422


def test_who_has_a_link_takes_the_share_with_a_click(house: House, alice: Browser) -> None:
    """Looking at the page takes nothing: link previews and prefetching are no visitors."""
    alice.send(f"{PAGE}/links", {"level": "view", "count": "1"}, seen_on=PAGE)
    path = next(f"/-/link/{secret}" for secret in house.sharing.secrets)
    carol = house.browser(CAROL)
    assert "Alice Liddell shares alice with you" in carol.get(path).text
    assert house.sharing.held.shares == ()

    answer = carol.send(path, {}, seen_on=path)

    assert answer.headers["location"] == "http://gw.example:8000/alice/"
    (share,) = house.sharing.held.shares
    assert (share.member, share.level) == (CAROL, Level.VIEW)
    assert answer.headers["referrer-policy"] == "strict-origin"


def test_a_link_asks_for_log_in_first(house: House, alice: Browser, stranger: Browser) -> None:
    alice.send(f"{PAGE}/links", {"level": "view", "count": "1"}, seen_on=PAGE)
    path = next(f"/-/link/{secret}" for secret in house.sharing.secrets)

    answer = stranger.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/-/login?next=/-/link/")


def test_a_link_that_is_over_says_so(house: House, alice: Browser) -> None:
    carol = house.browser(CAROL)
    assert carol.get("/-/link/nonsense").status_code == 410

    alice.send(f"{PAGE}/links", {"level": "view", "count": "1", "unit": "hours"}, seen_on=PAGE)
    path = next(f"/-/link/{secret}" for secret in house.sharing.secrets)
    house.clock.now += 3600

    assert carol.get(path).status_code == 410
    assert house.sharing.held.shares == ()


def test_the_page_for_what_is_not_mine_leads_to_asking(house: House) -> None:
    page = house.browser(CAROL).get("/-/missing?notebook=alice").text

    assert 'href="/-/ask?notebook=alice"' in page
    assert "/-/ask" not in house.browser(CAROL).get("/-/missing?notebook=%22%3E").text


def test_a_shared_notebook_is_on_the_home_page_until_it_ends(house: House, alice: Browser) -> None:
    give(alice, level="use", unit="hours", count="1")
    carol = house.browser(CAROL)
    assert "alice" in carol.get("/").text

    house.clock.now += 3600

    assert "No notebook is open to you yet" in carol.get("/").text
    assert level_of(house.wanted, CAROL, NOTEBOOK) is None


def test_the_owner_sees_who_was_in_it(house: House, alice: Browser) -> None:
    house.audit.tell("alice", "bob", seconds=7300)

    page = alice.get("/-/share/alice").text

    assert "15 Jan 2027, 08:00 UTC · used it for 2 h · from 192.0.2.9" in page


def test_a_store_that_is_away_does_not_keep_an_owner_from_the_page(
    house: House, alice: Browser
) -> None:
    house.audit.broken = UNAVAILABLE

    answer = alice.get("/-/share/alice")

    assert answer.status_code == 200
    assert "They can't be read just now." in answer.text
