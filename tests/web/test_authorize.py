"""gateway.web.authorize: a terminal asks through the browser of its own machine."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from httpx2 import Response

from gateway.core.pkce import challenge_of
from gateway.web.oauth import CLIENT, Grant
from tests.web.conftest import Browser, House

VERIFIER, REDIRECT = "v" * 43, "http://127.0.0.1:5000/"
QUESTION = {
    "client_id": CLIENT,
    "response_type": "code",
    "redirect_uri": REDIRECT,
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
    "state": "s-1",
    "terminal": "laptop",
}


def ask(member: Browser, **fields: str) -> Response:
    return member.get(f"/-/authorize?{urlencode(QUESTION | fields)}")


def answered(member: Browser, decision: str) -> dict[str, list[str]]:
    answer = member.send(
        "/-/authorize",
        QUESTION | {"decision": decision},
        seen_on=f"/-/authorize?{urlencode(QUESTION)}",
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(REDIRECT + "?")
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def fetch(terminal: Browser, code: str, verifier: str = VERIFIER) -> Response:
    fields = {
        "client_id": CLIENT,
        "grant_type": Grant.BROWSER,
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": REDIRECT,
    }
    return terminal.post("/-/api/oauth/token", fields)


def test_browser_brings_a_code_that_is_good_once(
    house: House, stranger: Browser, alice: Browser
) -> None:
    brought = answered(alice, "approve")

    first = fetch(stranger, brought["code"][0])
    again = fetch(stranger, brought["code"][0])

    assert (brought["state"], brought["iss"]) == (["s-1"], [alice.origin])
    assert first.json()["access_token"] in house.accounts.api
    assert again.json()["error"] == "invalid_grant"


def test_code_is_no_good_to_who_only_saw_it(
    house: House, stranger: Browser, alice: Browser
) -> None:
    brought = answered(alice, "approve")

    assert fetch(stranger, brought["code"][0], "w" * 43).json()["error"] == "invalid_grant"
    assert house.accounts.api == {}


def test_refusal_is_brought_too(alice: Browser) -> None:
    assert answered(alice, "refuse") == {
        "error": ["access_denied"],
        "state": ["s-1"],
        "iss": [alice.origin],
    }


def test_the_pages_form_may_lead_to_the_terminal_and_nowhere_else(alice: Browser) -> None:
    policy = ask(alice).headers["Content-Security-Policy"]

    assert "form-action 'self' http://127.0.0.1:5000;" in policy


@pytest.mark.parametrize(
    "fields",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://localhost:5000/"},
        {"client_id": "other"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"state": ""},
        {"state": "s" * 129},
    ],
)
def test_a_question_that_is_not_ours_is_shown_to_nobody(
    alice: Browser, fields: dict[str, str]
) -> None:
    answer = ask(alice, **fields)
    decided = alice.send(
        "/-/authorize", QUESTION | fields | {"decision": "approve"}, seen_on="/-/account"
    )

    assert (answer.status_code, decided.status_code) == (422, 422)
    assert "Location" not in decided.headers
