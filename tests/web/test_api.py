"""gateway.web.api: facts for programs, and who may ask for them how."""

from dataclasses import replace

import pytest

from gateway.core.identity import CredentialId
from gateway.core.names import NotebookName
from gateway.core.status import CredentialStatus, Degraded, NotebookState, TunnelState
from gateway.errors import Reason
from tests.web.conftest import Browser, House
from tests.web.fakes import (
    ALICE,
    BOB,
    NOTEBOOK_TOKEN,
    NOW,
    TOKEN,
    UNAVAILABLE,
    FakeTokenRow,
    tunnel,
)

API = "/-/api/v1"
PROBLEM = "application/problem+json"
OWN = "http://gw.example:8000/"


@pytest.fixture
def program(house: House) -> Browser:
    """A program with alice's token, and no cookie."""
    house.accounts.api[TOKEN] = (ALICE, FakeTokenRow(CredentialId("t-1"), "program"))
    browser = house.browser()
    browser.http.headers["Authorization"] = f"Bearer {TOKEN}"
    return browser


def test_ready_notebook_is_told_whole_but_its_token(house: House, alice: Browser) -> None:
    """What it is and how it is spoken to; the token never."""
    house.notebooks.stand("alice", NotebookState.READY)

    answer = alice.get(f"{API}/notebooks")

    assert answer.json() == [
        {
            "name": "alice",
            "url": "http://gw.example:8000/alice/",
            "owner": "alice",
            "level": "use",
            "state": "ready",
            "summary": "Ready",
            "since": "2027-01-15T07:59:56Z",
            "reason": None,
            "detail": "",
            "degraded": None,
            "kind": "jupyter",
            "version": "2.21.1",
            "scheme": "http",
            "base_url": "/",
            "token_origin": "runtime_file",
        }
    ]
    assert NOTEBOOK_TOKEN not in answer.text


@pytest.mark.parametrize("state", NotebookState)
def test_state_and_reason_are_the_shared_words(
    house: House, alice: Browser, state: NotebookState
) -> None:
    """One list of words for API, pages and log."""
    house.notebooks.stand("alice", state, Reason.LOST, detail="the connection was lost")

    told = alice.get(f"{API}/notebooks/alice").json()

    assert (told["state"], told["reason"]) == (state.value, "lost")
    assert (told["kind"] is None) == (state is not NotebookState.READY)


@pytest.mark.parametrize("name", ["bob", "nothing", "%00"])
def test_what_is_not_mine_is_not_there(alice: Browser, name: str) -> None:
    """The same answer, so that names can't be listed by guessing."""
    answer = alice.get(f"{API}/notebooks/{name}")

    assert answer.status_code == 404
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "there is no such notebook, or it is not yours to open",
    }
    assert answer.headers["content-type"] == PROBLEM


def test_tunnels_are_mine_or_an_administrators(house: House, alice: Browser, bob: Browser) -> None:
    """As on the status page."""
    house.notebooks.tunnels = (
        tunnel("bob", TunnelState.WAITING, Reason.UNREACHABLE),
        tunnel("alice", TunnelState.UP),
    )

    mine, everything = alice.get(f"{API}/tunnels").json(), bob.get(f"{API}/tunnels").json()

    assert [t["name"] for t in mine] == ["alice@lab"]
    assert [(t["name"], t["state"], t["reason"]) for t in everything] == [
        ("alice@lab", "up", None),
        ("bob@lab", "waiting", "unreachable"),
    ]


def test_what_can_not_be_dialled_again_is_degraded(house: House, alice: Browser) -> None:
    """It is ready, and up: what it lacks is told beside."""
    degraded = Degraded(NOW - 60, Reason.UNREACHABLE, "lab port 22: refused")
    house.notebooks.stand("alice", NotebookState.READY)
    house.notebooks.degradations = {NotebookName("alice"): degraded}
    house.notebooks.tunnels = (replace(tunnel("alice", TunnelState.UP), degraded=degraded),)

    notebook = alice.get(f"{API}/notebooks/alice").json()
    (told,) = alice.get(f"{API}/tunnels").json()

    assert (notebook["state"], told["state"]) == ("ready", "up")
    assert notebook["degraded"] == told["degraded"]
    assert told["degraded"] == {
        "since": "2027-01-15T07:59:00Z",
        "reason": "unreachable",
        "summary": "Degraded: cannot reconnect. The remote can't be reached. What is open works,"
        " until the connection is lost.",
    }


