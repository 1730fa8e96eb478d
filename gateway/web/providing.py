"""What the control plane needs of the identity provider, and of whoever keeps who comes from there."""

from collections.abc import Mapping
from typing import Protocol

from gateway.core.identity import CredentialId
from gateway.core.inventory import Inventory
from gateway.core.linking import Link
from gateway.core.names import MemberName
from gateway.core.provider_answer import Arrival, Asked
from gateway.core.provider_tokens import LoggedOut
from gateway.web.proving import Opened


class Provider(Protocol):
    """The identity provider that is configured just now."""

    async def way_in(self, asked: Asked) -> str:
        """Return where a browser logs in; raise ProviderUnavailable."""

    async def arrival(self, answer: Mapping[str, str], asked: Asked) -> Arrival:
        """Return who came back; raise ProviderUnavailable or ProviderRefused."""

    async def logged_out(self, token: str) -> LoggedOut:
        """Return what a logout token ends, once; raise ProviderUnavailable or ProviderRefused."""

    def forget_logout(self, told: LoggedOut) -> None:
        """Let a logout token count again that could not be acted on."""

    async def way_out(self, *, back: str, state: str, id_token: str) -> str | None:
        """Return where a browser logs out; None where that can't be known now."""


class ProviderSession(Protocol):
    """What the provider said of a session."""

    @property
    def id_token(self) -> str:
        """Tells the provider at log-out whom it is about."""


class Links(Protocol):
    """Keeps who at the provider is which member."""

    def links(self) -> tuple[Link, ...]:
        """Return all links."""

    async def check_password(self, session: CredentialId, password: str, *, address: str) -> None:
        """Raise CredentialRefused or CredentialThrottled unless this is the password of the session's member."""

    async def has_password(self, member: MemberName) -> bool:
        """Say whether a member can log in by a password."""

    async def arrive(
        self,
        arrival: Arrival,
        declared: Inventory,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> Opened:
        """Open a session for whoever arrived; raise AdmissionRefused. ``replaces`` ends."""

    async def take_invite(
        self,
        secret: str,
        arrival: Arrival,
        declared: Inventory,
        *,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> Opened:
        """Link the invited member to whoever arrived, and open a session; raise CredentialRefused."""

    async def link(
        self, member: MemberName, arrival: Arrival, declared: Inventory, *, address: str
    ) -> None:
        """Link a member to whoever arrived; raise AdmissionRefused."""

    async def unlink(self, member: MemberName, *, by: str = "") -> bool:
        """Undo a member's link, and end the sessions that came by it; say whether there was one."""

    async def end_at_provider(self, told: LoggedOut) -> int:
        """End the sessions that a log-out at the provider names; return how many."""

    async def provider_session(self, session: CredentialId) -> ProviderSession | None:
        """Return what the provider said of a session; None if it did not come from there."""
