"""One-time codes that carry a log-in from the main host to a notebook's own host.

A browser that comes to a notebook's host without a session gets a nonce in a cookie there, and goes to
the main host with only the nonce's hash. The main host, which knows the member, sends it back with a
code. The code is good once, for a minute, for that notebook, and only for the browser that holds the
nonce: who sees the code on its way can do nothing with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Final

from gateway.core.identity import CredentialId
from gateway.core.names import NotebookName
from gateway.errors import CredentialRefused

LIFETIME_SECONDS: Final = 60.0
MOST_CODES: Final = 10_000
"""Beyond, the oldest is void: a flood of log-ins takes a bounded amount of memory."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What a code stands for."""

    parent: CredentialId
    """The session on the main host."""
    notebook: NotebookName
    proof: str
    """The hash of the nonce that the browser holds on the notebook's host."""
    expires_at: float


class Handovers:
    """The codes that are on their way; a restart voids them, and the browser asks again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._codes: dict[str, Handover] = {}  # oldest first

    def begin(self, parent: CredentialId, notebook: NotebookName, proof: str) -> str:
        """Return a new code."""
        now = self._clock()
        self._codes = {k: v for k, v in self._codes.items() if v.expires_at > now}
        if len(self._codes) >= MOST_CODES:
            del self._codes[next(iter(self._codes))]
        code = token_urlsafe(32)
        self._codes[code] = Handover(parent, notebook, proof, now + LIFETIME_SECONDS)
        return code

    def finish(self, code: str, notebook: NotebookName, nonce: str) -> CredentialId:
        """Return the session that a code came from, or raise CredentialRefused; either way the code is void."""
        held = self._codes.pop(code, None)
        if held is None or held.expires_at <= self._clock() or held.notebook != notebook:
            raise CredentialRefused("the code is not good here, or not any more")
        if not compare_digest(held.proof, proof_of(nonce)):
            raise CredentialRefused("the code was made for another browser")
        return held.parent


def new_nonce() -> str:
    """Return a nonce that nobody can guess."""
    return token_urlsafe(32)


def proof_of(nonce: str) -> str:
    """Return what may be shown of a nonce."""
    return sha256(nonce.encode()).hexdigest()
