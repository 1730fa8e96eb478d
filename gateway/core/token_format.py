"""How an API token is spelt, so that a typo, or a scanner's find, is known without a look-up.

    gwp_ + 43 characters of secret (256 bits, base64url) + 6 characters of checksum (CRC-32, base62)

The prefix lets secret scanners find tokens that leaked; the checksum lets them, and us, tell a token
from something that merely looks like one. It protects nothing: the secret does.
"""

import re
from base64 import urlsafe_b64encode
from typing import Final
from zlib import crc32

TOKEN_PREFIX: Final = "gwp_"  # noqa: S105 - the public part
ENTROPY_BYTES: Final = 32
_SHAPE: Final = re.compile(r"gwp_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}")
_CHECKSUM_LENGTH: Final = 6
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def token_of(entropy: bytes) -> str:
    """Return the token whose secret is ``entropy``, which must be 32 random bytes."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a token takes {ENTROPY_BYTES} bytes, not {len(entropy)}")
    body = TOKEN_PREFIX + urlsafe_b64encode(entropy).rstrip(b"=").decode()
    return body + _checksum(body)


def is_token(text: str) -> bool:
    """Say whether ``text`` is spelt as a token is, its checksum included."""
    if _SHAPE.fullmatch(text) is None:
        return False
    return _checksum(text[:-_CHECKSUM_LENGTH]) == text[-_CHECKSUM_LENGTH:]


def _checksum(body: str) -> str:
    rest, digits = crc32(body.encode("ascii")), ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
