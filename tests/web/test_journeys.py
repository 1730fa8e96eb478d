"""gateway.web.journeys: each comes back once, in time, and as the browser that left."""

import pytest

from gateway.errors import CredentialRefused, CredentialThrottled
from gateway.web import journeys as module
from gateway.web.journeys import LIFETIME_SECONDS, Errand, Journeys, Purpose
from tests.web.fakes import FakeClock

BACK = "http://gw.example:8000/-/oidc/callback"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journeys(clock: FakeClock) -> Journeys:
    return Journeys(clock)


def begin(journeys: Journeys, browser: str = "mine", address: str = "192.0.2.7") -> str:
    return journeys.begin(Errand(Purpose.LOG_IN, "/alice/"), browser, BACK, address=address).state


def comes_back(journeys: Journeys, state: str, browser: str = "mine") -> bool:
    try:
        return journeys.end(state, browser).errand.wanted == "/alice/"
    except CredentialRefused:
        return False


def test_comes_back_once(journeys: Journeys) -> None:
    state = begin(journeys)

    assert [comes_back(journeys, state), comes_back(journeys, state)] == [True, False]


def test_another_browser_neither_comes_back_nor_spoils_it(journeys: Journeys) -> None:
    state = begin(journeys)

    assert not comes_back(journeys, state, "another")
    assert comes_back(journeys, state)


def test_too_late(journeys: Journeys, clock: FakeClock) -> None:
    state = begin(journeys)
    clock.now += LIFETIME_SECONDS

    assert not comes_back(journeys, state)


def test_one_browser_may_be_on_several(journeys: Journeys) -> None:
    """People have tabs."""
    states = [begin(journeys), begin(journeys)]

    assert all(comes_back(journeys, state) for state in states)


def test_nothing_can_be_guessed_from_another(journeys: Journeys) -> None:
    first, second = (
        journeys.begin(Errand(Purpose.LOG_IN), "mine", BACK, address="192.0.2.7") for _ in range(2)
    )

    assert len({first.state, second.state, first.nonce, second.nonce}) == 4
    assert len(first.verifier) >= 43  # RFC 7636, section 4.1
    assert first.nonce not in repr(first)
    assert first.verifier not in repr(first)


def test_who_floods_voids_their_own(journeys: Journeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FROM_ADDRESS", 2)
    others, flood = begin(journeys, address="192.0.2.8"), [begin(journeys) for _ in range(3)]

    assert comes_back(journeys, others)
    assert [comes_back(journeys, state) for state in flood] == [False, True, True]


def test_there_are_not_more_than_so_many(
    journeys: Journeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_JOURNEYS", 2)
    states = [begin(journeys, address=f"192.0.2.{number}") for number in range(3)]

    assert [comes_back(journeys, state) for state in states] == [False, True, True]


def test_returns_that_come_to_nothing_are_slowed_down(journeys: Journeys) -> None:
    for _ in range(module.PACE.free):
        journeys.admit("192.0.2.7")

    with pytest.raises(CredentialThrottled):
        journeys.admit("192.0.2.7")
    journeys.succeeded("192.0.2.7")
    journeys.admit("192.0.2.8")
