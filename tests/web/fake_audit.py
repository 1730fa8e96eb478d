"""The audit log's promises, kept in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.core.audit import FIRST_DIGEST, Act, Choice, Entry, Line
from gateway.core.grants import Level
from gateway.core.visits import stay
from gateway.errors import StoreUnavailable
from tests.web.fakes import NOW


@dataclass
class FakeAudit:
    """Lines, the newest first."""

    held: list[Line] = field(default_factory=list)
    broken: StoreUnavailable | None = None

    async def lines(self, choice: Choice, *, limit: int) -> Sequence[Line]:
        if self.broken is not None:
            raise self.broken
        mine = [line for line in self.held if line.entry.notebook == choice.notebook]
        return [line for line in mine if line.entry.act in choice.acts][:limit]

    def tell(self, notebook: str, member: str, *, seconds: float) -> None:
        """Note a visit that is over."""
        words = {Act.OPENED: str(Level.USE), Act.LEFT: stay(Level.USE, seconds)}
        for act, detail in words.items():
            entry = Entry(NOW, act, member, notebook, address="192.0.2.9", detail=detail)
            self.held.insert(0, Line(len(self.held) + 1, entry, FIRST_DIGEST))
