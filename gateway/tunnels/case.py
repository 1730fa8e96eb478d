"""What a diagnosis is of: a notebook, the way to it, and what is known around it."""

from dataclasses import dataclass

from gateway.core.inventory import Notebook, Routing
from gateway.tunnels.dialing import Way


@dataclass(frozen=True, slots=True)
class Case:
    """One notebook that somebody asks about."""

    notebook: Notebook
    way: Way
    neighbours: tuple[Notebook, ...] = ()
    """The other notebooks of the same remote."""
    routing: Routing = Routing.PATH
    still_up: bool = False
    """Whether its tunnel is up, whatever becomes of a new connection."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways to walk, the first remote first."""
        ways, way = [self.way], self.way.jump
        while way is not None:
            ways.append(way)
            way = way.jump
        return tuple(reversed(ways))
