"""Visits: who is in which notebook now, and word of each coming and going.

A visit is what a person would call one: it begins with the first request of a member from an address, goes on
while anything of theirs is open (a JupyterLab tab keeps a WebSocket), and is over when nothing was for a
while. So a thousand requests are one visit, and one entry and one leaving in the audit log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Protocol

from gateway.core.grants import Level
from gateway.core.names import MemberName, NotebookName

GAP_SECONDS: Final = 60.0
"""A member of whom nothing was open for so long has left."""
SWEEP_SECONDS: Final = 15.0
MOST_REFUSALS: Final = 1000
"""How many different ones are remembered within one gap, so that a scan is told of once and fills no memory."""


class Witness(Protocol):
    """Who is told of comings and goings."""

    def opened(self, visit: "Visit") -> None:
        """Take note that a visit began."""

    def left(self, visit: "Visit", seconds: float) -> None:
        """Take note that a visit was over after so many seconds."""

    def refused(self, member: MemberName, notebook: NotebookName, address: str) -> None:
        """Take note that a member asked for a notebook that is not theirs to open."""


@dataclass(slots=True, eq=False)
class Visit:
    """One member in one notebook, from one address."""

    member: MemberName
    notebook: NotebookName
    level: Level
    address: str
    since: float
    """Monotonic seconds, as ``seen`` is."""
    seen: float = 0.0
    """When something of it was last open; it still is while ``live``."""
    live: int = 0


class Visits:
    """Every visit that goes on; asked for each request, so all it does then is to count."""

    def __init__(self, witness: Witness, clock: Callable[[], float]) -> None:
        self._witness = witness
        self._clock = clock
        self._visits: dict[tuple[MemberName, NotebookName, str, Level], Visit] = {}
        self._refused: dict[tuple[MemberName, NotebookName], float] = {}
        self._left_at: dict[NotebookName, float] = {}

    def enter(
        self, member: MemberName, notebook: NotebookName, address: str, level: Level
    ) -> Visit:
        """Count something of a member's in, and return the visit that it is part of."""
        visit = self._visits.get((member, notebook, address, level))
        if visit is None:
            visit = Visit(member, notebook, level, address, self._clock())
            self._visits[member, notebook, address, level] = visit
            self._witness.opened(visit)
        visit.live += 1
        return visit

    def leave(self, visit: Visit) -> None:
        """Count it out again."""
        visit.live -= 1
        if not visit.live:
            visit.seen = self._clock()

    def refused(self, member: MemberName, notebook: NotebookName, address: str) -> None:
        """Tell that a member was not let in; of the same again only after a while."""
        if (member, notebook) not in self._refused and len(self._refused) < MOST_REFUSALS:
            self._refused[member, notebook] = self._clock()
            self._witness.refused(member, notebook, address)

    def of(self, notebook: NotebookName) -> Sequence[Visit]:
        """Return who is in ``notebook`` now, the longest there first."""
        here = (visit for visit in self._visits.values() if visit.notebook == notebook)
        return sorted(here, key=lambda visit: visit.since)

    def quiet_seconds(self, notebooks: frozenset[NotebookName]) -> float:
        """Return for how long nothing has been open to any of these; 0 while something is, infinite before."""
        now = self._clock()
        here = [visit for visit in self._visits.values() if visit.notebook in notebooks]
        seen = [now if visit.live else visit.seen for visit in here]
        seen += [at for name, at in self._left_at.items() if name in notebooks]
        return now - max(seen, default=-inf)

    def sweep(self) -> None:
        """End the visits of which nothing was open for a while."""
        past = self._clock() - GAP_SECONDS
        self._end(lambda visit: not visit.live and visit.seen <= past)
        self._refused = {who: at for who, at in self._refused.items() if at > past}

    def end_all(self) -> None:
        """End every visit: the door closes."""
        self._end(lambda _: True)

    async def keep(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Sweep now and then, until cancelled."""
        while True:
            await sleep(SWEEP_SECONDS)
            self.sweep()

    def _end(self, over: Callable[[Visit], bool]) -> None:
        now = self._clock()
        for key, visit in list(self._visits.items()):
            if over(visit):
                del self._visits[key]
                seen = now if visit.live else visit.seen
                self._left_at[visit.notebook] = max(seen, self._left_at.get(visit.notebook, seen))
                self._witness.left(visit, seen - visit.since)
