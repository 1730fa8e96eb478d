"""The REST API's part about sharing."""

import pytest

from gateway.core.grants import Level
from gateway.core.identity import CredentialId
from gateway.core.names import NotebookName
from gateway.core.presence import Present
from gateway.web.giving import MOST_LINKS
from tests.web.conftest import Browser, House
from tests.web.fakes import ALICE, BOB, CAROL, TOKEN, FakeTokenRow

API = "/-/api/v1/notebooks/alice"


@pytest.fixture
def program(house: House) -> Browser:
    """Alice's script."""
    house.accounts.api[TOKEN] = (ALICE, FakeTokenRow(CredentialId("t-1"), "script"))
    browser = house.browser()
    browser.http.headers["Authorization"] = f"Bearer {TOKEN}"
    return browser


def test_a_share_is_made_listed_and_taken_back(house: House, program: Browser) -> None:
    made = program.http.post(f"{API}/shares", json={"to": "carol", "level": "use", "lifetime_seconds": 60})  # fmt: skip

    assert made.status_code == 201
    assert (made.json()["to"], made.json()["level"]) == ("carol", "use")
    access = program.get(f"{API}/access").json()
    assert [share["id"] for share in access["shares"]] == [made.json()["id"]]
    assert access["declared"] == [{"to": "group:lab", "level": "use"}]
    path = f"{API}/shares/{made.json()['id']}"
    assert program.http.delete(path).status_code == 204
    assert program.http.delete(path).status_code == 404
    assert house.sharing.held.shares == ()


def test_the_usual_share_is_to_look_for_a_day(program: Browser) -> None:
    made = program.http.post(f"{API}/shares", json={"to": "carol"}).json()

    assert made["level"] == "view"
    assert made["expires_at"] == "2027-01-16T08:00:00Z"


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"to": "carol", "lifetime_seconds": "3600"},
        {"to": "carol", "lifetime_seconds": 59},
        {"to": "carol", "lifetime_seconds": 366 * 86400 + 1},
        {"to": "carol", "level": "own"},
        {"to": "carol", "unknown": 1},
        {"to": "c" * 81},
    ],
)
def test_a_share_that_makes_no_sense_is_refused(
    house: House, program: Browser, wish: dict[str, object]
) -> None:
    assert program.http.post(f"{API}/shares", json=wish).status_code == 422
    assert house.sharing.held.shares == ()


@pytest.mark.parametrize(("to", "status"), [("nobody", 404), ("group:none", 404), ("alice", 409)])
def test_a_share_is_for_somebody_else_who_is_there(
    house: House, program: Browser, to: str, status: int
) -> None:
    answer = program.http.post(f"{API}/shares", json={"to": to})

    assert answer.status_code == status
    assert to.removeprefix("group:") in answer.json()["detail"]
    assert house.sharing.held.shares == ()


def test_a_link_is_made_and_ended(house: House, program: Browser) -> None:
    made = program.http.post(f"{API}/links", json={"level": "view"})

    assert made.status_code == 201
    assert made.json()["url"].startswith("http://gw.example:8000/-/link/secret-of-")
    assert "url" not in program.get(f"{API}/access").json()["links"][0]
    path = f"{API}/links/{made.json()['id']}"
    assert [program.http.delete(path).status_code for _ in range(2)] == [204, 404]


def test_the_owner_is_told_who_is_in_it(house: House, program: Browser) -> None:
    house.present[NotebookName("alice")] = (Present(BOB, Level.USE, 60.0),)

    access = program.get(f"{API}/access").json()

    assert access["present"] == [{"member": "bob", "level": "use", "since": "2027-01-15T07:59:00Z"}]


def test_asking_is_opened_and_a_wish_declined(house: House, program: Browser) -> None:
    assert program.http.put(f"{API}/asking", json={"askable": True}).status_code == 204
    carol = house.browser(CAROL)
    carol.send("/-/ask", {"notebook": "alice"}, seen_on="/-/ask")
    assert [ask["member"] for ask in program.get(f"{API}/access").json()["asks"]] == ["carol"]

    assert program.http.delete(f"{API}/asks/carol").status_code == 204

    assert house.sharing.held.asks == ()


def test_the_owner_is_told_who_was_in_it(house: House, program: Browser) -> None:
    house.audit.tell("alice", "bob", seconds=60)
    house.audit.tell("bob", "carol", seconds=60)

    assert program.get(f"{API}/visits").json() == [
        {
            "member": "bob",
            "level": "use",
            "address": "192.0.2.9",
            "since": "2027-01-15T08:00:00Z",
            "seconds": 60.0,
        }
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "access"),
        ("GET", "visits"),
        ("POST", "shares"),
        ("DELETE", "shares/x"),
        ("POST", "links"),
        ("DELETE", "links/x"),
        ("PUT", "asking"),
        ("DELETE", "asks/bob"),
    ],
)
def test_what_is_not_mine_is_not_mine_to_share(
    house: House, program: Browser, method: str, path: str
) -> None:
    """Bob's notebook looks to alice's token as if it were not there; so does one that isn't."""
    for name in ("bob", "nobody"):
        url = f"/-/api/v1/notebooks/{name}/{path}"
        body = (
            {"to": "carol"} if path == "shares" else {"askable": True} if path == "asking" else {}
        )
        json = body if method in {"POST", "PUT"} else None

        assert program.http.request(method, url, json=json).status_code == 404
    assert house.sharing.held.shares == house.sharing.held.links == ()


def test_a_notebooks_links_are_bounded(house: House, program: Browser) -> None:
    """Until some are taken back, or over: a script that runs wild fills no store."""
    for _ in range(MOST_LINKS):
        assert program.http.post(f"{API}/links", json={"lifetime_seconds": 60}).status_code == 201

    one_more = program.http.post(f"{API}/links", json={})

    assert one_more.status_code == 409
    assert "take back what is not needed" in one_more.json()["detail"]
    house.clock.now += 61
    assert program.http.post(f"{API}/links", json={}).status_code == 201
