"""What was seen while a fault was in force, and what it comes to; pure, so that it can be believed.

Every moment is in seconds of one monotonic clock. A request that meets a tunnel on its way back may be held for
a while (``server.hold``) and is answered all the same: it is slow, not lost. One that gets 503 was told to come
again, and one that gets anything else, or nothing, is lost.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

FAST_SECONDS: Final = 0.05
"""Within this an answer comes at once."""
SLOW_SECONDS: Final = 1.0
"""Beyond this an answer was held, or waited for a line that was cut."""
HELD_SECONDS: Final = 0.5
"""Beyond this a 503 was held before it was sent."""
FEW: Final = 0.05
"""So large a share of fast answers may take longer, on a machine that measures itself."""
OK: Final = 200
UNAVAILABLE: Final = 503
ABNORMAL: Final = 1006


@dataclass(frozen=True, slots=True)
class Probe:
    """One request to a notebook and its answer; ``status`` None means that there was none, or a wrong one."""

    notebook: str
    sent: float
    done: float
    status: int | None

    @property
    def seconds(self) -> float:
        """How long the answer took."""
        return self.done - self.sent


@dataclass(frozen=True, slots=True)
class State:
    """A notebook's state, as the API gives it from this moment on."""

    notebook: str
    at: float
    state: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of a WebSocket that was open when the fault began."""

    notebook: str
    at: float
    code: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that the observers saw, and when the fault was in force."""

    begun: float
    lifted: float
    """When the fault was over; where that took a while, it was beginning to be so at ``lifting``."""
    probes: Sequence[Probe] = ()
    states: Sequence[State] = ()
    closed: Sequence[Closed] = ()
    echoes: Sequence[Probe] = ()
    """What was sent over the WebSockets and came back; ``status`` None if it did not."""
    lifting: float | None = None

    def of(self, notebooks: Iterable[str]) -> "Timeline":
        """Return what concerns ``notebooks`` only."""
        names = frozenset(notebooks)
        return Timeline(
            self.begun,
            self.lifted,
            [probe for probe in self.probes if probe.notebook in names],
            [state for state in self.states if state.notebook in names],
            [end for end in self.closed if end.notebook in names],
            [echo for echo in self.echoes if echo.notebook in names],
            self.lifting,
        )


@dataclass(frozen=True, slots=True)
class Measures:
    """What a timeline comes to; None is "never"."""

    asked: int = 0
    told: int = 0
    lost: int = 0
    slow: int = 0
    longest: float = 0.0
    detected: float | None = None
    fast: float | None = None
    healed: float | None = None
    telling: float | None = None
    """How long a 503 takes once all are told at once: the median."""
    closed: dict[int, int] = field(default_factory=dict)
    echoes_lost: int = 0
    calm_median: float | None = None
    calm_p99: float | None = None
    median: float | None = None
    p99: float | None = None

    @property
    def failed(self) -> int:
        """How many requests did not get what they asked for."""
        return self.told + self.lost

    @property
    def sockets_closed(self) -> int:
        """How many WebSockets ended."""
        return sum(self.closed.values())


def measure(timeline: Timeline) -> Measures:
    """Return what ``timeline`` comes to; what was asked before the fault is its calm."""
    begun = timeline.begun
    calm = [probe for probe in timeline.probes if probe.done < begun]
    since = [probe for probe in timeline.probes if probe.done >= begun]
    fast = _fast(timeline)
    codes = [end.code for end in timeline.closed if end.at >= begun]
    return Measures(
        asked=len(since),
        told=sum(probe.status == UNAVAILABLE for probe in since),
        lost=sum(probe.status not in {OK, UNAVAILABLE} for probe in since),
        slow=sum(probe.status == OK and probe.seconds > SLOW_SECONDS for probe in since),
        longest=max((probe.seconds for probe in since if probe.status is not None), default=0.0),
        detected=_detected(timeline),
        fast=fast,
        healed=_healed(timeline),
        telling=None if fast is None else _telling(timeline, begun + fast),
        closed={code: codes.count(code) for code in sorted(set(codes))},
        echoes_lost=sum(echo.status is None and echo.sent >= begun for echo in timeline.echoes),
        calm_median=percentile(calm, 50),
        calm_p99=percentile(calm, 99),
        median=percentile(since, 50),
        p99=percentile(since, 99),
    )


def percentile(probes: Sequence[Probe], percent: int) -> float | None:
    """Return how long the given share of the answers took at most; None of fewer than two."""
    taken = [probe.seconds for probe in probes if probe.status is not None]
    if len(taken) < 2:
        return None
    return statistics.quantiles(taken, n=100, method="inclusive")[percent - 1]


def _detected(timeline: Timeline) -> float | None:
    """Return the seconds until the first notebook was not ready any more."""
    left = [
        state.at
        for state in timeline.states
        if state.at >= timeline.begun and state.state != "ready"
    ]
    return min(left) - timeline.begun if left else None


def _fast(timeline: Timeline) -> float | None:
    """Return the seconds until the first request from which on all are refused at once, but for a few."""
    first: float | None = None
    late = 0
    for number, probe in enumerate(reversed(_during(timeline)), start=1):
        late += probe.seconds > FAST_SECONDS
        if probe.status != UNAVAILABLE or probe.seconds > HELD_SECONDS:
            break
        if probe.seconds <= FAST_SECONDS and late <= FEW * number:
            first = probe.sent
    return None if first is None else first - timeline.begun


def _telling(timeline: Timeline, since: float) -> float | None:
    """Return how long a refusal took from a moment on: the median."""
    return percentile([probe for probe in _during(timeline) if probe.sent >= since], 50)


def _during(timeline: Timeline) -> Sequence[Probe]:
    end = timeline.lifted if timeline.lifting is None else timeline.lifting
    during = (probe for probe in timeline.probes if timeline.begun <= probe.sent < end)
    return sorted(during, key=lambda probe: probe.sent)


def _healed(timeline: Timeline) -> float | None:
    """Return the seconds from the fault's end until every notebook is ready and answers, and answers on."""
    names = {probe.notebook for probe in timeline.probes}
    each = [_healed_one(timeline, name) for name in names]
    each += [_ready_again(timeline, name) for name in names]
    known = [seconds for seconds in each if seconds is not None]
    return max(known) if known and len(known) == len(each) else None


def _ready_again(timeline: Timeline, notebook: str) -> float | None:
    changes = [s for s in timeline.states if s.notebook == notebook and s.at >= timeline.begun]
    if not changes:
        return 0.0
    return max(changes[-1].at - timeline.lifted, 0.0) if changes[-1].state == "ready" else None


def _healed_one(timeline: Timeline, notebook: str) -> float | None:
    probes = [probe for probe in timeline.probes if probe.notebook == notebook]
    bad = [probe.sent for probe in probes if probe.status != OK]
    if not bad and not any(probe.seconds > SLOW_SECONDS for probe in probes):
        return 0.0
    after = max(bad, default=timeline.begun)
    good = [
        probe.done
        for probe in probes
        if probe.status == OK and probe.done >= timeline.lifted and probe.sent >= after
    ]
    return max(min(good) - timeline.lifted, 0.0) if good else None
