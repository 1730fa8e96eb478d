"""What the control plane needs of the store to have members prove themselves by passkeys."""

from typing import Protocol

from gateway.core.identity import CredentialId, Identity, Means
from gateway.core.names import MemberName
from gateway.core.passkeys import Passkey, Proof


class Opened(Protocol):
    """A new session: the only time that its secret is seen."""

    @property
    def secret(self) -> str:
        """What the cookie holds."""

    @property
    def identity(self) -> Identity:
        """Whom it vouches for."""


class Passkeys(Protocol):
    """Members' passkeys, and who is asked for one."""

    async def passkeys(self, member: MemberName) -> tuple[Passkey, ...]:
        """Return a member's passkeys, oldest first."""

    async def passkey(self, name: str) -> Passkey | None:
        """Return the passkey of this name, whoever has it."""

    async def add_passkey(self, passkey: Passkey) -> None:
        """Keep a new passkey, or raise CredentialRefused."""

    async def remove_passkey(self, member: MemberName, name: str, *, but_last: bool) -> bool:
        """Remove a member's passkey, or raise CredentialRefused; say whether there was such a one."""

    async def asks_for_passkey(self, member: MemberName) -> bool:
        """Say whether a member chose to be asked for a passkey beside the password."""

    async def ask_for_passkey(self, member: MemberName, *, asked: bool) -> None:
        """Keep that choice, or raise CredentialRefused."""

    async def log_in_with_passkey(
        self,
        proof: Proof,
        *,
        means: Means,
        address: str,
        device: str,
        replaces: CredentialId | None = None,
    ) -> Opened:
        """Open a session for who has proved to hold a passkey, or raise CredentialRefused."""

    def passkey_refused(self, member: MemberName | None, *, address: str) -> None:
        """Have it known that somebody showed a passkey that does not count."""
