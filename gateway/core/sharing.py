"""Sharing: grants that owners give at run time, beside those of the configuration; each ends by itself.

The door asks one inventory who may do what. So a share is written into it like a grant of the
configuration, for as long as it lasts: what the door decides by is the effective inventory, and a share
that is given, taken back or over is one change of that value.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NewType

from gateway.core.grants import Level
from gateway.core.inventory import Grantees, Inventory, Notebook
from gateway.core.names import GroupName, MemberName, NotebookName

ShareId = NewType("ShareId", str)
LinkId = NewType("LinkId", str)

USUAL_SECONDS: Final = 24 * 3600.0
SHORTEST_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 366 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Share:
    """A grant that an owner gave to one member or to one group."""

    id: ShareId
    notebook: NotebookName
    level: Level
    granted_by: MemberName
    created_at: float
    """Seconds since the epoch, as all times here."""
    expires_at: float
    member: MemberName | None = None
    group: GroupName | None = None
    link: LinkId | None = None
    """The link that it came by, with which it ends."""

    @property
    def to(self) -> str:
        """Whom it names, as the configuration would: ``bob`` or ``group:lab``."""
        return f"group:{self.group}" if self.member is None else self.member

    @property
    def grantees(self) -> Grantees:
        """Whom it names."""
        return Grantees(
            members=frozenset() if self.member is None else frozenset({self.member}),
            groups=frozenset() if self.group is None else frozenset({self.group}),
        )


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link that gives whoever opens it, and is a member, a share; its secret is not kept."""

    id: LinkId
    notebook: NotebookName
    level: Level
    granted_by: MemberName
    created_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Ask:
    """A member's wish for a share of a notebook."""

    notebook: NotebookName
    member: MemberName
    asked_at: float


@dataclass(frozen=True, slots=True)
class Shared:
    """All that owners have given, and all that they were asked for."""

    shares: tuple[Share, ...] = ()
    links: tuple[ShareLink, ...] = ()
    asks: tuple[Ask, ...] = ()
    askable: frozenset[NotebookName] = frozenset()
    """The notebooks whose owners take wishes."""


def may_grant(inventory: Inventory, member: MemberName, notebook: NotebookName) -> bool:
    """Say whether ``member`` may share ``notebook``: its owner may, and an administrator."""
    person, wanted = inventory.members.get(member), inventory.notebooks.get(notebook)
    return (
        person is not None and wanted is not None and (person.admin or wanted.owner == person.name)
    )


def counts(declared: Inventory, share: Share | ShareLink, now: float) -> bool:
    """Say whether a share or a link is good: in its time, from one who may still give it, to a member."""
    to = share.member if isinstance(share, Share) else None
    return (
        now < share.expires_at
        and may_grant(declared, share.granted_by, share.notebook)
        and (to is None or to in declared.members)
    )


def effective(declared: Inventory, shares: Iterable[Share], now: float) -> Inventory:
    """Return ``declared`` with the shares that count written into its notebooks."""
    given: dict[NotebookName, Notebook] = {}
    for share in shares:
        if counts(declared, share, now):
            notebook = given.get(share.notebook, declared.notebooks[share.notebook])
            given[share.notebook] = _granted(notebook, share)
    return replace(declared, notebooks={**declared.notebooks, **given}) if given else declared


def next_end(shares: Iterable[Share], now: float) -> float | None:
    """Return when the next share ends; None if none will."""
    return min((share.expires_at for share in shares if share.expires_at > now), default=None)


def _granted(notebook: Notebook, share: Share) -> Notebook:
    if share.level is Level.USE:
        return replace(notebook, use=_joined(notebook.use, share.grantees))
    return replace(notebook, view=_joined(notebook.view, share.grantees))


def _joined(one: Grantees, other: Grantees) -> Grantees:
    return Grantees(one.members | other.members, one.groups | other.groups)
