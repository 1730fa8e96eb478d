"""Whether a notebook's certificate is the one that may be trusted."""

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import cast

Certificate = Mapping[str, object]
"""A certificate as ``SSLSocket.getpeercert()`` tells it."""


def covers(certificate: Certificate, names: Sequence[str]) -> bool:
    """Say whether ``certificate`` was made out to one of ``names`` (RFC 9525, section 6)."""
    wanted = {name.lower() for name in names}
    return any(_fits(subject, wanted) for subject in _subjects(certificate))


def fingerprint_fits(certificate: bytes, pin: str) -> bool:
    """Say whether ``pin`` is the SHA-256 of this DER certificate.

    It may be written as ssh-keygen writes it (``SHA256:`` and base64) or as OpenSSL does (hex and colons).
    """
    digest = hashlib.sha256(certificate).digest()
    text = pin.removeprefix("SHA256:")
    return digest in set(_decoded(text))


def _decoded(text: str) -> Iterator[bytes]:
    with suppress(ValueError):
        yield bytes.fromhex(text.replace(":", ""))
    with suppress(binascii.Error):
        yield b64decode(text + "=" * (-len(text) % 4), validate=True)


def _subjects(certificate: Certificate) -> Iterator[str]:
    for kind, value in cast("Sequence[tuple[str, str]]", certificate.get("subjectAltName", ())):
        if kind in {"DNS", "IP Address"}:
            yield value.lower()


def _fits(subject: str, wanted: set[str]) -> bool:
    if subject.startswith("*."):
        return any(name.partition(".")[2] == subject[2:] for name in wanted)
    return subject in wanted
