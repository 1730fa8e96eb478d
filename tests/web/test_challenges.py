"""gateway.web.challenges: each is good for one browser, one purpose and one member, for a while, once."""

import pytest

from gateway.errors import CredentialRefused
from gateway.web.challenges import LIFETIME_SECONDS, Challenges, Purpose
from tests.web.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def challenges(clock: FakeClock) -> Challenges:
    return Challenges(clock)


def test_is_good_for_what_it_was_made_for(challenges: Challenges, clock: FakeClock) -> None:
    """Until it ends; looking at it spends nothing."""
    one = challenges.make(Purpose.ADD, "browser", "alice")
    clock.now += LIFETIME_SECONDS - 1

    challenges.check(one, Purpose.ADD, "browser", "alice")
    challenges.check(one, Purpose.ADD, "browser", "alice")


@pytest.mark.parametrize(
    ("purpose", "browser", "member"),
    [
        (Purpose.LOG_IN, "browser", "alice"),
        (Purpose.ADD, "another", "alice"),
        (Purpose.ADD, "browser", "bob"),
        (Purpose.ADD, "browser", ""),
        (Purpose.ADD, "browsera", "lice"),
    ],
)
def test_is_good_for_nothing_else(
    challenges: Challenges, purpose: Purpose, browser: str, member: str
) -> None:
    """Neither for another purpose, nor browser, nor member."""
    one = challenges.make(Purpose.ADD, "browser", "alice")

    with pytest.raises(CredentialRefused, match="not made for this"):
        challenges.check(one, purpose, browser, member)


@pytest.mark.parametrize("given", [b"", bytes(24), bytes(56), bytes(57)], ids=len)
def test_what_we_did_not_make_is_none(challenges: Challenges, given: bytes) -> None:
    """Whatever somebody sends."""
    with pytest.raises(CredentialRefused, match="not made for this"):
        challenges.check(given, Purpose.LOG_IN, "browser")


def test_changed_or_anothers_is_none(challenges: Challenges, clock: FakeClock) -> None:
    """A longer life can't be written into one; and another process made none that we know."""
    one = challenges.make(Purpose.LOG_IN, "browser")
    longer = one[:16] + (int.from_bytes(one[16:24]) + 1).to_bytes(8) + one[24:]
    others = Challenges(clock).make(Purpose.LOG_IN, "browser")

    for given in (longer, others, one[:-1], one + b"x"):
        with pytest.raises(CredentialRefused, match="not made for this"):
            challenges.check(given, Purpose.LOG_IN, "browser")


def test_ends(challenges: Challenges, clock: FakeClock) -> None:
    """After an hour."""
    one = challenges.make(Purpose.LOG_IN, "browser")
    clock.now += LIFETIME_SECONDS

    with pytest.raises(CredentialRefused, match="has ended"):
        challenges.check(one, Purpose.LOG_IN, "browser")


def test_is_good_once(challenges: Challenges) -> None:
    """Another one still is."""
    one, other = (challenges.make(Purpose.LOG_IN, "browser") for _ in range(2))

    challenges.spend(one)

    challenges.check(other, Purpose.LOG_IN, "browser")
    with pytest.raises(CredentialRefused, match="answered before"):
        challenges.check(one, Purpose.LOG_IN, "browser")


def test_remembers_so_many_and_no_more(
    challenges: Challenges, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None that is good still is forgotten to make room; those that have ended are."""
    monkeypatch.setattr("gateway.web.challenges.MOST_USED", 3)
    for _ in range(3):
        challenges.spend(challenges.make(Purpose.LOG_IN, "browser"))

    with pytest.raises(CredentialRefused, match="too many"):
        challenges.spend(challenges.make(Purpose.LOG_IN, "browser"))
    clock.now += LIFETIME_SECONDS
    challenges.spend(challenges.make(Purpose.LOG_IN, "browser"))
