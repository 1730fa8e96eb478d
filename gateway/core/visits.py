"""Past visits to a notebook, as its owner is told: put together from the audit log's comings and goings."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.audit import Act, Entry
from gateway.core.grants import Level

ACTS: Final = frozenset({Act.OPENED, Act.LEFT})
_LEFT: Final = re.compile(r"([a-z]+) for ([0-9]+) s")


@dataclass(frozen=True, slots=True)
class PastVisit:
    """One time that a member was in a notebook."""

    member: str
    level: Level
    address: str
    since: float
    """Seconds since the epoch."""
    seconds: float | None
    """How long it was; None where it goes on, or where the gateway died before it was over."""


def stay(level: Level, seconds: float) -> str:
    """Return what the audit log says of a visit that is over."""
    return f"{level} for {seconds:.0f} s"


def visits(entries: Iterable[Entry]) -> Sequence[PastVisit]:
    """Return the visits that ``entries``, the newest first, tell of; the newest first, too."""
    found: list[PastVisit] = []
    over: dict[tuple[str, str, str], list[float]] = {}
    for entry in entries:
        if entry.act is Act.LEFT and (left := _LEFT.fullmatch(entry.detail)) is not None:
            over.setdefault((entry.actor, entry.address, left[1]), []).append(float(left[2]))
        elif entry.act is Act.OPENED and entry.detail in set(Level):
            ends = over.get((entry.actor, entry.address, entry.detail))
            seconds = ends.pop() if ends else None
            level = Level(entry.detail)
            found.append(PastVisit(entry.actor, level, entry.address, entry.at, seconds))
    return found
