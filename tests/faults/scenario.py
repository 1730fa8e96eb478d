"""A fault that is put in force for a while, under observation: most rows of the matrix are one."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from tests.faults.lab import Lab
from tests.faults.observers import Observers, Watched
from tests.faults.result import Result
from tests.faults.targets import OTHERS_UNHARMED, Check, Target
from tests.faults.timeline import Measures, Timeline, measure

Fault = Callable[[Lab], AbstractContextManager[None]]
Look = Callable[[Lab, Timeline], Sequence[Check]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row: what is done, for how long, whom it hits and whom it must spare, and what is promised."""

    number: int
    title: str
    injection: str
    fault: Fault
    seconds: float
    """How long the fault is in force; 0 for one that is over as soon as it is done."""
    targets: Sequence[Target]
    hit: Sequence[str] = ("alice", "carol")
    spared: Sequence[str] = ("bob",)
    settle_seconds: float = 6.0
    calm_seconds: float = 3.0
    watched: Watched = Watched()  # noqa: RUF009 - frozen
    afterwards: Look | None = None
    """What else is to be looked at."""
    remarks: Sequence[str] = ()

    def run(self, lab: Lab) -> Result:
        """Put the fault in force and lift it, and return what came of that."""
        with Observers(lab, self.watched) as observers:
            time.sleep(self.calm_seconds)
            begun = time.monotonic()
            with self.fault(lab):
                time.sleep(self.seconds)
                lifting = time.monotonic()
            lifted = time.monotonic() if self.seconds else begun
            time.sleep(self.settle_seconds)
        timeline = replace(observers.timeline(begun, lifted), lifting=lifting)
        hit, spared = measure(timeline.of(self.hit)), measure(timeline.of(self.spared))
        checks = [target.check(hit, spared) for target in (*self.targets, *self._others())]
        if self.afterwards is not None:
            checks += self.afterwards(lab, timeline)
        return Result(
            self.number, self.title, self.injection, figures(hit, spared), checks, self.remarks
        )

    def _others(self) -> Sequence[Target]:
        return OTHERS_UNHARMED if self.spared else ()


def figures(hit: Measures, spared: Measures) -> dict[str, str]:
    """Return the table's columns for what was measured."""
    sockets = ", ".join(f"{count} with {code}" for code, count in hit.closed.items()) or "none"
    return {
        "noticed": seconds(hit.detected),
        "503 at once from": seconds(hit.fast),
        "a 503 takes": milliseconds(hit.telling),
        "healed": seconds(hit.healed),
        "requests": str(hit.asked),
        "told 503": str(hit.told),
        "lost": str(hit.lost),
        "slow": str(hit.slow),
        "longest wait": seconds(hit.longest),
        "WebSockets closed": sockets,
        "others failed": str(spared.failed + spared.sockets_closed) if spared.asked else "",
        "others' p99": f"{milliseconds(spared.calm_p99)} → {milliseconds(spared.p99)}"
        if spared.asked
        else "",
    }


def seconds(value: float | None) -> str:
    """Return a duration for the table."""
    return "" if value is None else f"{value:.2f} s"


def milliseconds(value: float | None) -> str:
    """Return a short duration for the table."""
    return "" if value is None else f"{1000 * value:.0f} ms"
