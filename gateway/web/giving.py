"""What owners give: who may open a notebook, and the acts that change it; pages and API ask here alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.core.grants import Level, level_of
from gateway.core.inventory import Grantees, Inventory, Member, Notebook
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.presence import Present
from gateway.core.sharing import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    Ask,
    LinkId,
    Share,
    Shared,
    ShareId,
    ShareLink,
    counts,
    may_grant,
)
from gateway.core.suggest import did_you_mean
from gateway.errors import RequestInvalid

GROUP: Final = "group:"
MOST_LINKS: Final = 100
"""Of one notebook, at a time."""


class Sharing(Protocol):
    """What the control plane needs of the store to share notebooks."""

    def shared(self) -> Shared:
        """Return all that is given and asked for; some of it may be over."""

    async def share(
        self,
        notebook: NotebookName,
        to: MemberName | GroupName,
        *,
        is_group: bool = False,
        level: Level,
        by: MemberName,
        lifetime_seconds: float,
    ) -> Share:
        """Give a share, in place of any given to the same before."""

    async def unshare(self, share: ShareId, *, by: str) -> bool:
        """Take a share back; say whether there was such a one."""

    async def make_link(
        self, notebook: NotebookName, *, level: Level, by: MemberName, lifetime_seconds: float
    ) -> tuple[str, ShareLink]:
        """Return the secret of a new link, and what is kept of it."""

    async def link_of(self, secret: str) -> ShareLink:
        """Return the link that a secret opens; raise CredentialRefused."""

    async def take_link(self, secret: str, member: MemberName) -> Share:
        """Give a member what a link promises; raise CredentialRefused."""

    async def end_link(self, link: LinkId, *, by: str) -> bool:
        """Take a link back; say whether there was such a one."""

    async def let_ask(self, notebook: NotebookName, *, may: bool) -> None:
        """Let members ask for a share, or no longer."""

    async def ask(self, notebook: NotebookName, member: MemberName) -> bool:
        """Note a wish; say whether it was taken."""

    async def decline(self, notebook: NotebookName, member: MemberName, *, by: str) -> None:
        """Forget a wish."""


Presence = Callable[[NotebookName], tuple[Present, ...]]


@dataclass(frozen=True, slots=True)
class Declared:
    """A grant of the configuration."""

    to: str
    level: Level


@dataclass(frozen=True, slots=True)
class Access:
    """Who may open a notebook, who is in it, and who would like to be."""

    notebook: Notebook
    declared: tuple[Declared, ...]
    shares: tuple[Share, ...]
    links: tuple[ShareLink, ...]
    asks: tuple[Ask, ...]
    askable: bool
    present: tuple[Present, ...]


def may_be_shared_by(inventory: Inventory, member: Member, name: NotebookName) -> Notebook:
    """Return the notebook that ``member`` wants to share; raise RequestInvalid where that is not theirs to do."""
    notebook = inventory.notebooks.get(name)
    if notebook is not None and may_grant(inventory, member.name, name):
        return notebook
    if notebook is None or level_of(inventory, member.name, name) is None:
        raise RequestInvalid(404, "there is no such notebook, or it is not yours to open")
    raise RequestInvalid(403, f"{name} is not yours to share; ask its owner or an administrator")


def access_to(
    declared: Inventory, shared: Shared, notebook: Notebook, present: Presence, now: float
) -> Access:
    """Return all there is to know about who may open ``notebook``; ``declared`` is without shares."""
    name = notebook.name
    return Access(
        notebook=notebook,
        declared=tuple(_declared(declared, declared.notebooks[name])),
        shares=tuple(
            one for one in shared.shares if one.notebook == name and counts(declared, one, now)
        ),
        links=tuple(
            one for one in shared.links if one.notebook == name and counts(declared, one, now)
        ),
        asks=tuple(ask for ask in shared.asks if ask.notebook == name),
        askable=name in shared.askable,
        present=present(name),
    )


def grantee(inventory: Inventory, notebook: Notebook, text: str) -> tuple[str, bool]:
    """Return whom ``text`` names and whether that is a group; raise RequestInvalid for nobody, and the owner."""
    is_group = text.startswith(GROUP)
    name = text.removeprefix(GROUP)
    groups = {group for member in inventory.members.values() for group in member.groups}
    known = groups if is_group else set(inventory.members)
    if name not in known:
        whose = "no group is" if is_group else "no member is"
        raise RequestInvalid(404, f"{whose} called {name[:64]!r}{did_you_mean(name, known)}")
    if not is_group and name == notebook.owner:
        raise RequestInvalid(409, f"{name} owns {notebook.name}, and need not be let in")
    return name, is_group


def check_lifetime(seconds: float) -> float:
    """Return a share's life; raise RequestInvalid where it is too short or too long."""
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise RequestInvalid(422, "a share lasts for a minute at least, and for 366 days at most")
    return seconds


def check_links(shared: Shared, notebook: Notebook, now: float) -> None:
    """Raise RequestInvalid where a notebook has as many links as one can keep an eye on."""
    alive = [one for one in shared.links if one.notebook == notebook.name and one.expires_at > now]
    if len(alive) >= MOST_LINKS:
        detail = f"{notebook.name} has {MOST_LINKS} links already; take back what is not needed"
        raise RequestInvalid(409, detail)


def _declared(inventory: Inventory, notebook: Notebook) -> Iterator[Declared]:
    for level, grantees in (
        (Level.USE, _both(notebook.use, inventory.access.use)),
        (Level.VIEW, _both(notebook.view, inventory.access.view)),
    ):
        for group in sorted(grantees.groups):
            yield Declared(f"{GROUP}{group}", level)
        for member in sorted(grantees.members):
            yield Declared(member, level)


def _both(one: Grantees, other: Grantees) -> Grantees:
    return Grantees(one.members | other.members, one.groups | other.groups)
