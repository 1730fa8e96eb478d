"""The audit log's promises, kept in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    addresses: list[str] = field(default_factory=list)
    """From where something was done, each for a time."""

    @contextmanager
    def acting_from(self, address: str) -> Iterator[None]:
        self.addresses.append(address)
        yield

    async def lines(self, choice: Choice, *, limit: int) -> Sequence[Line]:
        if self.broken is not None:
            raise self.broken
        return [line for line in self.held if _chosen(line.entry, choice)][:limit]

    def tell(self, notebook: str, member: str, *, seconds: float) -> None:
        """Note a visit that is over."""
        words = {Act.OPENED: str(Level.USE), Act.LEFT: stay(Level.USE, seconds)}
        for act, detail in words.items():
            entry = Entry(NOW, act, member, notebook, address="192.0.2.9", detail=detail)
            self.held.insert(0, Line(len(self.held) + 1, entry, FIRST_DIGEST))


def _chosen(entry: Entry, choice: Choice) -> bool:
    return (
        choice.notebook in {None, entry.notebook}
        and choice.member in {None, entry.actor, entry.subject}
        and (not choice.acts or entry.act in choice.acts)
    )
