"""gateway.core.device_login: every state, and the pace of asking."""

import pytest

from gateway.core.device_login import LIFETIME_SECONDS, DeviceLogin, Outcome, State
from gateway.core.names import MemberName

ALICE = MemberName("alice")
ASKED = DeviceLogin("WDJBMJHT", "laptop", "192.0.2.7", asked_at=1000.0)
END = 1000.0 + LIFETIME_SECONDS


@pytest.mark.parametrize(
    ("login", "outcome"),
    [
        (ASKED, Outcome.PENDING),
        (ASKED.approved(ALICE), Outcome.GRANTED),
        (ASKED.refused(), Outcome.DENIED),
    ],
)
def test_what_is_told_is_what_was_decided_until_time_is_up(
    login: DeviceLogin, outcome: Outcome
) -> None:
    assert login.polled(END - 1)[1] is outcome
    assert login.polled(END)[1] is Outcome.EXPIRED


def test_only_a_question_that_is_open_can_be_decided() -> None:
    assert ASKED.undecided(END - 1)
    assert not ASKED.undecided(END)
    assert not ASKED.approved(ALICE).undecided(1001.0)
    assert not ASKED.refused().undecided(1001.0)


def test_who_waits_its_turn_is_never_slowed_down() -> None:
    login = ASKED
    for now in (1005.0, 1010.0, 1014.9, 1020.0):
        login, outcome = login.polled(now)
        assert outcome is Outcome.PENDING


def test_who_hurries_waits_five_seconds_more_each_time() -> None:
    """RFC 8628, section 3.5: for this and all subsequent requests."""
    login, _ = ASKED.polled(1001.0)

    login, first = login.polled(1002.0)
    login, second = login.polled(1010.0)
    login, third = login.polled(1025.0)

    assert (first, second, third) == (Outcome.SLOW_DOWN, Outcome.SLOW_DOWN, Outcome.PENDING)
    assert login.interval_seconds == 15.0


def test_a_decision_is_told_at_once_even_to_who_hurries() -> None:
    login, _ = ASKED.polled(1001.0)

    assert login.approved(ALICE).polled(1001.1)[1] is Outcome.GRANTED


def test_approval_names_who_gave_it() -> None:
    approved = ASKED.approved(ALICE)

    assert (approved.state, approved.member) == (State.APPROVED, ALICE)
    assert ASKED.refused().member is None


@pytest.mark.parametrize("outcome", Outcome)
def test_all_but_waiting_is_final(outcome: Outcome) -> None:
    assert outcome.final is (outcome not in {Outcome.PENDING, Outcome.SLOW_DOWN})
