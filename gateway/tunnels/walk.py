"""A walk along the hops: what each showed and how long it took, told as soon as it is known."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from gateway.core.diagnosis import Advice, Finding, Outcome, Right, Station, Step, completed
from gateway.errors import Reason

Tell: TypeAlias = Callable[[Finding], None]


class Walk:
    """Keeps the findings of one diagnosis."""

    def __init__(
        self, planned: Sequence[Station], tell: Tell, monotonic: Callable[[], float]
    ) -> None:
        self._planned = planned
        self._findings: list[Finding] = []
        self._tell = tell
        self._monotonic = monotonic
        self._since = monotonic()

    @property
    def hops(self) -> tuple[Finding, ...]:
        """What was found of the hops, those included that were not reached."""
        return completed(self._planned, self._findings)

    @property
    def rights(self) -> tuple[Finding, ...]:
        """What was found of the rights."""
        return tuple(f for f in self._findings if isinstance(f.step, Right))

    @property
    def ahead(self) -> Station:
        """The hop that comes next."""
        return next(
            (f.station for f in self.hops if f.outcome is Outcome.NOT_REACHED), self._planned[-1]
        )

    def passed(self, step: Step, place: str, tried: str, found: str, *, timed: bool = True) -> None:
        """Note that all is well with a step; one that asked nothing of its own took no time of its own."""
        self._note(Finding(step, place, Outcome.OK, tried, found), timed=timed)

    def warned(self, step: Step, place: str, tried: str, found: str, *, advice: Advice) -> None:
        """Note that a step works, and what somebody should mend all the same."""
        self._note(Finding(step, place, Outcome.WARNING, tried, found, advice=advice))

    def stopped(
        self, station: Station, tried: str, found: str, *, reason: Reason | None, advice: Advice
    ) -> None:
        """Note that the walk ends here."""
        step, place = station
        self._note(Finding(step, place, Outcome.FAILED, tried, found, reason=reason, advice=advice))

    def skipped(self, station: Station) -> None:
        """Note that a step was not tried, though one behind it has failed."""
        self._note(Finding(*station, Outcome.NOT_REACHED), timed=False)

    def end(self) -> None:
        """Tell which hops were not reached."""
        for finding in self.hops:
            if finding not in self._findings:
                self._tell(finding)

    def _note(self, finding: Finding, *, timed: bool = True) -> None:
        """Keep a finding with the time since the one before it, and tell it."""
        now = self._monotonic()
        took = (now - self._since) * 1000 if timed else None
        self._since = now if timed else self._since
        self._findings.append(replace(finding, milliseconds=took))
        self._tell(self._findings[-1])
