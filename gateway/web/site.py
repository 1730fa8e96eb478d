"""What the control plane is given: the inventory, the accounts and the notebooks, behind Protocols."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Annotated, Final, Protocol, cast

from fastapi import Depends, Request

from gateway.core.audit import Choice, Line, Standing
from gateway.core.diagnosis import Diagnosis, Finding
from gateway.core.host_key import HostKeyChange
from gateway.core.identity import CredentialId, Identity
from gateway.core.inventory import Inventory, Routing
from gateway.core.names import MemberName, NotebookName
from gateway.core.status import Degraded, NotebookStatus, TunnelStatus
from gateway.web.administration import Administration
from gateway.web.challenges import Challenges
from gateway.web.giving import Presence, Sharing
from gateway.web.handover import Handovers
from gateway.web.journeys import Journeys
from gateway.web.listed import SessionRow, TokenRow
from gateway.web.looks import Looks
from gateway.web.providing import Links, Provider
from gateway.web.proving import Opened, Passkeys
from gateway.web.terminals import Terminals
from gateway.web.turns import Turns

LOGIN_PATH: Final = "/-/login"


class Accounts(Protocol):
    """What the control plane needs of the store."""

    def session(self, secret: str) -> Identity | None:
        """Return whom a session vouches for."""

    def token(self, secret: str) -> Identity | None:
        """Return whom an API token vouches for."""

    def session_end(self, secret: str) -> float | None:
        """Return when a session ends if it is not used before; asking is not using."""

    async def log_in(
        self,
        member: MemberName,
        password: str,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
        passkey_required: bool = False,
    ) -> Opened:
        """Open a session, or raise CredentialRefused, CredentialThrottled or PasskeyNeeded; ``replaces`` ends."""

    async def log_out(self, credential: CredentialId) -> None:
        """End a session and those that were opened from it."""

    async def open_host_session(self, parent: CredentialId, audience: NotebookName) -> Opened:
        """Open a session for one notebook's host, or raise CredentialRefused."""

    async def invited(self, secret: str) -> MemberName:
        """Return whom an invite is for, or raise CredentialRefused."""

    async def accept_invite(
        self,
        secret: str,
        password: str,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> Opened:
        """Set the password and open a session; raise CredentialRefused or PasswordTooWeak."""

    async def change_password(
        self, session: CredentialId, current: str, password: str, *, address: str
    ) -> None:
        """Change the password of the session's member, or raise CredentialRefused."""

    async def check_password(self, session: CredentialId, password: str, *, address: str) -> None:
        """Raise CredentialRefused unless this is the password of the session's member."""

    async def sessions(self, member: MemberName) -> tuple[SessionRow, ...]:
        """Return a member's sessions, oldest first."""

    async def tokens(self, member: MemberName | None = None) -> tuple[TokenRow, ...]:
        """Return a member's API tokens, oldest first."""

    async def create_token(
        self, member: MemberName, *, label: str, lifetime_seconds: float | None, by: str = ""
    ) -> tuple[str, TokenRow]:
        """Return a new token and what is kept of it, or raise CredentialRefused."""

    async def revoke_token(self, credential: CredentialId, *, by: str = "") -> bool:
        """End a token; say whether there was such a one."""


class Notebooks(Protocol):
    """What the control plane needs of the tunnels."""

    def status(self, name: NotebookName) -> NotebookStatus | None:
        """Return how a notebook stands; None where nobody has looked yet."""

    def tunnel_statuses(self) -> tuple[TunnelStatus, ...]:
        """Return how every tunnel stands."""

    def degraded(self, name: NotebookName) -> Degraded | None:
        """Return why a notebook that can be used would be lost with its connection; None if it would not."""

    def host_key_changes(self) -> tuple[HostKeyChange, ...]:
        """Return the remotes that show another host key than the one we know."""

    async def diagnose(
        self,
        name: NotebookName,
        *,
        tell: Callable[[Finding], None] | None = None,
        with_rights: bool,
    ) -> Diagnosis:
        """Walk the way to a notebook hop by hop, telling each; raise TunnelDown when there is none."""


class AuditLog(Protocol):
    """What the control plane needs of the audit log."""

    def acting_from(self, address: str) -> AbstractContextManager[None]:
        """Have what is done in the block be told as done from ``address``."""

    async def lines(self, choice: Choice, *, limit: int) -> Sequence[Line]:
        """Return the newest of the chosen lines, the newest first; raise StoreUnavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that pages and API work with."""

    inventory: Callable[[], Inventory]
    declared: Callable[[], Inventory]
    """The inventory without the shares that are written into the other; disabled members are in neither."""
    configured: Callable[[], Inventory]
    """The inventory that the configuration alone declares: who at the provider is whom is judged by it."""
    administration: Administration
    accounts: Accounts
    sharing: Sharing
    provider: Provider
    links: Links
    present: Presence
    passkeys: Passkeys
    audit: AuditLog
    audit_standing: Callable[[], Standing]
    notebooks: Notebooks
    ready: Callable[[], bool]
    configuration_problems: Callable[[], tuple[str, ...]]
    clock: Callable[[], float] = time.time
    journeys: Journeys = field(default_factory=lambda: Journeys(time.time))
    handovers: Handovers = field(default_factory=lambda: Handovers(time.time))
    looks: Looks = field(default_factory=Looks)
    challenges: Challenges = field(default_factory=lambda: Challenges(time.time))
    terminals: Terminals = field(default_factory=lambda: Terminals(time.time))
    diagnoses: Turns = field(default_factory=lambda: Turns(time.time))

    @property
    def origin(self) -> str:
        """The main host's origin."""
        return self.inventory().server.public_url.origin

    @property
    def secure(self) -> bool:
        """Whether members reach us over https."""
        return self.inventory().server.public_url.secure

    def notebook_url(self, name: NotebookName) -> str:
        """Return where members find the notebook."""
        server = self.inventory().server
        if server.routing is Routing.HOST:
            return f"{server.public_url.beneath(name).origin}/"
        return f"{server.public_url.origin}/{name}/"

    def notebook_host(self, request: Request) -> NotebookName | None:
        """Return the notebook on whose own host the request came in; None is the main host.

        The door has judged the name already, and says it in X-Forwarded-Host.
        """
        server = self.inventory().server
        if server.routing is not Routing.HOST:
            return None
        host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
        label, _, parent = host.lower().partition(".")
        return NotebookName(label) if parent == server.public_url.authority else None


def site_of(request: Request) -> Site:
    """Return the site that the application was made with."""
    return cast("Site", request.app.state.site)


GivenSite = Annotated[Site, Depends(site_of)]
