"""The gateways at which the command line is logged in, and which of them is meant.

The one used last is meant where none is named. Whatever reads and writes it is another's business.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Login:
    """A member's log-in at one gateway."""

    url: str
    member: str
    expires_at: str | None
    """As the gateway said it (RFC 3339); None is never."""
    token: str | None = None
    """None where it is kept in the keyring."""


@dataclass(frozen=True, slots=True)
class Logins:
    """All log-ins of somebody."""

    by_url: Mapping[str, Login] = field(default_factory=dict)
    default: str | None = None

    def chosen(self, url: str | None) -> Login | None:
        """Return the log-in at ``url``, or at the gateway used last; None if there is none."""
        wanted = self.default if url is None else url
        return None if wanted is None else self.by_url.get(wanted)

    def kept(self, login: Login) -> "Logins":
        """Return them with one more, which is the one used last."""
        return Logins({**self.by_url, login.url: login}, login.url)

    def used(self, url: str) -> "Logins":
        """Return them as they are after one was used."""
        return Logins(self.by_url, url if url in self.by_url else self.default)

    def forgotten(self, url: str) -> "Logins":
        """Return them without one; another takes its place as the one used last."""
        left = {known: login for known, login in self.by_url.items() if known != url}
        default = self.default if self.default in left else next(reversed(left), None)
        return Logins(left, default)

    def as_text(self) -> str:
        """Return them as they are written down."""
        logins = [
            {key: value for key, value in asdict(login).items() if value is not None}
            for login in self.by_url.values()
        ]
        document = {"version": VERSION, "default": self.default, "logins": logins}
        return json.dumps(document, indent=2) + "\n"


def logins_in(text: str) -> Logins:
    """Return what was written down; raise ValueError for anything else."""
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError(f"it is not of version {VERSION}")
    try:
        logins = [Login(**_fields(one)) for one in document["logins"]]
    except (KeyError, TypeError) as exc:
        raise ValueError("it holds something else than log-ins") from exc
    by_url = {login.url: login for login in logins}
    default = document.get("default")
    return Logins(by_url, default if default in by_url else None)


def _fields(one: object) -> dict[str, str]:
    if not isinstance(one, dict) or not all(isinstance(v, str) for v in one.values()):
        raise TypeError("a log-in holds texts")
    return {"expires_at": None, **one}
