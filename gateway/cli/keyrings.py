"""The keyring of whoever runs the command, where there is one: the desktop's, by the package ``keyring``."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.errors import GatewayError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "notebook-gateway"
_WORTHY: Final = 1
"""Below this priority a keyring is none, or writes what it keeps into a plain file, as we can."""


class KeyringFailed(GatewayError):
    """The keyring can't be used now; the message says why."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """A keyring that keeps a token for each gateway."""

    backend: "KeyringBackend"

    def get(self, url: str) -> str | None:
        """Return the token of the gateway at ``url``; raise KeyringFailed."""
        import keyring.errors  # noqa: PLC0415 - 0.1 s that only some commands need

        try:
            return self.backend.get_password(SERVICE, url)
        except keyring.errors.KeyringError as exc:
            raise KeyringFailed(str(exc)) from exc

    def set(self, url: str, token: str) -> None:
        """Keep a token; raise KeyringFailed."""
        import keyring.errors  # noqa: PLC0415 - as above

        try:
            self.backend.set_password(SERVICE, url, token)
        except keyring.errors.KeyringError as exc:
            raise KeyringFailed(str(exc)) from exc

    def delete(self, url: str) -> None:
        """Forget a token; none is not an error; raise KeyringFailed."""
        import keyring.errors  # noqa: PLC0415 - as above

        try:
            self.backend.delete_password(SERVICE, url)
        except keyring.errors.PasswordDeleteError:
            return
        except keyring.errors.KeyringError as exc:
            raise KeyringFailed(str(exc)) from exc


def the_keyring() -> Keyring | None:
    """Return the keyring; None where there is none, or the extra ``keyring`` is not installed."""
    try:
        import keyring  # noqa: PLC0415 - as above
    except ImportError:
        return None
    backend = keyring.get_keyring()
    return Keyring(backend) if backend.priority >= _WORTHY else None
