"""All grants of all notebooks, for administrators: those of the configuration and those that owners gave."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.core.grants import Level
from gateway.core.inventory import Inventory, Notebook
from gateway.core.names import MemberName, NotebookName
from gateway.core.sharing import LinkId, Share, Shared, ShareId, ShareLink, counts

LINK: Final = "whoever has the link"


@dataclass(frozen=True, slots=True)
class Granted:
    """One grant."""

    notebook: NotebookName
    to: str
    """As the configuration would say it: ``bob`` or ``group:lab``; or LINK."""
    level: Level
    granted_by: MemberName | None = None
    """None is the configuration."""
    expires_at: float | None = None
    """Seconds since the epoch; None is never."""
    id: ShareId | LinkId | None = None
    """What to take back; None is what only the configuration takes back."""
    by_link: bool = False
    counts: bool = True
    """Whether it lets anybody in now: who gave it may still give it, and whom it names is a member."""


def granted(declared: Inventory, admitted: Inventory, shared: Shared, now: float) -> list[Granted]:
    """Return every grant whose time is not over, by notebook; ``admitted`` is ``declared`` without the disabled."""
    found: list[Granted] = []
    given: list[Share | ShareLink] = [*shared.shares, *shared.links]
    for name in sorted(declared.notebooks):
        found += _declared(declared, admitted, declared.notebooks[name])
        found += _given(admitted, (one for one in given if one.notebook == name), now)
    return found


def _declared(declared: Inventory, admitted: Inventory, notebook: Notebook) -> Iterator[Granted]:
    """Yield the owner first, then whom the configuration names, for this notebook or for all."""
    if notebook.owner is not None:
        yield _of(notebook, notebook.owner, Level.USE, admitted)
    for level, own, common in (
        (Level.USE, notebook.use, declared.access.use),
        (Level.VIEW, notebook.view, declared.access.view),
    ):
        for group in sorted(own.groups | common.groups):
            yield Granted(notebook.name, f"group:{group}", level)
        for member in sorted(own.members | common.members):
            if member != notebook.owner:
                yield _of(notebook, member, level, admitted)


def _of(notebook: Notebook, member: MemberName, level: Level, admitted: Inventory) -> Granted:
    return Granted(notebook.name, member, level, counts=member in admitted.members)


def _given(
    admitted: Inventory, given: Iterable[Share | ShareLink], now: float
) -> Iterator[Granted]:
    for one in given:
        if now < one.expires_at:
            yield Granted(
                one.notebook,
                one.to if isinstance(one, Share) else LINK,
                one.level,
                one.granted_by,
                one.expires_at,
                one.id,
                by_link=isinstance(one, Share) and one.link is not None,
                counts=counts(admitted, one, now),
            )
