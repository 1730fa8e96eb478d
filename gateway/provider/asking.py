"""Asking a provider over HTTP: bounded in time and size, and every failure told as one of ours."""

import json
import ssl
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote_plus

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx2 import AsyncByteStream, BasicAuth, Response

from gateway.core.inventory import Oidc
from gateway.errors import ProviderRefused, ProviderUnavailable

PATIENCE_SECONDS: Final = 10.0
"""For one question, from the name's resolution to the answer's last byte."""
MOST_BYTES: Final = 1024 * 1024
HEADERS: Final = {"Accept": "application/json", "User-Agent": "notebook-gateway"}


class Asking:
    """Asks one provider; its connections are kept."""

    def __init__(self, oidc: Oidc, trust: ssl.SSLContext) -> None:
        self._client_id = oidc.client_id
        self._client = AsyncOAuth2Client(
            client_id=oidc.client_id,
            scope=" ".join(oidc.scopes),
            code_challenge_method="S256",
            verify=trust,
            timeout=PATIENCE_SECONDS,
            headers=HEADERS,
            event_hooks={"response": [_bound]},
        )

    def way_in(self, endpoint: str, **parameters: str) -> str:
        """Return the URL that begins a log-in."""
        url, _ = self._client.create_authorization_url(endpoint, **parameters)
        return str(url)

    async def get(self, url: str, *, bearer: str | None = None) -> object:
        """Return the JSON at ``url``; raise ProviderUnavailable."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        try:
            answer = await self._client.get(url, headers=headers, auth=None)
        except (httpx2.HTTPError, httpx2.InvalidURL, _TooMuch) as exc:
            raise _unavailable(url, exc) from exc
        if answer.status_code != httpx2.codes.OK:
            raise ProviderUnavailable(f"{url} answers {answer.status_code}")
        try:
            return json.loads(answer.content)
        except ValueError as exc:
            raise ProviderUnavailable(f"{url} is no JSON") from exc

    async def exchange(
        self, endpoint: str, method: str, secret: str | None, **parameters: str
    ) -> tuple[str, str]:
        """Return the access token and the ID token for a code; raise ProviderUnavailable or ProviderRefused."""
        self._client.client_secret = secret
        auth: object = self._client.client_auth(method)
        if (
            method == "client_secret_basic"
        ):  # Authlib leaves out how RFC 6749, section 2.3.1, wants it spelt
            auth = BasicAuth(quote_plus(self._client_id), quote_plus(secret or ""))
        try:
            tokens = await self._client.fetch_token(
                endpoint, grant_type="authorization_code", auth=auth, **parameters
            )
        except OAuthError as exc:
            raise ProviderRefused(_told(exc)) from exc
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, _TooMuch) as exc:
            raise _unavailable(endpoint, exc) from exc
        access, identity = tokens.get("access_token"), tokens.get("id_token")
        if not isinstance(identity, str) or not isinstance(access, str):
            raise ProviderRefused("the provider gave no ID token; is the scope openid allowed?")
        return access, identity

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def trust_of(ca_file: str | None) -> ssl.SSLContext:
    """Return whom to believe about certificates; reads files, so not on the loop. Raises ProviderUnavailable."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise ProviderUnavailable(f"auth.oidc.ca_file: {ca_file} can't be read: {exc}") from exc


def _told(exc: OAuthError) -> str:
    hints = {
        "invalid_client": "; is auth.oidc.client_secret_file the secret of auth.oidc.client_id?",
        "invalid_grant": "; the code was used before, or is too old",
    }
    text = f"the provider gives nothing for the code: {exc.error}{hints.get(str(exc.error), '')}"
    return "".join(c for c in text if c.isprintable())[:300]


def _unavailable(url: str, exc: Exception) -> ProviderUnavailable:
    why = "no answer in time" if isinstance(exc, httpx2.TimeoutException) else str(exc)
    return ProviderUnavailable(f"{url}: {why or type(exc).__name__}")


class _TooMuch(Exception):
    """An answer was longer than any that we ask for."""


class _Bounded(AsyncByteStream):
    def __init__(self, stream: AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for chunk in self._stream:
            taken += len(chunk)
            if taken > MOST_BYTES:
                raise _TooMuch(f"the answer is longer than {MOST_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: Response) -> None:
    if isinstance(response.stream, AsyncByteStream):
        response.stream = _Bounded(response.stream)
