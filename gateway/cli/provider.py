"""What ``gateway check`` says of the identity provider: what to register there, and whether it can be used."""

import asyncio
from collections.abc import Iterator

from gateway.cli.output import Row
from gateway.core.inventory import Inventory
from gateway.core.provider_metadata import BACKCHANNEL_PATH, CALLBACK_PATH, LOGGED_OUT_PATH
from gateway.errors import ProviderUnavailable


def to_register(wanted: Inventory) -> Iterator[str]:
    """Yield what the provider has to be told of us."""
    oidc, origin = wanted.auth.oidc, wanted.server.public_url.origin
    if oidc is not None:
        yield f"register the client {oidc.client_id} at {oidc.issuer} with"
        yield f"  redirect URI              {origin}{CALLBACK_PATH}"
        yield f"  post-logout redirect URI  {origin}{LOGGED_OUT_PATH}"
        yield f"  back-channel logout URI   {origin}{BACKCHANNEL_PATH}"


def provider_rows(wanted: Inventory) -> list[Row]:
    """Return how the provider stands, in a row; none where there is no provider."""
    oidc = wanted.auth.oidc
    if oidc is None:
        return []
    state, detail = asyncio.run(_asked(wanted))
    return [
        {
            "what": "provider",
            "name": oidc.called,
            "state": state,
            "reason": None,
            "detail": detail,
            "expires_at": None,
        }
    ]


async def _asked(wanted: Inventory) -> tuple[str, str]:
    from gateway.provider.provider import Provider  # noqa: PLC0415 - Authlib and joserfc: 0.3 s

    provider = Provider(lambda: wanted.auth.oidc)
    try:
        metadata, keys = await provider.examined()
    except ProviderUnavailable as exc:
        return "refused", str(exc)
    finally:
        await provider.close()
    told = (
        f"{keys} key{'' if keys == 1 else 's'}, signs with {', '.join(sorted(metadata.algorithms))}"
    )
    missing = [
        what
        for what, there in (
            ("log-out there", metadata.end_session_endpoint is not None),
            ("back-channel log-out", metadata.logs_out),
        )
        if not there
    ]
    return "ready", f"{told}; it offers no {' and no '.join(missing)}" if missing else told
