"""gateway.web.session_end: a notebook's page learns when the log-in ends, and how to stay."""

from dataclasses import replace

import pytest

from gateway.core.inventory import Auth, Lifetimes, Routing
from gateway.core.names import NotebookName
from tests.web.conftest import Browser, House, HouseOf
from tests.web.fakes import ALICE, NOW, PASSWORD

ASK = "/-/session"


def end_in(house: House, browser: Browser, seconds: float) -> None:
    """Have the browser's session end so soon."""
    credential = house.accounts.held[browser.session or ""].credential
    house.accounts.ends[credential] = NOW + seconds


def test_tells_when_it_ends_and_where_to_stay(house: House, alice: Browser) -> None:
    """And from when on its member is to be told."""
    end_in(house, alice, 540.04)

    told = alice.get(ASK, Sec_Fetch_Site="same-origin", Sec_Fetch_Dest="empty").json()

    assert told == {
        "ends_in": 540.0,
        "warn_before": 600.0,
        "stay": "http://gw.example:8000/-/stay",
    }


def test_warns_by_the_configured_life(house: House, alice: Browser) -> None:
    """Of a minute a quarter."""
    house.wanted = replace(house.wanted, auth=Auth(sessions=Lifetimes(900, 60)))

    assert alice.get(ASK).json()["warn_before"] == 15


def test_who_is_logged_out_is_sent_to_log_in(stranger: Browser) -> None:
    """With nothing more to say."""
    assert stranger.get(ASK).json() == {
        "ends_in": 0.0,
        "warn_before": 600.0,
        "stay": "/-/login?next=/-/stayed",
    }


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_are_told_nothing(alice: Browser, site: str) -> None:
    """Whether somebody is logged in here is none of their business."""
    assert alice.get(ASK, Sec_Fetch_Site=site).status_code == 403


def test_notebooks_host_keeps_its_cookie_as_long_as_the_session(house_of: HouseOf) -> None:
    """The session may go on for longer than the cookie was made for."""
    house = house_of(routing=Routing.HOST)
    browser = house.browser(origin="http://alice.gw.example:8000")
    opened = house.accounts.open(ALICE, audience=NotebookName("alice"))
    browser.keep(browser.session_cookie, opened.secret)

    answer = browser.get(ASK)
    stranger = house.browser(origin="http://alice.gw.example:8000").get(ASK)

    assert answer.headers["set-cookie"].startswith(f"gateway={opened.secret}; ")
    assert "Max-Age=2592000" in answer.headers["set-cookie"]
    assert answer.json()["stay"] == "http://gw.example:8000/-/stay"
    assert (stranger.json()["stay"], "set-cookie" in stranger.headers) == ("/-/enter?next=/", False)


def test_staying_is_logging_in_again(house: House, alice: Browser) -> None:
    """The form is shown although there is a session, with the name filled in; then it says until when."""
    form = alice.get("/-/stay")
    fields = {"csrf": alice.csrf("/-/stay"), "member": "alice", "password": PASSWORD}

    answer = alice.post("/-/login", fields | {"next": "/-/stayed"})

    assert 'value="alice"' in form.text
    assert 'name="next" value="/-/stayed"' in form.text
    assert answer.headers["location"] == "/-/stayed"
    assert "Until 14 Feb 2027, 08:00 UTC at the latest" in alice.get("/-/stayed").text


@pytest.mark.parametrize("path", ["/-/stay", "/-/stayed"])
def test_pages_are_to_be_opened_by_who_is_logged_in(
    alice: Browser, stranger: Browser, path: str
) -> None:
    """A notebook's script can't fetch them; a stranger logs in first."""
    assert alice.get(path, Sec_Fetch_Dest="empty").status_code == 403
    assert stranger.get(path).headers["location"] == f"/-/login?next={path}"
