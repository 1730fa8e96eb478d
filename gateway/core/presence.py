"""Who is in a notebook now, as its owner is told."""

from dataclasses import dataclass

from gateway.core.grants import Level
from gateway.core.names import MemberName


@dataclass(frozen=True, slots=True)
class Present:
    """A member who is in a notebook now."""

    member: MemberName
    level: Level
    seconds: float
    """For how long."""
