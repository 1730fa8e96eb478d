"""gateway.web.oauth and device: a terminal asks, its member decides, and it gets a token once."""

from dataclasses import replace

import pytest
from httpx2 import Response

from gateway.core.identity import CredentialId
from gateway.core.throttle import PER_ADDRESS
from gateway.errors import StoreUnavailable
from gateway.web.oauth import CLIENT, Grant
from tests.web.conftest import Browser, House
from tests.web.fakes import ALICE, FakeAccounts, FakeTokenRow

TERMINAL = {"client_id": CLIENT, "terminal": "laptop"}


def begin(browser: Browser, **fields: str) -> dict[str, str]:
    answer = browser.post("/-/api/oauth/device", TERMINAL | fields)
    assert answer.status_code == 200
    begun: dict[str, str] = answer.json()
    return begun


def poll(terminal: Browser, begun: dict[str, str]) -> Response:
    fields = {"client_id": CLIENT, "grant_type": Grant.DEVICE, "device_code": begun["device_code"]}
    return terminal.post("/-/api/oauth/token", fields)


def decide(member: Browser, begun: dict[str, str], decision: str) -> Response:
    fields = {"user_code": begun["user_code"], "decision": decision}
    return member.send("/-/device", fields, seen_on=f"/-/device?user_code={begun['user_code']}")


def test_terminal_is_told_where_its_member_goes(stranger: Browser) -> None:
    begun = begin(stranger)

    assert begun["verification_uri"] == f"{stranger.origin}/-/device"
    assert (
        begun["verification_uri_complete"]
        == f"{stranger.origin}/-/device?user_code={begun['user_code']}"
    )
    assert (begun["interval"], begun["expires_in"]) == (5, 600)


def test_approved_terminal_gets_one_token_that_ends(
    house: House, stranger: Browser, alice: Browser
) -> None:
    begun = begin(stranger)
    assert poll(stranger, begun).json()["error"] == "authorization_pending"

    done = decide(alice, begun, "approve")
    answer = poll(stranger, begun)

    assert done.headers["Location"] == "/-/device?done=approved"
    assert "Go back to your terminal" in alice.get("/-/device?done=approved").text
    (token,) = house.accounts.api
    assert answer.json() == {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 30 * 24 * 3600,
    }
    member, row = house.accounts.api[token]
    assert (member, row.label) == (ALICE, "gateway login on laptop")
    assert row.expires_at is not None
    assert poll(stranger, begun).json()["error"] == "expired_token"


def test_refused_terminal_gets_nothing(house: House, stranger: Browser, alice: Browser) -> None:
    begun = begin(stranger)

    decide(alice, begun, "refuse")
    answer = poll(stranger, begun)

    assert (answer.status_code, answer.json()["error"]) == (400, "access_denied")
    assert house.accounts.api == {}


def test_page_shows_the_code_who_asks_and_from_where(stranger: Browser, alice: Browser) -> None:
    begun = begin(stranger, terminal="laptop <b>\x1b")

    page = alice.get(f"/-/device?user_code={begun['user_code'].lower()}").text

    assert begun["user_code"] in page
    assert "laptop &lt;b&gt;" in page
    assert "192.0.2.7" in page
    assert "at another address" not in page


def test_page_says_when_the_terminal_is_elsewhere(stranger: Browser, alice: Browser) -> None:
    begun = begin(stranger)

    page = alice.http.get(
        f"/-/device?user_code={begun['user_code']}", headers={"X-Forwarded-For": "198.51.100.9"}
    ).text

    assert "at another address, 198.51.100.9" in page


def test_looking_decides_nothing(stranger: Browser, alice: Browser) -> None:
    begun = begin(stranger)

    alice.get(f"/-/device?user_code={begun['user_code']}&decision=approve")

    assert poll(stranger, begun).json()["error"] == "authorization_pending"


def test_who_is_not_logged_in_comes_back_to_the_code(stranger: Browser) -> None:
    answer = stranger.get("/-/device?user_code=WDJB-MJHT")

    assert answer.headers["Location"] == "/-/login?next=/-/device%3Fuser_code%3DWDJB-MJHT"


def test_a_decision_needs_our_own_form(stranger: Browser, alice: Browser) -> None:
    begun = begin(stranger)
    fields = {"user_code": begun["user_code"], "decision": "approve"}

    forged = alice.post("/-/device", {"csrf": "0" * 64, **fields})
    fetched = alice.send("/-/device", fields, seen_on="/-/account", sec_fetch_dest="empty")
    foreign = alice.send("/-/device", fields, seen_on="/-/account", origin="https://evil.example")

    assert [a.status_code for a in (forged, fetched, foreign)] == [403, 403, 403]
    assert poll(stranger, begun).json()["error"] == "authorization_pending"


def test_a_code_that_is_none_says_so_and_then_costs_time(alice: Browser) -> None:
    answers = [alice.get("/-/device?user_code=BBBB-BBBB") for _ in range(6)]

    assert {answer.status_code for answer in answers} == {422}
    assert "No terminal shows this code" in answers[0].text
    assert "Too many codes" in answers[-1].text


def test_a_terminal_that_hurries_is_slowed_down(stranger: Browser) -> None:
    begun = begin(stranger)

    answers = [poll(stranger, begun).json()["error"] for _ in range(2)]

    assert answers == ["authorization_pending", "slow_down"]


def test_who_asks_too_often_is_told_when_to_come_back(stranger: Browser) -> None:
    for _ in range(PER_ADDRESS.free):
        begin(stranger)

    answer = stranger.post("/-/api/oauth/device", TERMINAL)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize("path", ["device", "token"])
def test_only_the_command_line_is_a_client(stranger: Browser, path: str) -> None:
    answer = stranger.post(f"/-/api/oauth/{path}", {"client_id": "other"})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_no_other_grant_is_given(stranger: Browser) -> None:
    fields = {"client_id": CLIENT, "grant_type": "password", "password": "x"}

    answer = stranger.post("/-/api/oauth/token", fields)

    assert answer.json()["error"] == "unsupported_grant_type"


def test_member_with_too_many_tokens_is_told(
    house: House, stranger: Browser, alice: Browser
) -> None:
    row = FakeTokenRow(CredentialId("t-0"), "old")
    house.accounts.api |= {f"gwp_{number}": (ALICE, row) for number in range(5)}
    begun = begin(stranger)

    decide(alice, begun, "approve")
    answer = poll(stranger, begun).json()

    assert answer["error"] == "access_denied"
    assert "too many" in answer["error_description"]


def test_who_is_no_member_any_more_gets_nothing(
    house: House, stranger: Browser, alice: Browser
) -> None:
    begun = begin(stranger)
    decide(alice, begun, "approve")

    others = {name: one for name, one in house.wanted.members.items() if name != ALICE}
    house.wanted = replace(house.wanted, members=others)

    assert "no member any more" in poll(stranger, begun).json()["error_description"]
    assert house.accounts.api == {}


def test_store_that_is_away_costs_no_approval(
    house: House, stranger: Browser, alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begin(stranger)
    decide(alice, begun, "approve")

    async def away(*args: object, **kwargs: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(FakeAccounts, "create_token", away)
        assert poll(stranger, begun).status_code == 503

    assert "access_token" in poll(stranger, begun).json()
