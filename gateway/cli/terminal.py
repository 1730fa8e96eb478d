"""This terminal, as the gateway's authorization server knows it: what it asks, and what it is told."""

import platform
from dataclasses import dataclass
from typing import Final

from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.reaching import TIMEOUT_SECONDS, Document, json_in, reaching

CLIENT: Final = "gateway-cli"
_OK: Final = 200
_NOT_FOUND: Final = 404
_CODES: Final = {"access_denied": Exit.NOT_ALLOWED, "expired_token": Exit.TIMED_OUT}


class Refused(CommandFailed):
    """The gateway gave no token; ``error`` is its reason in the words of RFC 6749 and RFC 8628."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(_CODES.get(error, Exit.FAILURE), f"not logged in: {why or error}")
        self.error = error


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in by a code that is under way."""

    device_code: str
    user_code: str
    page: str
    page_with_code: str
    lasts_seconds: float
    interval_seconds: float


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal that wants to be logged in at ``url``."""

    url: str
    name: str

    def begin(self) -> Begun:
        """Ask for a code that somebody types into a browser; raise CommandFailed."""
        found = self._post("device", {"terminal": self.name})
        try:
            return Begun(
                device_code=str(found["device_code"]),
                user_code=str(found["user_code"]),
                page=str(found["verification_uri"]),
                page_with_code=str(found["verification_uri_complete"]),
                lasts_seconds=float(str(found["expires_in"])),
                interval_seconds=float(str(found.get("interval", 5))),
            )
        except (KeyError, ValueError) as exc:
            raise CommandFailed(Exit.FAILURE, f"{self.url} answered what no gateway does") from exc

    def fetch(self, grant: str, **proof: str) -> str:
        """Return the token; raise Refused."""
        found = self._post("token", {"grant_type": grant, **proof}).get("access_token")
        if not isinstance(found, str) or not found:
            raise CommandFailed(Exit.FAILURE, f"{self.url} answered what no gateway does")
        return found

    def _post(self, path: str, fields: dict[str, str]) -> Document:
        import httpx2  # noqa: PLC0415 - 0.1 s that only some commands need

        address = f"{self.url}/-/api/oauth/{path}"
        with reaching(self.url, patience_seconds=TIMEOUT_SECONDS):
            answer = httpx2.post(
                address, data={"client_id": CLIENT, **fields}, timeout=TIMEOUT_SECONDS
            )
        content = json_in(answer)
        if answer.status_code == _NOT_FOUND or not isinstance(content, dict):
            raise CommandFailed(Exit.FAILURE, f"{self.url} is no gateway that logs terminals in")
        if answer.status_code != _OK:
            why = content.get("error_description") or content.get("detail") or ""
            raise Refused(str(content.get("error", "")), str(why))
        return content


def this_machine() -> str:
    """Return what this machine calls itself, in short."""
    return platform.node().partition(".")[0] or "a machine without a name"
