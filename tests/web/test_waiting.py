"""gateway.web.waiting: what stands in for a notebook that can't be opened now."""

import re
from html import unescape

import pytest
from markupsafe import escape

from gateway.core.inventory import Routing
from gateway.core.names import NotebookName
from gateway.core.sayings import REASONS
from gateway.core.status import NotebookState
from gateway.errors import Reason
from tests.web.conftest import Browser, House, HouseOf
from tests.web.fakes import ALICE, BOB, CAROL, NOW

WAITING = "/-/waiting/alice"


def said(page: str) -> str:
    """Return what a page says, without its tags."""
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())
    return re.sub(r" ([.,:])", r"\1", words)


def test_tells_the_owner_what_to_type(house: House, alice: Browser) -> None:
    """The exact command, port filled in; and no error's status hides that it may come back."""
    house.notebooks.stand("alice", NotebookState.STOPPED, Reason.NOT_RUNNING)

    answer = alice.get(WAITING)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "<code>jupyter lab --no-browser --port=7001</code>" in answer.text
    assert "Start it on <strong>lab</strong>, as alice" in answer.text


def test_tells_others_whom_to_ask(house: House, bob: Browser) -> None:
    """By name, with the address to write to."""
    house.notebooks.stand("alice", NotebookState.STOPPED, Reason.NOT_RUNNING)

    text = bob.get(WAITING).text

    assert "Ask Alice Liddell" in text
    assert "mailto:alice@example.org" in text


def test_command_for_a_socket_is_safe_to_paste(house: House, bob: Browser) -> None:
    """A path with a space is quoted for the shell, then escaped for the page."""
    house.notebooks.stand("socks", NotebookState.STOPPED, Reason.NOT_RUNNING)

    text = bob.get("/-/waiting/socks").text

    assert "--sock=&#39;/home/bob/my lab.sock&#39;</code>" in text


def test_reconnecting_needs_nobody(house: House, alice: Browser) -> None:
    """Which hop since when, when it is tried again, and that it comes back, with scripts or without."""
    house.notebooks.stand("alice", NotebookState.RECONNECTING, Reason.LOST, seconds=40)

    answer = alice.get(WAITING)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    words = said(answer.text)
    assert (
        "The connection to lab was lost 40 s ago. The gateway tries again by itself, right now."
        in words
    )
    assert "This gateway works lab down for 40 s: SSH alice can't be seen from here" in words
    assert "nothing that you need to do" in answer.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in answer.text


def test_says_when_the_next_try_comes(house: House, alice: Browser) -> None:
    """And why the last one came to nothing."""
    house.notebooks.stand(
        "alice", NotebookState.RECONNECTING, Reason.UNREACHABLE, retry_at=NOW + 3.2
    )

    answer = alice.get(WAITING)

    assert answer.headers["retry-after"] == "5"
    assert "lost 4 s ago. The remote can't be reached. The gateway tries again" in said(answer.text)
    assert "next in 4 s" in said(answer.text)


def test_what_the_door_has_met_is_told_before_anybody_else_knows(
    house: House, alice: Browser
) -> None:
    """A notebook that was killed a moment ago is not said to be ready."""
    house.notebooks.stand("alice", NotebookState.READY)

    text = alice.get(f"{WAITING}?seen=not_running").text

    assert "alice is not running" in text
    assert 'data-state="stopped"' in text
    assert alice.get(f"{WAITING}?seen=nonsense").status_code == 422


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.NOT_RUNNING, Reason.ASLEEP}))
def test_d17_refusal_says_why_and_whom_to_ask(house: House, alice: Browser, reason: Reason) -> None:
    """In a sentence of our own, never the upstream's words (threat D17)."""
    house.notebooks.stand("alice", NotebookState.REFUSED, reason, detail="INSIDE")

    text = alice.get(WAITING).text

    assert "bob@example.org" in text
    assert "INSIDE" not in text
    assert escape(REASONS[reason]) in text


def test_opening_wakes_what_is_asleep(house: House, alice: Browser) -> None:
    """The page that waits opens the notebook, and that wakes it."""
    house.notebooks.stand("alice", NotebookState.STARTING, Reason.ASLEEP)

    text, state = alice.get(WAITING).text, alice.get(f"{WAITING}/state").json()

    assert "alice is asleep" in text
    assert "It opens in a moment" in text
    assert (state["state"], state["summary"]) == ("asleep", "Asleep")


