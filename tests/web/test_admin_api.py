"""The REST API's part for administrators."""

import pytest

from gateway.core.audit import FIRST_DIGEST, Act, Entry, Line
from gateway.core.grants import Level
from gateway.core.identity import CredentialId
from gateway.core.names import MemberName, NotebookName
from gateway.core.status import TunnelState
from tests.web.conftest import Browser, House
from tests.web.fakes import ALICE, BOB, CAROL, NOW, TOKEN, UNAVAILABLE, FakeTokenRow, tunnel
from tests.web.test_admin import set_up, share

API = "/-/api/v1/admin"
PROBLEM = "application/problem+json"
LOOKS = ["/members", "/members/alice", "/sessions", "/tokens", "/grants", "/notebooks", "/audit", "/configuration"]  # fmt: skip
TAKES = [
    ("POST", "/members/alice/disable"),
    ("DELETE", "/members/alice/invite"),
    ("DELETE", "/members/alice/sessions"),
    ("DELETE", "/sessions/s-1"),
    ("DELETE", "/tokens/t-1"),
    ("DELETE", "/grants/share:1"),
    ("POST", "/tunnels/alice@lab/try"),
]
LETS_IN = [("POST", "/members/carol/invite"), ("POST", "/members/alice/enable")]
EVERYTHING = [*(("GET", path) for path in LOOKS), *TAKES, *LETS_IN]


def program_of(house: House, member: MemberName) -> Browser:
    """A program with a member's token, and no cookie."""
    secret = f"{TOKEN[:-1]}p"
    house.accounts.api[secret] = (member, FakeTokenRow(CredentialId("t-9"), "program"))
    browser = house.browser()
    browser.http.headers["Authorization"] = f"Bearer {secret}"
    return browser


def call(browser: Browser, method: str, path: str, **headers: str) -> tuple[int, str]:
    content = {"json": {}} if method == "POST" else {}
    answer = browser.http.request(method, f"{API}{path}", headers=headers, **content)
    return answer.status_code, answer.text


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "path"), EVERYTHING)
async def test_for_others_there_is_nothing(house: House, method: str, path: str) -> None:
    """The same document as where nothing ever was, by token and by session."""
    set_up(house)
    await share(house)
    program, browser = program_of(house, ALICE), house.browser(ALICE)
    csrf = {"X-CSRF-Token": browser.csrf("/-/account")}
    nothing = program.get("/-/api/v1/nothing")

    assert call(program, method, path) == (404, nothing.text)
    assert call(browser, method, path, **csrf) == (404, nothing.text)
    assert call(house.browser(), method, path)[0] == 401
    assert (house.members.done, house.tried) == ([], [])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST"])
def test_for_others_there_is_no_wrong_method(house: House, method: str) -> None:
    ordinary, administrator = program_of(house, ALICE), house.browser(BOB)

    assert ordinary.http.request(method, f"{API}/members", json={}).status_code == 404
    assert administrator.http.request(method, f"{API}/members", json={}).status_code == 405


def test_an_administrator_s_token_sees_the_wrong_method(house: House) -> None:
    assert program_of(house, BOB).http.put(f"{API}/members", json={}).status_code == 405


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "path"), [*(("GET", path) for path in LOOKS), *TAKES])
async def test_an_administrator_s_token_looks_and_takes_away(
    house: House, method: str, path: str
) -> None:
    set_up(house)
    await share(house)
    house.notebooks.tunnels = (tunnel("alice", TunnelState.PARKED),)

    assert call(program_of(house, BOB), method, path)[0] == (200 if method == "GET" else 204)


@pytest.mark.parametrize(("method", "path"), LETS_IN)
def test_a_token_lets_nobody_in(house: House, method: str, path: str) -> None:
    """Threat D15: else it could make itself a session, which outlives it. A browser's session may."""
    house.members.out.add(ALICE)
    browser = house.browser(BOB)
    csrf = {"X-CSRF-Token": browser.csrf("/-/account")}

    status, text = call(program_of(house, BOB), method, path)
    assert (status, house.members.done) == (403, [])
    assert "a token can't let anybody in" in text
    assert call(browser, method, path)[0] == 403  # without its CSRF token
    assert call(browser, method, path, **csrf)[0] in {201, 204}
    assert len(house.members.done) == 1


def test_a_token_makes_no_token(house: House) -> None:
    """Threat D15: nor does an administrator's."""
    answer = program_of(house, BOB).http.post("/-/api/v1/me/tokens", json={"label": "more"})

    assert answer.status_code == 403


@pytest.mark.parametrize("field", ["admin", "groups", "disabled"])
def test_nobody_makes_themselves_more(house: House, alice: Browser, field: str) -> None:
    """Threat D15: what somebody is, the configuration says; there is nothing to send it to."""
    csrf = {"X-CSRF-Token": alice.csrf("/-/account")}

    for method in ("PUT", "PATCH", "POST"):
        answer = alice.http.request(method, "/-/api/v1/me", json={field: True}, headers=csrf)
        assert answer.status_code == 405
    assert not alice.get("/-/api/v1/me").json()["admin"]


