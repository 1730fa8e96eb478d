"""What somebody brings back from the provider: a code, and then who they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.core.inventory import Oidc
from gateway.core.names import GroupName
from gateway.core.provider_metadata import Metadata
from gateway.core.provider_tokens import Claims
from gateway.errors import ProviderRefused

MOST_GROUPS: Final = 1000
LONGEST_GROUP: Final = 256
LONGEST_TEXT: Final = 254
LONGEST_CODE: Final = 4096
DENIALS: Final = frozenset(
    {"access_denied", "login_required", "consent_required", "interaction_required"}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a log-in at the provider began with; all of it must fit what comes back."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    """PKCE's (RFC 7636)."""
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody for whom the provider vouches."""

    issuer: str
    subject: str
    name: str | None = None
    """What they might be called here; never who they are."""
    full_name: str = ""
    email: str = ""
    groups: frozenset[GroupName] = frozenset()
    sid: str | None = None
    """The provider's session."""
    id_token: str = field(default="", repr=False)


def code_in(answer: Mapping[str, str], metadata: Metadata) -> str:
    """Return the code of an answer whose state is known already; raise ProviderRefused."""
    issuer = answer.get("iss")
    if issuer != metadata.issuer and (issuer is not None or metadata.says_issuer):  # RFC 9207
        raise ProviderRefused(f"the answer is of {issuer!r}, not of {metadata.issuer!r}")
    if (error := answer.get("error")) is not None:
        told = "".join(
            c for c in f"{error} {answer.get('error_description', '')}" if c.isprintable()
        )
        raise ProviderRefused(f"the provider says {told[:300].rstrip()}", denied=error in DENIALS)
    code = answer.get("code", "")
    if not 0 < len(code) <= LONGEST_CODE:
        raise ProviderRefused("the answer has no code")
    return code


def wanting(claims: Claims, oidc: Oidc) -> bool:
    """Say whether userinfo must be asked for what the ID token does not tell."""
    return any(claim not in claims for claim in (oidc.groups_claim, oidc.name_claim, "name"))


def arrival_of(claims: Claims, oidc: Oidc, *, subject: str, id_token: str) -> Arrival:
    """Return who arrived, by claims that hold."""
    sid, name = claims.get("sid"), claims.get(oidc.name_claim)
    return Arrival(
        issuer=oidc.issuer,
        subject=subject,
        name=name if isinstance(name, str) else None,
        full_name=_text(claims.get("name")),
        email=_email(claims),
        groups=_groups(claims.get(oidc.groups_claim)),
        sid=sid if isinstance(sid, str) and sid else None,
        id_token=id_token,
    )


def _groups(claim: object) -> frozenset[GroupName]:
    """Return the groups in a claim; what is no text, or no printable one, is no group."""
    words = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
    named = (word for word in words[:MOST_GROUPS] if isinstance(word, str))
    return frozenset(GroupName(w) for w in named if 0 < len(w) <= LONGEST_GROUP and w.isprintable())


def _email(claims: Claims) -> str:
    """Return an address to show; it is never what anybody is known by (threat D9)."""
    text = _text(claims.get("email"))
    local, _, domain = text.rpartition("@")
    good = bool(local) and "@" not in local and "." in domain.strip(".") and " " not in text
    return text if good and claims.get("email_verified", True) is True else ""


def _text(claim: object) -> str:
    text = claim if isinstance(claim, str) else ""
    return text if len(text) <= LONGEST_TEXT and text.isprintable() else ""
