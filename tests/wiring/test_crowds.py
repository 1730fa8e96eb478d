"""gateway.wiring.crowds: the same said of very many becomes a few lines."""

import logging
from collections.abc import Callable, Iterator

import pytest

from gateway.core.status import TunnelState
from gateway.wiring.crowds import FEW, WINDOW_SECONDS, Crowds

LOG = logging.getLogger("gateway.tunnels.of_a_test")


class Paper(logging.Handler):
    """Keeps what is written; time stands still unless the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.now = 0.0
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.addFilter(self._date)
        self.addFilter(Crowds(lambda seconds, call: self.calls.append((seconds, call))))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def _date(self, record: logging.LogRecord) -> bool:
        record.created = self.now
        return True

    def end_windows(self) -> None:
        self.now += WINDOW_SECONDS
        while self.calls:
            self.calls.pop()[1]()


@pytest.fixture
def paper() -> Iterator[Paper]:
    paper = Paper()
    LOG.addHandler(paper)
    LOG.setLevel(logging.INFO)
    yield paper
    LOG.removeHandler(paper)


def tell(
    count: int, state: TunnelState = TunnelState.DIALING, *, level: int = logging.INFO
) -> None:
    for i in range(count):
        LOG.log(level, "tunnel %s: now %s%s", f"t{i}", state, f": detail {i}")


def test_few_are_written_as_they_are(paper: Paper) -> None:
    """A small team's log loses nothing."""
    tell(FEW)

    assert paper.lines == [f"tunnel t{i}: now dialing: detail {i}" for i in range(FEW)]
    assert paper.calls == []


def test_many_become_few_and_a_number(paper: Paper) -> None:
    """When the window ends, the rest is told in one line."""
    tell(200)
    assert len(paper.lines) == FEW

    paper.end_windows()

    assert paper.lines[FEW:] == ["and 190 more, the last: tunnel t199: now dialing: detail 199"]


def test_what_differs_is_no_crowd(paper: Paper) -> None:
    """Another state, or another level, is another thing to say."""
    tell(FEW, TunnelState.DIALING)
    tell(FEW, TunnelState.PARKED)
    tell(FEW, TunnelState.PARKED, level=logging.WARNING)

    assert len(paper.lines) == 3 * FEW


def test_each_window_begins_anew(paper: Paper) -> None:
    """What goes on is told again."""
    tell(200)
    paper.end_windows()

    tell(1)

    assert paper.lines[-1] == "tunnel t0: now dialing: detail 0"


def test_errors_are_always_written(paper: Paper) -> None:
    """However many."""
    tell(3 * FEW, level=logging.ERROR)

    assert len(paper.lines) == 3 * FEW


def test_other_parts_are_left_alone(paper: Paper) -> None:
    """A crowd of log-ins is for whoever reads the log to judge."""
    crowds = Crowds()
    record = LOG.makeRecord("gateway.store.log_in", logging.INFO, "", 0, "refused", (), None)

    assert all(crowds.filter(record) for _ in range(10 * FEW))
