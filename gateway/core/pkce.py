"""Proof of who asked: a secret kept by the terminal, and its hash, which goes through the browser (RFC 7636).

Who sees the authorization code on its way through the browser can do nothing with it without that secret.
"""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest
from typing import Final

METHOD: Final = "S256"
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def challenge_of(verifier: str) -> str:
    """Return the hash of a verifier."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def is_challenge(text: str) -> bool:
    """Say whether ``text`` is spelt as a challenge is."""
    return _CHALLENGE.fullmatch(text) is not None


def proves(verifier: str, challenge: str) -> bool:
    """Say whether ``verifier`` is what ``challenge`` was made of."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    return compare_digest(challenge_of(verifier), challenge)
