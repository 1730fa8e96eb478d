"""All rows of the fault matrix, and those that can't be tried on this machine, with the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from tests.faults.lab import Lab
from tests.faults.result import Result
from tests.faults.rows import line, notebook, remote


class Row(Protocol):
    """What can be run."""

    @property
    def number(self) -> int:
        """Its number in the matrix."""

    @property
    def title(self) -> str:
        """What goes wrong."""

    def run(self, lab: Lab) -> Result:
        """Let it go wrong, and return what came of it."""


@dataclass(frozen=True, slots=True)
class Course:
    """A row that takes a course of its own."""

    number: int
    title: str
    run: Callable[[Lab], Result]


ROWS: Final[Mapping[int, Row]] = {
    row.number: row
    for row in (
        *remote.ROWS,
        *line.ROWS,
        *notebook.ROWS,
        Course(15, "latency and jitter", line.far_away),
        Course(19, "slow notebook", notebook.slow),
    )
}
