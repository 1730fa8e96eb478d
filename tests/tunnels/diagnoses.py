"""Diagnosing on loopback: the walk, and what it showed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.core.diagnosis import Diagnosis, Finding, Outcome, Right, Step
from gateway.core.inventory import Notebook, Remote, Routing
from gateway.tunnels.tunnels import Tunnels
from tests.tunnels.fakes import ALICE, FakePins, inventory


@dataclass(frozen=True)
class Told:
    """A diagnosis, and what was told while it was made."""

    diagnosis: Diagnosis
    told: list[Finding]

    @property
    def failed(self) -> Finding:
        """The hop that fails."""
        assert self.diagnosis.failed is not None
        return self.diagnosis.failed

    @property
    def wrong(self) -> str:
        assert self.failed.advice is not None
        return self.failed.advice.wrong

    @property
    def fix(self) -> str:
        assert self.failed.advice is not None
        return self.failed.advice.fix

    def of(self, step: Step) -> Finding:
        """Return what one step showed."""
        everything = (*self.diagnosis.findings, *self.diagnosis.rights)
        return next(finding for finding in everything if finding.step is step)

    def steps(self, outcome: Outcome) -> list[Step]:
        return [finding.step for finding in self.diagnosis.findings if finding.outcome is outcome]


async def diagnosed(
    notebook: Notebook,
    remotes: Iterable[Remote],
    *,
    neighbours: Iterable[Notebook] = (),
    with_rights: bool = False,
    routing: Routing = Routing.PATH,
    **options: object,
) -> Told:
    """Walk the way to alice's notebook, with no tunnel kept."""
    tunnels = Tunnels(**{"pins": FakePins(), **options})  # type: ignore[arg-type]  # a test's shorthand
    wanted = inventory(notebook, *neighbours, remotes=tuple(remotes))
    tunnels.apply(replace(wanted, server=replace(wanted.server, routing=routing)))
    told: list[Finding] = []
    found = await tunnels.diagnose(ALICE, tell=told.append, with_rights=with_rights)
    assert told == [*found.findings, *found.rights]
    return Told(found, told)


def rights_granted(told: Told) -> set[Right]:
    """Return the rights that were warned of."""
    granted = [f.step for f in told.diagnosis.rights if f.outcome is Outcome.WARNING]
    return {step for step in granted if isinstance(step, Right)}
