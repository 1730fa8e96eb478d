"""Challenges for passkeys: each for one browser and one purpose, and good once.

A challenge vouches for itself, so showing the log-in page keeps nothing: a flood of visits can't push out anybody's.
Only those that were answered rightly are remembered, until they would have ended.
"""

from collections.abc import Callable
from enum import Enum
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from secrets import token_bytes
from typing import Final

from gateway.errors import CredentialRefused

LIFETIME_SECONDS: Final = 3600.0
"""A log-in page may be open for a while before somebody takes it up."""
MOST_USED: Final = 10_000
"""Log-ins by passkey within a lifetime; beyond, there are none until some have ended."""
NONCE_BYTES: Final = 16
END_BYTES: Final = 8


class Purpose(Enum):
    """What a challenge is for; an answer to one kind is none to another."""

    ADD = b"add"
    LOG_IN = b"log in"
    BESIDES = b"besides"  # the password was right


class Challenges:
    """Makes challenges, and knows its own again; a restart voids them, and the page is loaded again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = token_bytes(32)
        self._used: dict[bytes, float] = {}

    def make(self, purpose: Purpose, browser: str, member: str = "") -> bytes:
        """Return a challenge for the browser that holds the secret ``browser``, and perhaps for one member alone."""
        end = int(self._clock() + LIFETIME_SECONDS)
        body = token_bytes(NONCE_BYTES) + end.to_bytes(END_BYTES)
        return body + self._seal(body, purpose, browser, member)

    def check(self, challenge: bytes, purpose: Purpose, browser: str, member: str = "") -> None:
        """Raise CredentialRefused unless it was made so, is good still, and was not answered yet."""
        body, seal = challenge[: NONCE_BYTES + END_BYTES], challenge[NONCE_BYTES + END_BYTES :]
        if not compare_digest(seal, self._seal(body, purpose, browser, member)):
            raise CredentialRefused("the challenge was not made for this")
        if int.from_bytes(body[NONCE_BYTES:]) <= self._clock():
            raise CredentialRefused("the challenge has ended")
        if challenge in self._used:
            raise CredentialRefused("the challenge was answered before")

    def spend(self, challenge: bytes) -> None:
        """Have a challenge be good no longer; raise CredentialRefused when too many are."""
        now = self._clock()
        if len(self._used) >= MOST_USED:
            self._used = {one: end for one, end in self._used.items() if end > now}
        if len(self._used) >= MOST_USED:
            raise CredentialRefused("too many log-ins by passkey at once")
        self._used[challenge] = now + LIFETIME_SECONDS

    def _seal(self, body: bytes, purpose: Purpose, browser: str, member: str) -> bytes:
        bound = sha256(browser.encode()).digest() + sha256(member.encode()).digest()
        return hmac(self._key, body + bound + purpose.value, sha256).digest()