def test_a_member_s_standing(house: House) -> None:
    set_up(house)
    house.members.out.add(CAROL)
    program = program_of(house, BOB)

    listed = program.get(f"{API}/members").json()
    alice = program.get(f"{API}/members/alice").json()

    assert [(one["name"], one["disabled"]) for one in listed] == [
        ("alice", False),
        ("bob", False),
        ("carol", True),
    ]
    assert alice == {
        "name": "alice",
        "full_name": "Alice Liddell",
        "email": "alice@example.org",
        "groups": ["lab"],
        "admin": False,
        "disabled": False,
        "has_password": True,
        "last_login_at": None,
        "invited_until": "2027-01-15T09:00:00Z",
        "sessions": 1,
        "tokens": 1,
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/members/nobody"),
        ("POST", "/members/nobody/disable"),
        ("DELETE", "/members/carol/invite"),
        ("DELETE", "/sessions/s-9"),
        ("DELETE", "/tokens/t-7"),
        ("DELETE", "/grants/share:9"),
        ("POST", "/tunnels/nobody@lab/try"),
    ],
)
def test_what_is_not_there_is_said(house: House, method: str, path: str) -> None:
    status, text = call(program_of(house, BOB), method, path)

    assert status == 404
    assert "Not Found" in text


def test_nobody_disables_themselves(house: House) -> None:
    status, text = call(program_of(house, BOB), "POST", "/members/bob/disable")

    assert (status, house.members.done) == (403, [])
    assert "can't disable yourself" in text


@pytest.mark.anyio
async def test_an_invite_holds_for_a_week(house: House) -> None:
    browser = house.browser(BOB)
    csrf = {"X-CSRF-Token": browser.csrf("/-/account")}

    answer = browser.http.post(f"{API}/members/carol/invite", json={}, headers=csrf)

    assert answer.json() == {
        "url": "http://gw.example:8000/-/invite/invite-of-carol",
        "expires_at": "2027-01-22T08:00:00Z",
    }


@pytest.mark.anyio
async def test_sessions_tokens_and_grants_are_everybody_s(house: House) -> None:
    set_up(house)
    await share(house)
    await house.sharing.make_link(
        NotebookName("alice"), level=Level.USE, by=ALICE, lifetime_seconds=60
    )
    program = program_of(house, BOB)

    sessions = program.get(f"{API}/sessions?member=alice").json()
    tokens = program.get(f"{API}/tokens?member=alice").json()
    grants = program.get(f"{API}/grants?notebook=alice").json()

    assert [(row["id"], row["member"]) for row in sessions] == [("s-1", "alice")]
    assert [(row["id"], row["member"], row["label"]) for row in tokens] == [
        ("t-1", "alice", "script")
    ]
    assert [(one["to"], one["level"], one["id"], one["granted_by"]) for one in grants] == [
        ("alice", "use", None, None),
        ("group:lab", "use", None, None),
        ("carol", "view", "share:1", "alice"),
        ("whoever has the link", "use", "link:2", "alice"),
    ]
    assert program.get(f"{API}/sessions?member=carol").json() == []


def test_audit_lines_are_chosen(house: House) -> None:
    entry = Entry(NOW, Act.SHARED, "alice", "alice", "carol", "192.0.2.1", "use")
    house.audit.held = [Line(7, entry, FIRST_DIGEST)]
    program = program_of(house, BOB)

    (line,) = program.get(f"{API}/audit?member=carol&limit=1").json()

    assert (line["number"], line["act"], line["address"]) == (7, "shared", "192.0.2.1")
    assert program.get(f"{API}/audit?notebook=bob").json() == []
    assert program.get(f"{API}/audit?limit=0").status_code == 422


def test_the_configuration_is_told(house: House) -> None:
    house.problems = ("gateway.yaml:3: no",)

    told = program_of(house, BOB).get(f"{API}/configuration").json()

    assert told == {"yaml": "version: 1", "problems": ["gateway.yaml:3: no"]}


def test_a_store_away_is_503(house: House) -> None:
    house.members.broken = UNAVAILABLE

    answer = program_of(house, BOB).get(f"{API}/members")

    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert answer.headers["retry-after"] == "5"


def test_a_body_that_is_not_json_is_refused(house: House) -> None:
    """Threat D3: a form of another site can't call itself so."""
    program = program_of(house, BOB)

    answer = program.http.post(f"{API}/members/alice/disable", content="{}")

    assert (answer.status_code, house.members.done) == (415, [])


def test_openapi_tells_every_status(stranger: Browser) -> None:
    paths = stranger.get("/-/api/v1/openapi.json").json()["paths"]
    mine = {path: calls for path, calls in paths.items() if path.startswith(API)}

    assert len(mine) == 16
    for calls in mine.values():
        for method, described in calls.items():
            told = set(described["responses"])
            assert {"401", "403", "404", "422", "503"} <= told
            assert ("415" in told) == (method == "post")
    assert "409" in mine[f"{API}/tunnels/{{name}}/try"]["post"]["responses"]
