"""The identity provider, as the gateway's pages see it: the way there, who comes back, and who has left."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from joserfc.jwk import KeySet

from gateway.core.inventory import Oidc
from gateway.core.provider_answer import Arrival, Asked, arrival_of, code_in, wanting
from gateway.core.provider_metadata import Metadata, auth_method
from gateway.core.provider_tokens import (
    Claims,
    Client,
    LoggedOut,
    check_at_hash,
    check_id_token,
    check_logout_token,
    check_userinfo,
)
from gateway.errors import ProviderRefused, ProviderUnavailable
from gateway.provider.asking import Asking, trust_of
from gateway.provider.known import Known
from gateway.provider.signatures import UnknownKey, claims_of

LONGEST_TOKEN: Final = 64 * 1024
LONGEST_HINT: Final = 4096
"""Beyond, an ID token is left out of a URL; the client's id does as well."""
WAY_OUT_SECONDS: Final = 2.0
"""Whoever logs out does not wait long for a provider that is away."""
MOST_LOGOUTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Open:
    """A provider that is spoken to, as it is configured."""

    oidc: Oidc
    asking: Asking
    known: Known


class Provider:
    """Speaks to the provider that is configured just now; opened when first needed."""

    def __init__(
        self, configured: Callable[[], Oidc | None], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._configured = configured
        self._clock = clock
        self._lock = asyncio.Lock()
        self._held: _Open | None = None
        self._logouts: dict[str, float] = {}
        """Logout tokens that have been acted on, with their ends: a token is good once."""

    async def way_in(self, asked: Asked) -> str:
        """Return where to send a browser that wants to log in; raise ProviderUnavailable."""
        there = await self._open()
        metadata = await there.known.metadata()
        return there.asking.way_in(
            metadata.authorization_endpoint,
            redirect_uri=asked.redirect_uri,
            state=asked.state,
            nonce=asked.nonce,
            code_verifier=asked.verifier,
        )

    async def arrival(self, answer: Mapping[str, str], asked: Asked) -> Arrival:
        """Return who came back with ``answer``; raise ProviderUnavailable or ProviderRefused."""
        there = await self._open()
        metadata = await there.known.metadata()
        code = code_in(answer, metadata)
        secret = await self._secret(there.oidc)
        access, token = await there.asking.exchange(
            metadata.token_endpoint,
            auth_method(metadata, has_secret=secret is not None),
            secret,
            code=code,
            redirect_uri=asked.redirect_uri,
            code_verifier=asked.verifier,
        )
        algorithm, claims = await self._claims(there, metadata, token)
        subject = check_id_token(claims, _client(there.oidc), nonce=asked.nonce, now=self._clock())
        check_at_hash(claims, algorithm, access)
        told = await self._with_userinfo(there, metadata, claims, access, subject)
        return arrival_of(told, there.oidc, subject=subject, id_token=token)

    async def logged_out(self, token: str) -> LoggedOut:
        """Return what a logout token ends; raise ProviderUnavailable or ProviderRefused. It is good once."""
        there = await self._open()
        metadata = await there.known.metadata()
        _, claims = await self._claims(there, metadata, token, logout=True)
        now = self._clock()
        told = check_logout_token(claims, _client(there.oidc), now=now)
        self._logouts = {name: until for name, until in self._logouts.items() if until > now}
        if told.id in self._logouts or len(self._logouts) >= MOST_LOGOUTS:
            raise ProviderRefused("the logout token has been acted on before")
        self._logouts[told.id] = told.until
        return told

    def forget_logout(self, told: LoggedOut) -> None:
        """Let a logout token count again that could not be acted on."""
        self._logouts.pop(told.id, None)

    async def way_out(self, *, back: str, state: str, id_token: str) -> str | None:
        """Return where the provider logs people out; None where that can't be known soon."""
        try:
            async with asyncio.timeout(WAY_OUT_SECONDS):
                there = await self._open()
                endpoint = (await there.known.metadata()).end_session_endpoint
        except (ProviderUnavailable, TimeoutError):
            return None
        if endpoint is None:
            return None
        query = {
            "client_id": there.oidc.client_id,
            "post_logout_redirect_uri": back,
            "state": state,
        }
        if 0 < len(id_token) <= LONGEST_HINT:
            query["id_token_hint"] = id_token
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def examined(self) -> tuple[Metadata, int]:
        """Return what the provider says of itself, and how many keys it has; raise ProviderUnavailable."""
        there = await self._open()
        metadata = await there.known.metadata()
        secret = await self._secret(there.oidc)
        auth_method(metadata, has_secret=secret is not None)
        return metadata, len(list(await there.known.keys()))

    async def close(self) -> None:
        """Close what is open."""
        if self._held is not None:
            await self._held.asking.close()
            self._held = None

    async def _open(self) -> _Open:
        async with self._lock:
            oidc, held = self._configured(), self._held
            if oidc is None:
                raise ProviderUnavailable("no provider is configured: auth.oidc is not set")
            if held is None or held.oidc != oidc:
                asking = Asking(oidc, await asyncio.to_thread(trust_of, oidc.ca_file))
                await self.close()
                held = self._held = _Open(oidc, asking, Known(oidc.issuer, asking, self._clock))
            return held

    async def _secret(self, oidc: Oidc) -> str | None:
        """Return the client's secret as its file has it now: it may be replaced while we run."""
        if oidc.client_secret_file is None:
            return None
        try:
            text = await asyncio.to_thread(Path(oidc.client_secret_file).read_text, "utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise ProviderUnavailable(
                f"auth.oidc.client_secret_file: {oidc.client_secret_file} can't be read: {exc}"
            ) from exc
        return text.strip()

    async def _claims(
        self, there: _Open, metadata: Metadata, token: str, *, logout: bool = False
    ) -> tuple[str, Claims]:
        if len(token) > LONGEST_TOKEN:
            raise ProviderRefused("the token is too long")
        keys: KeySet = await there.known.keys()
        try:
            return claims_of(token, keys, metadata.algorithms, logout=logout)
        except UnknownKey:
            keys = await there.known.keys(beyond=keys)
            return claims_of(token, keys, metadata.algorithms, logout=logout)

    async def _with_userinfo(
        self, there: _Open, metadata: Metadata, claims: Claims, access: str, subject: str
    ) -> Claims:
        """Return the claims with those that only userinfo tells; a signed one is never replaced."""
        if metadata.userinfo_endpoint is None or not wanting(claims, there.oidc):
            return claims
        more = await there.asking.get(metadata.userinfo_endpoint, bearer=access)
        if not isinstance(more, Mapping):
            raise ProviderRefused("userinfo is no JSON object")
        check_userinfo(more, subject)
        return {**more, **claims}


def _client(oidc: Oidc) -> Client:
    return Client(oidc.issuer, oidc.client_id)
