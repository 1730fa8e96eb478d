"""What is known of a provider, kept for a while: its metadata and its keys.

While the provider is away, what was learnt before goes on holding. A key that is not known is asked for at once, but
not again and again: anybody can send a token that names some key.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from joserfc.jwk import KeySet

from gateway.core.provider_metadata import Metadata, metadata_of, well_known
from gateway.errors import ProviderUnavailable
from gateway.provider.asking import Asking
from gateway.provider.signatures import keys_of

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 5.0
"""After a failure, whoever comes sooner is told the same."""
UNKNOWN_KEY_SECONDS: Final = 30.0
"""How often at most keys are asked for because one is unknown."""


class Known:
    """The metadata and keys of one issuer."""

    def __init__(self, issuer: str, asking: Asking, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._asking = asking
        self._clock = clock
        self._lock = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        self._looked_at = float("-inf")
        self._failed_at = float("-inf")
        self._failure = ProviderUnavailable("the provider has not been asked yet")

    async def metadata(self) -> Metadata:
        """Return the provider's metadata; raise ProviderUnavailable."""
        async with self._lock:
            return await self._metadata_now()

    async def keys(self, *, beyond: KeySet | None = None) -> KeySet:
        """Return the provider's keys, newer than ``beyond`` if that may be asked for; raise ProviderUnavailable."""
        async with self._lock:
            now, held = self._clock(), self._keys
            if held is not None and beyond is not None and held is not beyond:
                return held  # somebody has just fetched them
            wait = FRESH_SECONDS if beyond is None else UNKNOWN_KEY_SECONDS
            since = self._keys_at if beyond is None else self._looked_at
            if held is not None and now - since < wait:
                return held
            self._looked_at = now if beyond is not None else self._looked_at
            return await self._fetched_keys(held)

    async def _fetched_keys(self, held: KeySet | None) -> KeySet:
        try:
            metadata = await self._metadata_now()
            self._keys = keys_of(await self._asking.get(metadata.jwks_uri))
        except ProviderUnavailable as exc:
            if held is None:
                raise
            log.warning("provider: the keys of before are used on: %s", exc)
            self._keys_at = self._clock() - FRESH_SECONDS + UNKNOWN_KEY_SECONDS
            return held
        self._keys_at = self._clock()
        return self._keys

    async def _metadata_now(self) -> Metadata:
        now = self._clock()
        if self._metadata is not None and now - self._metadata_at < FRESH_SECONDS:
            return self._metadata
        if now - self._failed_at < RETRY_SECONDS:
            return self._or_before()
        try:
            document = await self._asking.get(well_known(self._issuer))
            self._metadata = metadata_of(document, self._issuer)
        except ProviderUnavailable as exc:
            log.warning("provider: %s", exc)
            self._failed_at, self._failure = now, exc
            return self._or_before()
        self._metadata_at = now
        return self._metadata

    def _or_before(self) -> Metadata:
        if self._metadata is None:
            raise ProviderUnavailable(str(self._failure)) from self._failure
        return self._metadata
