"""gateway.tunnels.alarm: one alarm for each change, one look a minute."""

import logging
from collections.abc import Callable
from contextlib import suppress

import pytest

from gateway.errors import HostKeyChanged, Reason, RemoteError, RemoteRejected, RemoteUnreachable
from gateway.tunnels.alarm import Alarm
from tests.tunnels.fakes import FakeTime

KNOWN = ("SHA256:old",)


class Looking:
    """Logins that look at one remote's host key."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.alarm = Alarm(clock=self.time.clock)
        self.looks = 0

    def dial(self, outcome: Exception | None, *, meanwhile: Callable[[], None] = bool) -> None:
        with self.alarm.heeded():
            self.looks += 1
            meanwhile()
            if outcome is not None:
                raise outcome

    def sees(self, shown: str, known: tuple[str, ...] = KNOWN, **how: Callable[[], None]) -> None:
        """Dial a remote whose key is not the one that we know; or don't, and be refused all the same."""
        with pytest.raises(HostKeyChanged):
            self.dial(HostKeyChanged("lab has changed", known=known, shown=(shown,)), **how)

    def ends(self, outcome: Exception | None) -> None:
        """Dial with another outcome."""
        with suppress(RemoteError):
            self.dial(outcome)


@pytest.fixture
def looking() -> Looking:
    return Looking()


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


def test_one_alarm_however_often_it_is_met(
    looking: Looking, caplog: pytest.LogCaptureFixture
) -> None:
    """Fault 20: many logins, many minutes, one line."""
    for _ in range(5):
        looking.sees("SHA256:new")
        looking.sees("SHA256:new")
        looking.time.pass_by(61)

    assert errors(caplog) == ["HOST KEY CHANGED: lab has changed"]
    assert looking.alarm.change is not None
    assert looking.alarm.change.shown == ("SHA256:new",)


def test_one_look_a_minute(looking: Looking) -> None:
    """What one login has seen, the others need not see again."""
    for _ in range(10):
        looking.sees("SHA256:new")
    assert looking.looks == 1

    looking.time.pass_by(59)
    looking.sees("SHA256:new")
    assert looking.looks == 1

    looking.time.pass_by(1)
    looking.sees("SHA256:new")
    assert looking.looks == 2


def test_another_change_is_another_alarm(
    looking: Looking, caplog: pytest.LogCaptureFixture
) -> None:
    """Another key is shown, or another one is expected; also when all was well between."""
    for shown, known in [("b", KNOWN), ("c", KNOWN), ("c", ("SHA256:typo",))]:
        looking.sees(shown, known)
        looking.time.pass_by(61)
    looking.ends(None)
    looking.sees("c", ("SHA256:typo",))

    assert len(errors(caplog)) == 4


@pytest.mark.parametrize("exc", [None, RemoteRejected(Reason.LOGIN_REFUSED, "no")])
def test_it_ends_when_the_key_has_passed(looking: Looking, exc: Exception | None) -> None:
    """A log-in that is refused comes after the host key."""
    looking.sees("SHA256:new")
    looking.time.pass_by(61)

    looking.ends(exc)

    assert looking.alarm.change is None


@pytest.mark.parametrize(
    "exc",
    [
        RemoteUnreachable(Reason.UNREACHABLE, "no route"),
        RemoteRejected(Reason.IDENTITY_UNUSABLE, "no key"),
    ],
)
def test_it_outlasts_what_says_nothing_of_the_key(
    looking: Looking, caplog: pytest.LogCaptureFixture, exc: Exception
) -> None:
    """A remote that is away for a while, and comes back with the same wrong key, is no news."""
    looking.sees("SHA256:new")
    looking.time.pass_by(61)

    looking.ends(exc)
    looking.sees("SHA256:new")

    assert len(errors(caplog)) == 1
    assert looking.alarm.change is not None


def test_new_knowledge_opens_the_way(looking: Looking) -> None:
    """Once a pin has changed, the next dial goes through."""
    looking.sees("SHA256:new")
    looking.alarm.look_again()

    looking.ends(None)

    assert looking.looks == 2


def test_knowledge_that_comes_during_a_dial_counts(looking: Looking) -> None:
    """A dial that began with the old pin bars nobody who knows the new one."""
    looking.sees("SHA256:new", meanwhile=looking.alarm.look_again)

    looking.ends(None)

    assert looking.looks == 2
