"""The audit log's promises, kept in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.core.audit import Choice, Line


@dataclass
class FakeAudit:
    """Lines, the newest first."""

    held: list[Line] = field(default_factory=list)
    asked: list[Choice] = field(default_factory=list)

    async def lines(self, choice: Choice, *, limit: int) -> Sequence[Line]:
        self.asked.append(choice)
        mine = [line for line in self.held if line.entry.notebook == choice.notebook]
        return [line for line in mine if line.entry.act in choice.acts][:limit]
