"""The way to a notebook in three stations, for a page that shows where it is broken."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from gateway.core.hop import Hop
from gateway.core.status import NotebookState
from gateway.web.views import NotebookView

HERE: Final = frozenset({Hop.GATEWAY})
TO_THE_REMOTE: Final = frozenset({Hop.JUMP, Hop.NAME, Hop.TCP, Hop.SSH, Hop.HOST_KEY, Hop.LOGIN})
"""Every other hop lies between the remote and the notebook."""


class Condition(StrEnum):
    """How a station stands."""

    WORKS = auto()
    BROKEN = auto()
    BEYOND = auto()  # what lies behind the one that is broken can't be seen


@dataclass(frozen=True, slots=True)
class Station:
    """A place that the way leads through."""

    name: str
    condition: Condition
    hop: Hop | None = None
    """What is down, where it is broken."""


def way_to(view: NotebookView) -> tuple[Station, ...]:
    """Return the stations of the way to a notebook, nearest first."""
    names = ("This gateway", str(view.notebook.remote), str(view.name))
    if view.state is NotebookState.READY:
        return tuple(Station(name, Condition.WORKS) for name in names)
    hop = view.outage.hop
    # While nothing has failed yet, nothing is known but where we stand.
    broken = 0.5 if hop is None else _broken(hop)
    return tuple(_station(name, number - broken, hop) for number, name in enumerate(names))


def _broken(hop: Hop) -> int:
    """Return the number of the station that ``hop`` leads to."""
    if hop in HERE:
        return 0
    return 1 if hop in TO_THE_REMOTE else 2


def _station(name: str, distance: float, hop: Hop | None) -> Station:
    if distance == 0:
        return Station(name, Condition.BROKEN, hop)
    return Station(name, Condition.WORKS if distance < 0 else Condition.BEYOND)
