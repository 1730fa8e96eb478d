"""What libkrb5's codes mean for a log-in: whose fault it is, and the fix."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.core.ssh_credential import Kerberos, means
from gateway.errors import Reason, RemoteError, RemoteRejected, RemoteUnreachable

_WORD: Final = 2**32
_BASE: Final = -1_765_328_384
"""Where the codes of libkrb5 begin (krb5.h); GSSAPI's minor codes are these, unsigned."""


class Meaning(NamedTuple):
    """What a code stands for."""

    reason: Reason
    fix: str
    retry: bool = False


_KDC_DOWN: Final = Meaning(
    Reason.KDC_UNREACHABLE, "is it up, and does krb5.conf of the gateway name it?", retry=True
)
_SKEW: Final = Meaning(
    Reason.IDENTITY_UNUSABLE, "the gateway's clock and the KDC's differ; set both by NTP"
)
_EXPIRED_TICKET: Final = Meaning(
    Reason.CREDENTIAL_EXPIRED,
    "whoever renews it (kinit, k5start, sssd) must do so; or give the gateway a keytab",
)
_NO_TICKET: Final = Meaning(
    Reason.IDENTITY_UNUSABLE, "get one with kinit; or give the gateway a keytab"
)
_NO_CACHE: Final = Meaning(
    Reason.IDENTITY_UNUSABLE, "fill it anew with kinit; the gateway reads a cache of MIT's format"
)
_KEYTAB: Final = Meaning(
    Reason.IDENTITY_UNUSABLE, "klist -k shows what it holds; make it anew with kadmin's ktadd"
)
_STALE: Final = Meaning(
    Reason.IDENTITY_UNUSABLE, "its key is not the KDC's any more; make the keytab anew with ktadd"
)
_CLIENT: Final = Meaning(
    Reason.IDENTITY_UNUSABLE, "the KDC's administrator must make or unlock the principal"
)
_CLIENT_EXPIRED: Final = Meaning(
    Reason.CREDENTIAL_EXPIRED, "the KDC's administrator must prolong the principal"
)

SERVICE_UNKNOWN: Final = 7
"""KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN"""
TICKET_EXPIRED: Final = 32
"""KRB5KRB_AP_ERR_TKT_EXPIRED"""
NO_CACHE_FILE: Final = 195
"""KRB5_FCC_NOFILE"""

MEANINGS: Final[Mapping[int, Meaning]] = {
    1: _CLIENT_EXPIRED,  # KRB5KDC_ERR_NAME_EXP
    6: _CLIENT,  # KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN
    18: _CLIENT,  # KRB5KDC_ERR_CLIENT_REVOKED
    23: _CLIENT_EXPIRED,  # KRB5KDC_ERR_KEY_EXP
    24: _STALE,  # KRB5KDC_ERR_PREAUTH_FAILED
    31: _STALE,  # KRB5KRB_AP_ERR_BAD_INTEGRITY
    TICKET_EXPIRED: _EXPIRED_TICKET,
    37: _SKEW,  # KRB5KRB_AP_ERR_SKEW
    141: _NO_TICKET,  # KRB5_CC_NOTFOUND
    148: _SKEW,  # KRB5_KDCREP_SKEW
    154: _KDC_DOWN,  # KRB5_REALM_UNKNOWN
    156: _KDC_DOWN,  # KRB5_KDC_UNREACH
    NO_CACHE_FILE: _NO_TICKET,
    199: _NO_CACHE,  # KRB5_CC_FORMAT
    212: _NO_CACHE,  # KRB5_CCACHE_BADVNO
    220: _KDC_DOWN,  # KRB5_REALM_CANT_RESOLVE
}


def expired(kerberos: Kerberos) -> RemoteError:
    """Return the failure of a ticket whose time is over, for which GSSAPI has a major code, and libkrb5 no minor."""
    return refusal(TICKET_EXPIRED + _BASE + _WORD, "Ticket expired", kerberos, None)


def refusal(minor: int, said: str, kerberos: Kerberos, host: str | None) -> RemoteError:
    """Return the failure that GSSAPI's ``minor`` code stands for; ``said`` is libkrb5's sentence."""
    code = _code(minor)
    if code == SERVICE_UNKNOWN:
        meaning = _service(host)
    elif hides_keytab(minor, kerberos):
        meaning = _KEYTAB
    else:
        meaning = MEANINGS.get(code, Meaning(Reason.IDENTITY_UNUSABLE, f"libkrb5's code is {code}"))
    kind = RemoteUnreachable if meaning.retry else RemoteRejected
    return kind(meaning.reason, f"{means(kerberos)}: {said}; {meaning.fix}")


def hides_keytab(minor: int, kerberos: Kerberos) -> bool:
    """Say whether libkrb5 complains of an empty cache where it is the keytab that does not fill it."""
    return kerberos.keytab is not None and _code(minor) == NO_CACHE_FILE


def _code(minor: int) -> int:
    return (minor - _WORD if minor >= _WORD // 2 else minor) - _BASE


def _service(host: str | None) -> Meaning:
    fix = (
        f"the KDC must know the remote as host/{host}: write its host in gateway.yaml as the KDC does;"
        " with dns_canonicalize_hostname in krb5.conf the name that DNS makes of it counts"
    )
    return Meaning(Reason.IDENTITY_UNUSABLE, fix)