def test_a_tunnels_credential_is_told_to_administrators(
    house: House, alice: Browser, bob: Browser
) -> None:
    ticket = CredentialStatus("Kerberos ticket", "alice@LAB.TEST", 0.0, 1_800_000_000.0)
    house.notebooks.tunnels = (replace(tunnel("alice", TunnelState.UP), credential=ticket),)

    (mine,), (everything,) = (who.get(f"{API}/tunnels").json() for who in (alice, bob))

    assert mine["credential"] is None
    assert everything["credential"] == {
        "kind": "Kerberos ticket",
        "name": "alice@LAB.TEST",
        "expires_at": "2027-01-15T08:00:00Z",
    }


def test_me_is_who_i_am(alice: Browser, program: Browser) -> None:
    """With the credential that says so, by session and by token."""
    by_session, by_token = alice.get(f"{API}/me").json(), program.get(f"{API}/me").json()

    assert by_session["name"] == by_token["name"] == "alice"
    assert by_session["credential"]["kind"] == "session"
    assert by_token["credential"] == {"id": "t-1", "kind": "token", "expires_at": None}


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        f"Bearer {TOKEN}x",
        f"token {'gwp_' + 'b' * 49}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer gwp_ü",
    ],
)
def test_without_a_good_credential_there_is_nothing(
    stranger: Browser, authorization: str | None
) -> None:
    """401, with the scheme to use (RFC 6750, section 3)."""
    shown = {} if authorization is None else {"Authorization": authorization.encode()}

    answer = stranger.http.get(f"{API}/notebooks", headers=shown)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == PROBLEM


def test_d11_token_counts_in_both_spellings_and_never_in_the_url(
    house: House, program: Browser, stranger: Browser
) -> None:
    """Threat D11: an address ends up in logs and histories."""
    assert program.get(f"{API}/me").status_code == 200
    assert stranger.get(f"{API}/me", Authorization=f"token {TOKEN}").status_code == 200
    assert stranger.get(f"{API}/me?token={TOKEN}").status_code == 401


def test_token_that_is_no_good_is_not_made_up_for_by_a_cookie(alice: Browser) -> None:
    """Who shows a token means it."""
    answer = alice.get(f"{API}/me", Authorization=f"Bearer {'gwp_' + 'c' * 49}")

    assert answer.status_code == 401


def test_c7_c8_cookie_twice_is_no_session(house: House, stranger: Browser) -> None:
    """Threats C7, C8: a planted second cookie logs out rather than in; a name counts exactly."""
    good = house.accounts.open(ALICE).secret

    twice = stranger.get(f"{API}/me", Cookie=f"gateway={good}; gateway=planted")
    quoted = stranger.get(f"{API}/me", Cookie=f'a="x; xgateway={good}"')
    once = stranger.get(f"{API}/me", Cookie=f"other=1; gateway={good}")

    assert (twice.status_code, quoted.status_code, once.status_code) == (401, 401, 200)


def test_token_is_made_listed_and_revoked(house: House, alice: Browser) -> None:
    """By a script of our own pages; the secret is told once."""
    csrf = {"X-CSRF-Token": alice.csrf("/-/account"), "Origin": OWN[:-1]}
    made = alice.http.post(f"{API}/me/tokens", json={"label": "ci"}, headers=csrf)
    listed = alice.get(f"{API}/me/tokens").json()

    revoked = alice.http.delete(f"{API}/me/tokens/{made.json()['id']}", headers=csrf)

    assert made.status_code == 201
    assert made.json()["token"].startswith("gwp_")
    assert [(t["label"], "token" in t) for t in listed] == [("ci", False)]
    assert listed[0]["expires_at"] == "2027-04-15T08:00:00Z"
    assert revoked.status_code == 204
    assert house.accounts.api == {}


def test_d15_token_makes_no_token(house: House, program: Browser) -> None:
    """Threat D15: one that is about to end could live on in its child."""
    answer = program.http.post(f"{API}/me/tokens", json={"label": "child"})

    assert answer.status_code == 403
    assert len(house.accounts.api) == 1


