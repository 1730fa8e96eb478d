"""A diagnosis: the hops on the way to a notebook, tried one after the other, and what each of them showed.

The first hop that fails carries one sentence that says what is wrong and one that says the fix; nothing behind
it is claimed. Beside the hops, an administrator is told what the gateway's credential may do that it
need not: its rights.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final, NamedTuple, TypeAlias

from gateway.core.hop import Hop
from gateway.core.names import NotebookName, RemoteName
from gateway.errors import Reason


class Outcome(StrEnum):
    """What became of trying a hop."""

    OK = auto()
    WARNING = auto()  # it works; somebody should look at it all the same
    FAILED = auto()
    NOT_REACHED = auto()  # a hop before it failed


class Right(StrEnum):
    """What a credential may do at its remote, beside leading to its notebook."""

    COMMANDS = "commands"
    PORTS = "other ports"
    LISTENING = "listening there"
    WRITING = "writing files"


Step: TypeAlias = Hop | Right
Document: TypeAlias = dict[str, object]

REMOTE_HOPS: Final = (Hop.NAME, Hop.TCP, Hop.SSH, Hop.HOST_KEY, Hop.LOGIN)
"""What is tried of each remote on the way, in this order."""
NOTEBOOK_HOPS: Final = (
    Hop.CHANNEL,
    Hop.LISTENER,
    Hop.TLS,
    Hop.HTTP,
    Hop.KIND,
    Hop.BASE_URL,
    Hop.TOKEN,
)
"""What is tried of the notebook behind them."""

TIME_OUTS: Final = frozenset({Reason.TIMED_OUT, Reason.SILENT, Reason.SILENT_NOTEBOOK})
"""Reasons that say: it had its time and did not answer."""


class Station(NamedTuple):
    """A hop, and the remote or notebook that it is of."""

    step: Step
    place: str


@dataclass(frozen=True, slots=True)
class Advice:
    """One sentence that says what is wrong, and one that says what to do."""

    wrong: str
    fix: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one hop, or one right, showed."""

    step: Step
    place: str
    """The remote or notebook that it is of."""
    outcome: Outcome
    tried: str = ""
    found: str = ""
    milliseconds: float | None = None
    reason: Reason | None = None
    advice: Advice | None = None

    @property
    def station(self) -> Station:
        """The hop, and whose it is."""
        return Station(self.step, self.place)

    @property
    def document(self) -> Document:
        """The same for programs."""
        return {
            "step": self.step.value,
            "place": self.place,
            "outcome": self.outcome.value,
            "tried": self.tried,
            "found": self.found,
            "milliseconds": None if self.milliseconds is None else round(self.milliseconds, 1),
            "reason": self.reason and self.reason.value,
            "wrong": self.advice and self.advice.wrong,
            "fix": self.advice and self.advice.fix,
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that a walk along the hops has shown."""

    notebook: NotebookName
    at: float
    """When it was begun: seconds since the epoch."""
    findings: tuple[Finding, ...]
    rights: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of what was found."""
        found = {finding.outcome for finding in (*self.findings, *self.rights)}
        return next((o for o in (Outcome.FAILED, Outcome.WARNING) if o in found), Outcome.OK)

    @property
    def failed(self) -> Finding | None:
        """The hop that fails, if one does."""
        return next((f for f in self.findings if f.outcome is Outcome.FAILED), None)

    @property
    def let_in(self) -> bool:
        """Whether every remote on the way took the log-in."""
        log_ins = [f.outcome for f in self.findings if f.step is Hop.LOGIN]
        return bool(log_ins) and set(log_ins) <= {Outcome.OK, Outcome.WARNING}

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What is wrong and what to do, of hops and of rights, in their order."""
        everything = (*self.findings, *self.rights)
        return tuple(f.advice for f in everything if f.advice is not None)

    @property
    def document(self) -> Document:
        """The same for programs."""
        return {
            "notebook": self.notebook,
            "at": self.at,
            "outcome": self.outcome.value,
            "timed_out": self.timed_out,
            "findings": [finding.document for finding in self.findings],
            "rights": [finding.document for finding in self.rights],
        }

    @property
    def timed_out(self) -> bool:
        """Whether it fails because something did not answer in its time."""
        return self.failed is not None and self.failed.reason in TIME_OUTS


def by_fix(advice: Iterable[Advice]) -> dict[str, list[str]]:
    """Return what is to be done, each time with all that it mends."""
    fixes: dict[str, list[str]] = {}
    for each in advice:
        fixes.setdefault(each.fix, []).append(each.wrong)
    return fixes


def stations(remotes: Iterable[RemoteName], notebook: NotebookName) -> Sequence[Station]:
    """Return all hops of the way through ``remotes``, the first one first, to ``notebook``."""
    return [
        *(Station(hop, remote) for remote in remotes for hop in REMOTE_HOPS),
        *(Station(hop, notebook) for hop in NOTEBOOK_HOPS),
    ]


def completed(planned: Iterable[Station], found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return a finding for every planned hop; those that were not tried are not reached."""
    held = {finding.station: finding for finding in found}
    return tuple(
        held.get(station) or Finding(station.step, station.place, Outcome.NOT_REACHED)
        for station in planned
    )
