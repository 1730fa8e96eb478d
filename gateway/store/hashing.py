"""How secrets are made and kept: random ones as SHA-256, passwords as argon2id off the event loop."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from typing import Final, Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.core.identity import CredentialId, CredentialKind
from gateway.core.passwords import is_too_long
from gateway.core.token_format import ENTROPY_BYTES, token_of
from gateway.errors import CredentialThrottled

MEMORY_KIB: Final = 32 * 1024
PASSES: Final = 3
AT_ONCE: Final = 2
"""Hashes computed at a time: 64 MiB is what log-ins may take in all."""
MOST_WAITING: Final = 32
BUSY_SECONDS: Final = 2.0

Result = TypeVar("Result")


class Hasher(Protocol):
    """What computes; argon2's PasswordHasher in earnest."""

    def hash(self, password: bytes) -> str:
        """Return the encoded hash."""

    def verify(self, encoded: str, password: bytes) -> bool:
        """Return True, or raise argon2's VerificationError or InvalidHashError."""

    def check_needs_rehash(self, encoded: str) -> bool:
        """Say whether other parameters are in use now."""


def new_secret() -> str:
    """Return a new session's or invite's secret: 256 bits, fit for a cookie or a URL."""
    return secrets.token_urlsafe(ENTROPY_BYTES)


def new_token() -> str:
    """Return a new API token."""
    return token_of(secrets.token_bytes(ENTROPY_BYTES))


def new_id(kind: CredentialKind) -> CredentialId:
    """Return a new credential's name, which has nothing to do with its secret."""
    return CredentialId(f"{kind}:{secrets.token_urlsafe(12)}")


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret; 256 random bits need no salt and no stretching."""
    return sha256(secret.encode(errors="replace")).digest()


def argon2id() -> Hasher:
    """Return the hasher of the product: argon2id within OWASP's range, one lane as containers are small."""
    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)


class Passwords:
    """Hashes and verifies passwords in a few threads of its own; more than a few must wait."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0

    def close(self) -> None:
        """Let the threads end; what they compute now they finish."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Return the encoded hash of ``password``."""
        return await self._aside(partial(self._hasher.hash, _normal(password)))

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Say whether ``password`` is the one of ``encoded``; None costs as much, and is False."""
        known = encoded is not None and not is_too_long(password)
        if encoded is None or not known:
            await self._aside(partial(self._hasher.hash, b"as much work as a real one"))
            return False
        return await self._aside(partial(self._matches, encoded, _normal(password)))

    def is_outdated(self, encoded: str) -> bool:
        """Say whether ``encoded`` was made with other parameters than are in use now."""
        return self._hasher.check_needs_rehash(encoded)

    def _matches(self, encoded: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _aside(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= MOST_WAITING:
            raise CredentialThrottled(BUSY_SECONDS)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _normal(password: str) -> bytes:
    """Return the bytes to hash: keyboards differ in how they compose a letter (SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode(errors="replace")
