"""Signatures of the provider's tokens: joserfc's work, with algorithms that the core has let through."""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from gateway.core.provider_tokens import Claims, check_header
from gateway.errors import ProviderRefused, ProviderUnavailable

LONGEST_HEADER: Final = 8192
"""Some providers put their certificates there; we don't look at them."""


class UnknownKey(ProviderRefused):
    """The token names a key that is not among those we know."""


def header_of(token: str) -> Claims:
    """Return a token's header, of which nothing is believed yet; raise ProviderRefused."""
    head = token.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error, RecursionError) as exc:
        raise ProviderRefused("the token can't be read") from exc
    if not isinstance(header, dict) or len(head) > LONGEST_HEADER:
        raise ProviderRefused("the token can't be read")
    return header


def keys_of(document: object) -> KeySet:
    """Return the public keys in a JWKS; raise ProviderUnavailable."""
    listed = document.get("keys") if isinstance(document, Mapping) else None
    usable = [key for key in listed if _is_public(key)] if isinstance(listed, list) else []
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, TypeError) as exc:
        raise ProviderUnavailable(f"the provider's keys can't be used: {exc}") from exc


def claims_of(
    token: str, keys: KeySet, allowed: Collection[str], *, logout: bool = False
) -> tuple[str, Claims]:
    """Return the algorithm and the claims of a token whose signature holds; raise UnknownKey or ProviderRefused."""
    header = header_of(token)
    algorithm = check_header(header, allowed, logout=logout)
    kid = header.get("kid")
    chosen = [k for k in keys if kid is None or k.kid == kid]
    if not chosen:
        raise UnknownKey(
            f"the token is signed with the key {kid!r}, which the provider does not list"
        )
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = LONGEST_HEADER
    try:
        payload = jws.deserialize_compact(token, KeySet(chosen), registry=registry).payload
        claims = json.loads(payload)
    except (JoseError, ValueError, TypeError, RecursionError) as exc:
        raise ProviderRefused(f"the token's signature does not hold: {exc}") from exc
    if not isinstance(claims, dict):
        raise ProviderRefused("the token holds no claims")
    return algorithm, claims


def _is_public(key: object) -> bool:
    """Say whether a key is one to check signatures with: never a shared secret, never one for encryption."""
    if not isinstance(key, dict):
        return False
    return key.get("kty") != OctKey.key_type and key.get("use", "sig") == "sig"
