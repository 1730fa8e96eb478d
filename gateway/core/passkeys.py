"""Passkeys: what is kept of one, and where a browser can have any."""

from dataclasses import dataclass
from typing import Final

from gateway.core.inventory import PublicUrl
from gateway.core.names import MemberName

LOCALHOST: Final = "localhost"


@dataclass(frozen=True, slots=True)
class Passkey:
    """What is kept of a member's passkey: nothing of it is a secret."""

    id: str
    """What names it, chosen by the device that holds it; base64url."""
    member: MemberName
    label: str
    """What its member calls it."""
    public_key: bytes
    """As COSE writes it (RFC 9052)."""
    sign_count: int
    """How often it was used, by its own account; 0 for ever where a device does not count."""
    handle: bytes
    """What devices know its member by; says nothing about who that is."""
    created_at: float
    """Seconds since the epoch, as all times here."""
    used_at: float | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A passkey that was just proved to be at hand, and how often it says that it was used."""

    passkey: Passkey
    sign_count: int


def why_impossible(url: PublicUrl) -> str:
    """Return why browsers offer no passkeys at ``url``, as the rest of a sentence; empty where they do.

    They work in secure contexts only, and belong to a domain, never to an address (WebAuthn, sections 5 and 5.1.3).
    """
    host = url.host.strip("[]")
    if ":" in host or host.replace(".", "").isdigit():
        return f"browsers keep passkeys for names, and {url.origin} is an address"
    if not url.secure and host != LOCALHOST and not host.endswith(f".{LOCALHOST}"):
        return f"browsers allow passkeys over https only, and {url.origin} is not"
    return ""
