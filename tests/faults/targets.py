"""What a row of the matrix promises: a figure, its limit, and whether it was kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.faults.timeline import Measures

Figure = Callable[[Measures], float | None]


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, and what was seen of it."""

    promise: str
    seen: str
    met: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of those notebooks that the fault hits, or of those that it must spare, and its limit."""

    words: str
    figure: Figure
    limit: float
    unit: str = " s"
    spared: bool = False

    def check(self, hit: Measures, spared: Measures) -> Check:
        """Say whether the promise was kept; what never happened was not kept."""
        value = self.figure(spared if self.spared else hit)
        met = value is not None and value <= self.limit
        promise = f"{self.words}: at most {self.limit:g}{self.unit}"
        return Check(promise, "never" if value is None else f"{value:.3g}{self.unit}", met)


def detected(limit: float) -> Target:
    """The fault is noticed."""
    return Target("noticed", lambda seen: seen.detected, limit)


def fast(limit: float) -> Target:
    """From then on all are told at once."""
    return Target("503 at once from", lambda seen: seen.fast, limit)


def healed(limit: float) -> Target:
    """All is well again."""
    return Target("healed after its end", lambda seen: seen.healed, limit)


def lost(limit: int) -> Target:
    """Requests that got neither their answer nor a 503."""
    return Target("requests lost", lambda seen: seen.lost, limit, unit="")


def failed(limit: int) -> Target:
    """Requests that did not get their answer."""
    return Target("requests failed", lambda seen: seen.failed, limit, unit="")


def sockets(limit: int) -> Target:
    """WebSockets that ended, or lost something on the way."""
    return Target("WebSockets closed", lambda seen: seen.sockets_closed, limit, unit="")


def echoes(limit: int) -> Target:
    """Messages over WebSockets that got no answer."""
    return Target("WebSocket messages lost", lambda seen: seen.echoes_lost, limit, unit="")


def longest(limit: float) -> Target:
    """The longest wait for an answer."""
    return Target("longest wait", lambda seen: seen.longest, limit)


NOTHING_LOST = (failed(0), sockets(0), echoes(0))

OTHERS_UNHARMED = (
    Target("others' requests failed", lambda seen: seen.failed, 0, "", spared=True),
    Target("others' WebSockets closed", lambda seen: seen.sockets_closed, 0, "", spared=True),
)


def told_only(seen: Measures, codes: Iterable[int]) -> Check:
    """Say whether every WebSocket that ended did so with one of ``codes``."""
    wanted = sorted(codes)
    others = {code: count for code, count in seen.closed.items() if code not in wanted}
    promise = f"WebSockets close with {' or '.join(map(str, wanted))} only"
    return Check(promise, ", ".join(map(str, seen.closed)) or "none closed", not others)
