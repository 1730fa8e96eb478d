"""The live exchanges with notebooks: who has how many, and which must end when a grant does."""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from gateway.core.grants import Level
from gateway.core.names import MemberName
from gateway.door.decision import ToNotebook
from gateway.door.visits import Visit, Visits


class Live(Protocol):
    """An exchange under way, or what a WebSocket became of it."""

    def end(self) -> None:
        """End now: what allowed it no longer does."""


class Ledger:
    """Every live exchange with a notebook, by what let it through."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        self._plans: dict[Live, tuple[ToNotebook, Visit]] = {}
        self._members: Counter[MemberName] = Counter()

    def __len__(self) -> int:
        return len(self._plans)

    def count(self, member: MemberName) -> int:
        """Return how many exchanges ``member`` has under way."""
        return self._members[member]

    def enter(self, live: Live, plan: ToNotebook) -> None:
        """Take note of an exchange."""
        member = plan.identity.member
        level = Level.USE if plan.viewing is None else Level.VIEW
        visit = self._visits.enter(member, plan.place.name, plan.client.address, level)
        self._plans[live] = plan, visit
        self._members[member] += 1

    def leave(self, live: Live) -> None:
        """Forget an exchange; one that is not known is forgotten already."""
        entered = self._plans.pop(live, None)
        if entered is None:
            return
        plan, visit = entered
        self._visits.leave(visit)
        member = plan.identity.member
        self._members[member] -= 1
        if not self._members[member]:
            del self._members[member]

    def end(self, doomed: Callable[[ToNotebook], bool]) -> None:
        """End each exchange whose plan is ``doomed``."""
        for live in [live for live, (plan, _) in self._plans.items() if doomed(plan)]:
            live.end()
