"""What administrators see and do: the store, the configuration and the tunnels, behind Protocols."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.identity import CredentialId
from gateway.core.inventory import Inventory
from gateway.core.names import MemberName, TunnelId
from gateway.web.listed import MemberSession, MemberToken


class Account(Protocol):
    """How a member stands with the store."""

    @property
    def member(self) -> MemberName:
        """Whose it is."""

    @property
    def has_password(self) -> bool:
        """Whether a password is set."""

    @property
    def disabled(self) -> bool:
        """Whether the member is let in no more."""

    @property
    def last_login_at(self) -> float | None:
        """Seconds since the epoch, as all times here."""

    @property
    def invited_until(self) -> float | None:
        """When the invite that waits for them ends; None if none does."""


class Members(Protocol):
    """What administrators need of the store."""

    async def accounts(self) -> Sequence[Account]:
        """Return how each member that the store has heard of stands."""

    async def all_sessions(self) -> Sequence[MemberSession]:
        """Return everybody's sessions, oldest first."""

    async def tokens(self, member: MemberName | None = None) -> Sequence[MemberToken]:
        """Return a member's API tokens, or everybody's, oldest first."""

    async def invite(self, member: MemberName, *, lifetime_seconds: float, by: str) -> str:
        """Return the secret of a new invite; raise CredentialRefused for who is disabled."""

    async def withdraw_invite(self, member: MemberName, *, by: str) -> bool:
        """Make a member's invite void; say whether there was one."""

    async def disable(self, member: MemberName, *, by: str) -> None:
        """Let a member in no more, and end all that is open."""

    async def enable(self, member: MemberName, *, by: str) -> None:
        """Let a disabled member log in again."""

    async def end_session(self, credential: CredentialId, *, by: str) -> bool:
        """End a session; say whether there was such a one."""

    async def end_sessions(self, member: MemberName, *, by: str) -> int:
        """End all of a member's sessions, and return how many there were."""

    async def revoke_token(self, credential: CredentialId, *, by: str) -> bool:
        """End a token; say whether there was such a one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """All that only administrators work with."""

    declared: Callable[[], Inventory]
    """What the configuration declares, disabled members included."""
    members: Members
    configuration: Callable[[], str]
    """The configuration in effect as YAML, without secrets."""
    try_now: Callable[[TunnelId], bool]
    """Has a tunnel dialled whose next try is waited for; says whether there is such a one."""
