"""Whether a token of the provider's holds: every check that is a decision, as a function of values.

The signature is checked elsewhere, with the provider's keys and with an algorithm that ``check_header`` let
through; what is said here about claims counts for signed ones alone. Unknown is refused.
"""

from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import new as new_hash
from hmac import compare_digest
from typing import Final, TypeAlias

from gateway.errors import ProviderRefused

Claims: TypeAlias = Mapping[str, object]

SKEW_SECONDS: Final = 60.0
"""How far the provider's clock may be from ours."""
LONGEST_LOGOUT_SECONDS: Final = 600.0
"""A log-out that was told longer ago is not acted on: whoever replays it would end sessions of today."""
LAST_TIME: Final = 1e12
"""In seconds, some 30,000 years. JSON as Python reads it knows NaN, which is before no other time."""
LONGEST_SUBJECT: Final = 255
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPE: Final = "logout+jwt"
HASHES: Final = {"256": "sha256", "384": "sha384", "512": "sha512"}
EDWARDS: Final = frozenset({"EdDSA", "Ed25519"})


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the provider."""

    issuer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """What a logout token ends: the sessions of ``sid``, or all those of ``subject``."""

    issuer: str
    id: str
    """The token's own, good once."""
    until: float
    """When the token itself ends, in seconds since the epoch: so long its id is to be remembered."""
    subject: str | None = None
    sid: str | None = None


def check_header(header: Claims, allowed: Collection[str], *, logout: bool = False) -> str:
    """Return the algorithm of a token; raise ProviderRefused unless it is one of ``allowed``."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in allowed:
        raise ProviderRefused(
            f"the token is signed with {algorithm!r}, not with one of {_list(allowed)}"
        )
    if "crit" in header:  # RFC 7515, section 4.1.11: we understand none
        raise ProviderRefused("the token's header has crit, and we know no extensions")
    kind = header.get("typ", LOGOUT_TYPE if logout else None)
    if (_kind(kind) == LOGOUT_TYPE) != logout and not (logout and _kind(kind) == "jwt"):
        raise ProviderRefused(f"the token is of type {kind!r}, which is not what it was sent as")
    return algorithm


def check_id_token(claims: Claims, client: Client, *, nonce: str, now: float) -> str:
    """Return the subject of an ID token (OpenID Connect Core 1.0, section 3.1.3.7); raise ProviderRefused."""
    _check_sender(claims, client)
    _check_party(claims, client)
    _check_times(claims, now)
    given = claims.get("nonce")
    if not isinstance(given, str) or not compare_digest(given.encode(), nonce.encode()):
        raise ProviderRefused("the ID token's nonce is not the one that this log-in began with")
    subject = _subject(claims)
    if subject is None:
        raise ProviderRefused("the ID token has no sub")
    return subject


def check_at_hash(claims: Claims, algorithm: str, access_token: str) -> None:
    """Raise ProviderRefused where the ID token names another access token (section 3.1.3.6)."""
    given = claims.get("at_hash")
    if given is None:
        return
    hashed = "sha512" if algorithm in EDWARDS else HASHES.get(algorithm[2:])
    if hashed is None:
        raise ProviderRefused(f"the ID token's at_hash can't be judged: {algorithm} is unknown")
    half = new_hash(hashed, access_token.encode()).digest()
    expected = urlsafe_b64encode(half[: len(half) // 2]).rstrip(b"=")
    if not isinstance(given, str) or not compare_digest(given.encode(), expected):
        raise ProviderRefused("the ID token's at_hash is of another access token")


def check_userinfo(claims: Claims, subject: str) -> None:
    """Raise ProviderRefused unless userinfo speaks of the same person (section 5.3.2)."""
    if claims.get("sub") != subject:
        raise ProviderRefused("userinfo speaks of somebody else than the ID token")


def check_logout_token(claims: Claims, client: Client, *, now: float) -> LoggedOut:
    """Return what a logout token ends (OpenID Connect Back-Channel Logout 1.0, section 2.6); raise ProviderRefused."""
    _check_sender(claims, client)
    _check_times(claims, now)
    if now - _number(claims, "iat") > LONGEST_LOGOUT_SECONDS:
        raise ProviderRefused("the logout token is too old")
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(LOGOUT_EVENT), Mapping):
        raise ProviderRefused("the logout token tells of no log-out")
    if "nonce" in claims:
        raise ProviderRefused("the logout token has a nonce: it is an ID token in disguise")
    name, sid = claims.get("jti"), claims.get("sid")
    if not isinstance(name, str) or not name:
        raise ProviderRefused("the logout token has no jti")
    subject = _subject(claims)
    if sid is not None and (not isinstance(sid, str) or not sid):
        raise ProviderRefused("the logout token's sid is no text")
    if subject is None and sid is None:
        raise ProviderRefused("the logout token has neither sub nor sid")
    until = min(_number(claims, "exp"), _number(claims, "iat") + LONGEST_LOGOUT_SECONDS)
    return LoggedOut(client.issuer, name, until + SKEW_SECONDS, subject, sid)


def _check_sender(claims: Claims, client: Client) -> None:
    if claims.get("iss") != client.issuer:
        raise ProviderRefused(f"the token is of {claims.get('iss')!r}, not of {client.issuer!r}")
    if client.client_id not in _audience(claims):
        raise ProviderRefused(
            f"the token is for {claims.get('aud')!r}, not for {client.client_id!r}"
        )


def _check_party(claims: Claims, client: Client) -> None:
    party = claims.get("azp")
    if party is None and len(_audience(claims)) == 1:
        return
    if party != client.client_id:
        raise ProviderRefused(f"the ID token was made for {party!r}, not for {client.client_id!r}")


def _check_times(claims: Claims, now: float) -> None:
    if now >= _number(claims, "exp") + SKEW_SECONDS:
        raise ProviderRefused("the token has expired; is this machine's clock right?")
    if _number(claims, "iat") > now + SKEW_SECONDS:
        raise ProviderRefused("the token is from the future; is this machine's clock right?")
    if "nbf" in claims and _number(claims, "nbf") > now + SKEW_SECONDS:
        raise ProviderRefused("the token does not count yet; is this machine's clock right?")


def _audience(claims: Claims) -> list[str]:
    audience = claims.get("aud")
    if isinstance(audience, str):
        return [audience]
    whole = isinstance(audience, list) and all(isinstance(one, str) for one in audience)
    return list(audience) if whole and isinstance(audience, list) else []


def _number(claims: Claims, name: str) -> float:
    found = claims.get(name)
    if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < LAST_TIME:
        return float(found)
    raise ProviderRefused(f"the token's {name} is not a time")


def _subject(claims: Claims) -> str | None:
    subject = claims.get("sub")
    if subject is None:
        return None
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise ProviderRefused("the token's sub is not a text of 1 to 255 characters")
    return subject


def _kind(kind: object) -> str:
    return kind.lower().removeprefix("application/") if isinstance(kind, str) else ""


def _list(words: Collection[str]) -> str:
    return ", ".join(sorted(words))
