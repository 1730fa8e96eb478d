"""All rows of the fault matrix, and those that can't be tried on this machine, with the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from tests.faults.lab import Lab
from tests.faults.result import Result
from tests.faults.rows import gateway, line, load, notebook, remote


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
        *gateway.ROWS,
        *load.ROWS,
        Course(2, "only sshd's listener killed", remote.listener_gone),
        Course(15, "latency and jitter", line.far_away),
        Course(19, "slow notebook", notebook.slow),
        Course(25, "gateway stopped", gateway.stopped),
        Course(27, "disk full", gateway.disk_full),
        Course(28, "database locked", gateway.locked),
        Course(29, "bad configuration on reload", gateway.bad_configuration),
        Course(30, "clock jumps", gateway.clock_jumps),
        Course(32, "1,000 idle WebSockets", load.idle_sockets),
        Course(33, "vanished browser", load.vanished),
        Course(34, "slow clients", load.slow_clients),
        Course(35, "large upload", load.large_upload),
        Course(36, "no file descriptors", load.few_files),
    )
}

LEFT_OUT: Final[Mapping[int, str]] = {
    39: "both ends of an SSH connection are on one bridge here, where nothing is translated; for the gateway"
    " a forgotten translation is what row 12 is, a line on which no answer comes",
}
