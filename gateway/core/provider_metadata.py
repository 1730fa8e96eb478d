"""What an OpenID provider says of itself (OpenID Connect Discovery 1.0), as far as we need it and believe it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.errors import ProviderUnavailable

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
"""The signatures that we take: asymmetric ones alone. Never none, never HS*, whoever asks for it."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
CALLBACK_PATH: Final = "/-/oidc/callback"
LOGGED_OUT_PATH: Final = "/-/oidc/logged-out"
BACKCHANNEL_PATH: Final = "/-/oidc/backchannel-logout"
"""What of ours is registered at the provider."""
WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's places and abilities."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    algorithms: frozenset[str] = frozenset({"RS256"})
    """What it may sign ID tokens with, of what we take."""
    client_auth: frozenset[str] = frozenset({"client_secret_basic"})
    """How clients may prove themselves at the token endpoint."""
    says_issuer: bool = False
    """Whether it names itself in every answer (RFC 9207)."""
    logs_out: bool = False
    """Whether it tells clients of log-outs (back-channel)."""


def well_known(issuer: str) -> str:
    """Return where an issuer's metadata is (section 4)."""
    return issuer.rstrip("/") + WELL_KNOWN


def is_safe(url: str) -> bool:
    """Say whether a secret may be sent to ``url``: https, or http on this very machine."""
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def metadata_of(document: object, issuer: str) -> Metadata:
    """Return what a metadata document says; raise ProviderUnavailable where it can't be what we want."""
    if not isinstance(document, Mapping):
        raise ProviderUnavailable(f"{well_known(issuer)} is no JSON object")
    if document.get("issuer") != issuer:  # exactly: section 4.3
        raise ProviderUnavailable(
            f"the provider calls itself {_shown(document.get('issuer'))}, and auth.oidc.issuer is {issuer!r};"
            " write it exactly so, with or without a slash at its end"
        )
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_place(document, "authorization_endpoint"),
        token_endpoint=_place(document, "token_endpoint"),
        jwks_uri=_place(document, "jwks_uri"),
        userinfo_endpoint=_place_or_none(document, "userinfo_endpoint"),
        end_session_endpoint=_place_or_none(document, "end_session_endpoint"),
        algorithms=_algorithms(document),
        client_auth=_words(document, "token_endpoint_auth_methods_supported")
        or frozenset({"client_secret_basic"}),
        says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        logs_out=document.get("backchannel_logout_supported") is True,
    )


def auth_method(metadata: Metadata, *, has_secret: bool) -> str:
    """Return how to prove ourselves at the token endpoint; raise ProviderUnavailable where there is no way."""
    if not has_secret:
        return "none"  # what it says of this is about clients with a secret, more often than not
    ways = ("client_secret_basic", "client_secret_post")
    found = next((way for way in ways if way in metadata.client_auth), None)
    if found is None:
        offered = ", ".join(sorted(metadata.client_auth))
        raise ProviderUnavailable(
            f"the provider takes none of {', '.join(ways)}, but {offered}; allow one of the two there"
        )
    return found


def _algorithms(document: Mapping[object, object]) -> frozenset[str]:
    advertised = _words(document, "id_token_signing_alg_values_supported") or frozenset({"RS256"})
    taken = advertised & frozenset(ALGORITHMS)
    if not taken:
        raise ProviderUnavailable(
            f"the provider signs with none of {', '.join(ALGORITHMS)}, but {', '.join(sorted(advertised))}"
        )
    return taken


def _place(document: Mapping[object, object], key: str) -> str:
    found = document.get(key)
    if not isinstance(found, str) or not is_safe(found):
        raise ProviderUnavailable(f"the provider's {key} is {_shown(found)}, not an https URL")
    return found


def _place_or_none(document: Mapping[object, object], key: str) -> str | None:
    return None if document.get(key) is None else _place(document, key)


def _words(document: Mapping[object, object], key: str) -> frozenset[str]:
    found = document.get(key)
    return (
        frozenset(w for w in found if isinstance(w, str))
        if isinstance(found, list)
        else frozenset()
    )


def _shown(value: object) -> str:
    return "not said" if value is None else repr(value)[:200]