def test_address_of_the_page_is_not_used(house: House, alice: Browser) -> None:
    """The door serves it in place of /alice/lab: all that it loads is named from the root."""
    house.notebooks.stand("alice", NotebookState.RECONNECTING, Reason.LOST)

    text = alice.get(WAITING).text

    assert 'href="/-/static/' in text
    assert 'src="/-/static/' in text
    assert "csrf" not in text


@pytest.mark.parametrize("name", ["bob", "never-declared", "%3Cscript%3Ealert(1)"])
def test_d17_what_is_not_mine_is_missing(alice: Browser, name: str) -> None:
    """Not there and not mine look the same, and nothing is echoed (threat D17)."""
    page, state = alice.get(f"/-/waiting/{name}"), alice.get(f"/-/waiting/{name}/state")

    assert (page.status_code, state.status_code) == (404, 404)
    assert page.text == alice.get(f"/-/missing?notebook={name}").text
    assert "<script>alert" not in page.text
    assert state.headers["content-type"] == "application/problem+json"


def test_without_session_leads_to_log_in_and_back(stranger: Browser) -> None:
    """The script of an open page hears 401, and loads the page again."""
    page, state = stranger.get(WAITING), stranger.get(f"{WAITING}/state")

    assert page.headers["location"] == "http://gw.example:8000/-/login?next=%2Falice%2F"
    assert state.status_code == 401


def test_state_is_told_to_the_script(house: House, alice: Browser) -> None:
    """Also from a notebook's address: it is a fetch, not a page."""
    house.notebooks.stand("alice", NotebookState.READY)
    referer = "http://gw.example:8000/alice/lab"

    answer = alice.get(f"{WAITING}/state", Sec_Fetch_Dest="empty", Referer=referer)

    assert answer.json() == {
        "state": "ready",
        "summary": "Ready",
        "because": "",
        "hop": None,
        "retry_at": None,
        "retry_after": 2,
    }


def test_script_is_told_what_has_changed(house: House, alice: Browser) -> None:
    """Within a state, too: so that the page need not be loaded again."""
    house.notebooks.stand("alice", NotebookState.RECONNECTING, Reason.TIMED_OUT, retry_at=NOW + 9)

    assert alice.get(f"{WAITING}/state").json() == {
        "state": "reconnecting",
        "summary": "Reconnecting",
        "because": "The remote takes too long to answer.",
        "hop": "SSH",
        "retry_at": NOW + 9,
        "retry_after": 10,
    }


def test_missing_is_for_strangers_too(stranger: Browser) -> None:
    """It says nothing but that there is nothing, and where to log in."""
    answer = stranger.get("/-/missing")

    assert answer.status_code == 404
    assert "Not found, or not yours" in answer.text
    assert "Log out" not in answer.text


def test_host_of_a_notebook_serves_that_notebook_alone(house_of: HouseOf) -> None:
    """A session for alice's host is good there for alice; not for bob, not for the API, not for home."""
    house = house_of(routing=Routing.HOST)
    browser = house.browser(origin="http://alice.gw.example:8000")
    opened = house.accounts.open(BOB, audience=NotebookName("alice"))
    browser.keep("gateway", opened.secret)

    assert browser.get(WAITING).status_code == 503
    assert browser.get("/-/waiting/bob").status_code == 404
    assert browser.get("/").status_code == 404
    assert browser.get("/-/account").status_code == 404
    assert browser.get("/-/api/v1/me").status_code == 404
    assert 'href="http://gw.example:8000/-/account"' in browser.get(WAITING).text


def test_session_is_good_on_its_own_host_alone(house_of: HouseOf) -> None:
    """Neither a notebook's session on the main host, nor the main host's on a notebook's."""
    house = house_of(routing=Routing.HOST)
    theirs = house.accounts.open(ALICE, audience=NotebookName("alice")).secret
    main = house.accounts.open(ALICE).secret

    for origin, secret in [
        ("http://gw.example:8000", theirs),
        ("http://bob.gw.example:8000", theirs),
        ("http://alice.gw.example:8000", main),
    ]:
        browser = house.browser(origin=origin)
        browser.keep("gateway", secret)
        assert browser.get(f"{WAITING}/state").status_code == 401


def test_member_without_grants_waits_for_nothing(house: House) -> None:
    """Even for a notebook that is down."""
    assert house.browser(CAROL).get(WAITING).status_code == 404
