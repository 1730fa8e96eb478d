"""OpenSSH certificates: what they say of whom, and for how long (PROTOCOL.certkeys in OpenSSH's sources)."""

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SUFFIX: Final = "-cert-v01@openssh.com"
KEY_PARTS: Final[Mapping[str, int]] = {
    "ssh-rsa": 2,
    "ssh-ed25519": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
"""How many fields hold the key itself."""
FOREVER: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class SshCertificate:
    """What concerns us of a certificate."""

    key: bytes
    """The public key that it is of, as SSH encodes it."""
    key_id: str
    """What its authority calls it."""
    principals: tuple[str, ...]
    starts_at: float | None
    """Seconds since the epoch; None is always."""
    expires_at: float | None
    """Seconds since the epoch; None is never."""
    fingerprint: str
    """Of the authority that signed it."""


def certificate_in(blob: bytes) -> SshCertificate | None:
    """Return the certificate that this public key, as SSH encodes it, is; None if it is a plain key to us."""
    try:
        return from_blob(blob)
    except ValueError:
        return None


def from_line(text: str) -> SshCertificate:
    """Return the certificate in a ``-cert.pub`` file; raise ValueError when it is none."""
    kind, _, rest = text.strip().partition(" ")
    if not kind.endswith(SUFFIX):
        raise ValueError("is no OpenSSH certificate")
    try:
        return from_blob(b64decode(rest.partition(" ")[0], validate=True))
    except binascii.Error as exc:
        raise ValueError("is no OpenSSH certificate: not base64") from exc


def from_blob(blob: bytes) -> SshCertificate:
    """Return the certificate that SSH encodes so; raise ValueError when it is none."""
    fields = _Fields(blob)
    kind = fields.text()
    plain = kind.removesuffix(SUFFIX)
    plain += "@openssh.com" if plain.startswith("sk-") else ""
    parts = KEY_PARTS.get(plain)
    if parts is None or not kind.endswith(SUFFIX):
        raise ValueError(f"is a {kind} and no certificate that we know")
    fields.string()  # the nonce
    key = [plain.encode(), *(fields.string() for _ in range(parts))]
    fields.number(8)  # the serial
    fields.number(4)  # for users or hosts
    key_id, principals = fields.text(), tuple(_Fields(fields.string()).texts())
    starts, expires = fields.number(8), fields.number(8)
    for _ in range(3):  # critical options, extensions, reserved
        fields.string()
    return SshCertificate(
        b"".join(len(field).to_bytes(4, "big") + field for field in key),
        key_id,
        principals,
        None if starts == 0 else float(starts),
        None if expires == FOREVER else float(expires),
        fingerprint(fields.string()),
    )


def fingerprint(blob: bytes) -> str:
    """Return a public key's fingerprint as ssh-keygen writes it."""
    return "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


class _Fields:
    """Reads what SSH wrote, field by field (RFC 4251, section 5); raises ValueError at a wrong end."""

    def __init__(self, blob: bytes) -> None:
        self._left = blob

    def number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def string(self) -> bytes:
        return self._take(self.number(4))

    def text(self) -> str:
        return self.string().decode("utf-8", "replace")

    def texts(self) -> list[str]:
        found = []
        while self._left:
            found.append(self.text())
        return found

    def _take(self, size: int) -> bytes:
        if len(self._left) < size:
            raise ValueError("is cut short")
        taken, self._left = self._left[:size], self._left[size:]
        return taken
