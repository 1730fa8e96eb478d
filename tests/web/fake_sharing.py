"""The store's promises about shares, kept in memory."""

from dataclasses import dataclass, field, replace

from gateway.core.grants import Level
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.sharing import Ask, LinkId, Share, Shared, ShareId, ShareLink
from gateway.errors import CredentialRefused
from tests.web.fakes import NOW


@dataclass
class FakeSharing:
    """Shares, links and asks."""

    held: Shared = field(default_factory=Shared)
    secrets: dict[str, LinkId] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    made: int = 0

    def shared(self) -> Shared:
        return self.held

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
        self.made += 1
        given = Share(
            ShareId(f"share:{self.made}"),
            notebook,
            level,
            by,
            NOW,
            NOW + lifetime_seconds,
            member=None if is_group else MemberName(to),
            group=GroupName(to) if is_group else None,
        )
        asks = tuple(ask for ask in self.held.asks if ask.member != given.member)
        self.held = replace(self.held, shares=(*self.held.shares, given), asks=asks)
        return given

    async def unshare(self, share: ShareId, *, by: str) -> bool:
        self.told.append(("unshared", by))
        kept = tuple(one for one in self.held.shares if one.id != share)
        gone = kept != self.held.shares
        self.held = replace(self.held, shares=kept)
        return gone

    async def make_link(
        self, notebook: NotebookName, *, level: Level, by: MemberName, lifetime_seconds: float
    ) -> tuple[str, ShareLink]:
        self.made += 1
        link = ShareLink(
            LinkId(f"link:{self.made}"), notebook, level, by, NOW, NOW + lifetime_seconds
        )
        self.held = replace(self.held, links=(*self.held.links, link))
        self.secrets[f"secret-of-{link.id}"] = link.id
        return f"secret-of-{link.id}", link

    async def link_of(self, secret: str) -> ShareLink:
        wanted = self.secrets.get(secret)
        link = next((one for one in self.held.links if one.id == wanted), None)
        if link is None:
            raise CredentialRefused("taken back")
        return link

    async def take_link(self, secret: str, member: MemberName) -> Share:
        link = await self.link_of(secret)
        given = await self.share(
            link.notebook,
            member,
            level=link.level,
            by=link.granted_by,
            lifetime_seconds=link.expires_at - NOW,
        )
        taken = replace(given, link=link.id)
        self.held = replace(self.held, shares=(*self.held.shares[:-1], taken))
        return taken

    async def end_link(self, link: LinkId, *, by: str) -> bool:
        kept = tuple(one for one in self.held.links if one.id != link)
        gone = kept != self.held.links
        shares = tuple(one for one in self.held.shares if one.link != link)
        self.held = replace(self.held, links=kept, shares=shares)
        return gone

    async def let_ask(self, notebook: NotebookName, *, may: bool) -> None:
        askable = self.held.askable | {notebook} if may else self.held.askable - {notebook}
        self.held = replace(self.held, askable=askable)

    async def ask(self, notebook: NotebookName, member: MemberName) -> bool:
        if notebook not in self.held.askable:
            return False
        self.held = replace(self.held, asks=(*self.held.asks, Ask(notebook, member, NOW)))
        return True

    async def decline(self, notebook: NotebookName, member: MemberName, *, by: str) -> None:
        kept = tuple(a for a in self.held.asks if (a.notebook, a.member) != (notebook, member))
        self.held = replace(self.held, asks=kept)