def test_anothers_token_can_not_be_revoked(house: House, program: Browser) -> None:
    """Nor told from one that is not there."""
    house.accounts.api["gwp_bob"] = (BOB, FakeTokenRow(CredentialId("t-2"), "bob's"))

    assert program.http.delete(f"{API}/me/tokens/t-2").status_code == 404
    assert program.http.delete(f"{API}/me/tokens/t-1").status_code == 204
    assert set(house.accounts.api) == {"gwp_bob"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRF-Token": "0" * 64},
        {"good": "yes", "Origin": "https://evil.example"},
        {"good": "yes", "Sec-Fetch-Site": "same-site"},
    ],
    ids=["none", "wrong", "other origin", "other host"],
)
def test_d2_session_changes_nothing_from_elsewhere(
    house: House, alice: Browser, headers: dict[str, str]
) -> None:
    """Threats D2, T3: the cookie alone is not enough, nor is the token from another place."""
    if headers.pop("good", None):
        headers = headers | {"X-CSRF-Token": alice.csrf("/-/account")}

    answer = alice.http.post(f"{API}/me/tokens", json={"label": "x"}, headers=headers)

    assert answer.status_code == 403
    assert house.accounts.api == {}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec_Fetch_Mode": "navigate"}, 200),
        ({"Referer": f"{OWN}-/status"}, 200),
        ({"Sec_Fetch_Mode": "cors", "Referer": OWN}, 403),
        ({"Sec_Fetch_Mode": "cors", "Referer": f"{OWN}-/status"}, 403),
        ({"Sec_Fetch_Mode": "cors", "Referer": f"{OWN}alice/lab"}, 403),
        ({"Referer": f"{OWN}alice/lab"}, 403),
        ({"Sec_Fetch_Mode": "cors"}, 403),
        ({"Sec_Fetch_Mode": "no-cors"}, 403),
    ],
    ids=str,
)
def test_a_notebooks_page_can_not_read_the_api(
    alice: Browser, headers: dict[str, str], status: int
) -> None:
    """Threat T3: in path routing its scripts share our origin, and may call any page of it their referrer."""
    assert alice.get(f"{API}/me", **headers).status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_d3_body_must_be_called_json(alice: Browser, kind: str) -> None:
    """Threat D3: a form of another site can't call it so."""
    answer = alice.http.post(
        f"{API}/me/tokens", content=b'{"label": "x"}', headers={"Content-Type": kind}
    )

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"label": ""},
        {"label": "x" * 65},
        {"label": "\x1b[31m"},
        {"label": "x", "lifetime_seconds": 1},
        {"label": "x", "lifetime_seconds": 10**9},
        {"label": "x", "member": "bob"},
        [],
    ],
    ids=str,
)
def test_wish_must_make_sense(house: House, alice: Browser, wish: object) -> None:
    """What was sent is not sent back: it might be a secret."""
    csrf = {"X-CSRF-Token": alice.csrf("/-/account")}

    answer = alice.http.post(f"{API}/me/tokens", json=wish, headers=csrf)

    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert all(set(error) == {"field", "message"} for error in answer.json()["errors"])
    assert house.accounts.api == {}


@pytest.mark.parametrize("path", ["/nothing", "/me/nothing", "/"])
def test_what_is_not_there_is_a_problem_too(alice: Browser, path: str) -> None:
    """Never a page."""
    answer = alice.get(API + path)

    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


def test_wrong_method_is_told(alice: Browser) -> None:
    """With those that would do."""
    answer = alice.http.put(f"{API}/notebooks", json={})

    assert answer.status_code == 405
    assert answer.headers["content-type"] == PROBLEM


def test_store_away_is_503(house: House, alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a time to come back."""

    async def broken(_member: object) -> None:
        raise UNAVAILABLE

    monkeypatch.setattr(house.accounts, "tokens", broken)

    answer = alice.get(f"{API}/me/tokens")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == PROBLEM


def test_openapi_describes_the_api_alone(stranger: Browser) -> None:
    """For tools; pages are not in it, and its own pages (which load scripts from elsewhere) are off."""
    document = stranger.get(f"{API}/openapi.json").json()

    mine = {path for path in document["paths"] if not path.startswith(f"{API}/admin/")}
    assert mine == {
        f"{API}{path}"
        for path in (
            "/notebooks",
            "/notebooks/{name}",
            "/notebooks/{name}/access",
            "/notebooks/{name}/asking",
            "/notebooks/{name}/diagnosis",
            "/notebooks/{name}/diagnosis/lines",
            "/notebooks/{name}/asks/{member}",
            "/notebooks/{name}/links",
            "/notebooks/{name}/links/{link}",
            "/notebooks/{name}/shares",
            "/notebooks/{name}/shares/{share}",
            "/notebooks/{name}/visits",
            "/tunnels",
            "/me",
            "/me/sessions",
            "/me/sessions/{credential}",
            "/me/tokens",
            "/me/tokens/{credential}",
        )
    }
    assert stranger.get("/docs").status_code == 404
    assert NotebookState.READY in document["components"]["schemas"]["NotebookState"]["enum"]
