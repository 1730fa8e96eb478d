"""Sessions and API tokens, as the store lists them."""

from typing import Protocol

from gateway.core.identity import CredentialId, Means
from gateway.core.names import MemberName, NotebookName


class SessionRow(Protocol):
    """One browser's log-in, as the store lists it."""

    @property
    def credential(self) -> CredentialId:
        """What names it."""

    @property
    def created_at(self) -> float:
        """Seconds since the epoch, as all times here."""

    @property
    def used_at(self) -> float:
        """When it was last used."""

    @property
    def expires_at(self) -> float:
        """When it ends, even in use."""

    @property
    def means(self) -> Means | None:
        """What it was logged in with."""

    @property
    def address(self) -> str:
        """Where the browser was."""

    @property
    def device(self) -> str:
        """What the browser was."""

    @property
    def audience(self) -> NotebookName | None:
        """The one notebook whose host it is good for; None is the main host."""


class TokenRow(Protocol):
    """One API token, as the store lists it."""

    @property
    def credential(self) -> CredentialId:
        """What names it."""

    @property
    def label(self) -> str:
        """What its member calls it."""

    @property
    def created_at(self) -> float:
        """Seconds since the epoch, as all times here."""

    @property
    def expires_at(self) -> float | None:
        """When it ends; None is never."""

    @property
    def used_at(self) -> float | None:
        """When it was last used; None is never."""


class MemberSession(SessionRow, Protocol):
    """A session, and whose it is."""

    @property
    def member(self) -> MemberName:
        """Whose it is."""


class MemberToken(TokenRow, Protocol):
    """An API token, and whose it is."""

    @property
    def member(self) -> MemberName:
        """Whose it is."""
