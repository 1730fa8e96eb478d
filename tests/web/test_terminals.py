"""gateway.web.terminals: what is kept of terminals that wait, and for how long."""

import pytest

from gateway.core.device_login import LIFETIME_SECONDS, DeviceLogin, Outcome
from gateway.core.pkce import challenge_of
from gateway.core.throttle import PER_ADDRESS
from gateway.errors import CredentialRefused, RequestInvalid
from gateway.web.terminals import CODE_SECONDS, MOST_WAITING, TYPING, Terminals
from tests.web.fakes import ALICE, BOB, FakeClock

VERIFIER, REDIRECT = "v" * 43, "http://127.0.0.1:5000/"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def terminals(clock: FakeClock) -> Terminals:
    return Terminals(clock)


def found(terminals: Terminals, login: DeviceLogin) -> DeviceLogin:
    there = terminals.find(login.user_code, ALICE)
    assert there is not None
    return there


def test_approved_it_is_granted_once(terminals: Terminals) -> None:
    device_code, login = terminals.begin("laptop", "192.0.2.7")
    assert terminals.poll(device_code).outcome is Outcome.PENDING

    terminals.decide(found(terminals, login), ALICE)
    first, second = terminals.poll(device_code), terminals.poll(device_code)

    assert first.outcome is Outcome.GRANTED
    assert first.login is not None
    assert first.login.member == ALICE
    assert second.outcome is Outcome.EXPIRED


def test_refused_it_is_told_so_once(terminals: Terminals) -> None:
    device_code, login = terminals.begin("laptop", "192.0.2.7")

    terminals.decide(found(terminals, login), None)

    assert terminals.poll(device_code).outcome is Outcome.DENIED
    assert terminals.poll(device_code).outcome is Outcome.EXPIRED


def test_what_was_decided_can_not_be_decided_again(terminals: Terminals) -> None:
    device_code, login = terminals.begin("laptop", "192.0.2.7")
    held = found(terminals, login)
    terminals.decide(held, None)

    terminals.decide(held, BOB)

    assert terminals.find(login.user_code, BOB) is None
    assert terminals.poll(device_code).outcome is Outcome.DENIED


def test_time_ends_it(terminals: Terminals, clock: FakeClock) -> None:
    device_code, login = terminals.begin("laptop", "192.0.2.7")

    clock.now += LIFETIME_SECONDS

    assert terminals.find(login.user_code, ALICE) is None
    assert terminals.poll(device_code).outcome is Outcome.EXPIRED


def test_an_address_that_begins_too_often_waits(terminals: Terminals, clock: FakeClock) -> None:
    for _ in range(PER_ADDRESS.free):
        terminals.begin("laptop", "192.0.2.7")

    with pytest.raises(RequestInvalid, match=r"192\.0\.2\.7 asked for a log-in often") as refusal:
        terminals.begin("laptop", "192.0.2.7")
    terminals.begin("laptop", "192.0.2.8")
    clock.now += refusal.value.retry_after_seconds or 0
    terminals.begin("laptop", "192.0.2.7")

    assert refusal.value.status == 429


def test_who_is_let_in_may_come_again(terminals: Terminals) -> None:
    """A whole institute may log in from behind one address."""
    for _ in range(3 * PER_ADDRESS.free):
        device_code, login = terminals.begin("laptop", "192.0.2.7")
        terminals.decide(found(terminals, login), ALICE)
        assert terminals.poll(device_code).outcome is Outcome.GRANTED


def test_many_terminals_take_a_bounded_amount_of_memory(
    terminals: Terminals, clock: FakeClock
) -> None:
    for number in range(MOST_WAITING):
        terminals.begin("laptop", f"10.0.{number // 250}.{number % 250}")

    with pytest.raises(RequestInvalid) as refusal:
        terminals.begin("laptop", "192.0.2.7")
    clock.now += LIFETIME_SECONDS
    terminals.begin("laptop", "192.0.2.7")

    assert refusal.value.status == 503


def test_who_guesses_codes_waits_and_others_do_not(terminals: Terminals) -> None:
    _, login = terminals.begin("laptop", "192.0.2.7")
    for _ in range(TYPING.free):
        assert terminals.find("BBBBBBBB", BOB) is None

    with pytest.raises(RequestInvalid) as refusal:
        terminals.find(login.user_code, BOB)

    assert refusal.value.status == 429
    assert terminals.find(login.user_code, ALICE) == login


def test_a_code_is_received_once(terminals: Terminals) -> None:
    code = terminals.send(ALICE, "laptop", challenge_of(VERIFIER), REDIRECT)

    assert terminals.receive(code, VERIFIER, REDIRECT).member == ALICE
    with pytest.raises(CredentialRefused):
        terminals.receive(code, VERIFIER, REDIRECT)


@pytest.mark.parametrize(
    ("verifier", "redirect", "seconds"),
    [
        ("w" * 43, REDIRECT, 0.0),
        (VERIFIER, "http://127.0.0.1:5001/", 0.0),
        (VERIFIER, REDIRECT, CODE_SECONDS),
    ],
)
def test_a_code_that_is_shown_wrongly_is_void(
    terminals: Terminals, clock: FakeClock, verifier: str, redirect: str, seconds: float
) -> None:
    code = terminals.send(ALICE, "laptop", challenge_of(VERIFIER), REDIRECT)
    clock.now += seconds

    with pytest.raises(CredentialRefused):
        terminals.receive(code, verifier, redirect)
    with pytest.raises(CredentialRefused):
        terminals.receive(code, VERIFIER, REDIRECT)


def test_many_codes_take_a_bounded_amount_of_memory(terminals: Terminals, clock: FakeClock) -> None:
    for _ in range(MOST_WAITING):
        terminals.send(ALICE, "laptop", challenge_of(VERIFIER), REDIRECT)

    with pytest.raises(RequestInvalid):
        terminals.send(ALICE, "laptop", challenge_of(VERIFIER), REDIRECT)
    clock.now += CODE_SECONDS
    terminals.send(ALICE, "laptop", challenge_of(VERIFIER), REDIRECT)
