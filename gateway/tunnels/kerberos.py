"""Kerberos tickets through GSSAPI: the one place that knows the gssapi library, and what its codes mean.

Every tunnel has a cache of its own, in this process's memory. From a keytab libkrb5 fills it, and gets a new ticket
when half of the old one's life is over; a ticket of somebody else's cache is copied into it, so that nothing is ever
written to what isn't ours. The ticket for the remote's sshd is put there too before the log-in: so a refusal by the
KDC is told apart from one by the remote, and asyncssh, which is given the cache, finds all that it needs in it.

All of this blocks.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.core.kerberos_errors import expired, hides_keytab, refusal
from gateway.core.ssh_credential import Kerberos, means
from gateway.errors import Reason, RemoteError, RemoteRejected, RemoteUnreachable

if TYPE_CHECKING:
    import gssapi

_FILE: Final = "FILE:"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that is good now."""

    principal: str
    lifetime_seconds: float


def take(kerberos: Kerberos, cache: str, *, host: str | None) -> Ticket:
    """Return a ticket, renewed if it is ours to renew; raise RemoteError when there is none.

    With a ``host`` it is in ``cache`` afterwards, together with one for the sshd there.
    """
    try:
        import gssapi.exceptions  # noqa: PLC0415  an extra: most do without
    except ImportError as exc:
        what = "gssapi needs the gssapi module: install notebook-gateway[kerberos], or use the Kerberos image"
        raise RemoteRejected(Reason.IDENTITY_UNUSABLE, what) from exc
    try:
        held = _held(kerberos, cache)
        ticket = Ticket(str(held.name), float(held.lifetime or 0))
        if host is not None:
            _prepare(kerberos, held, cache, host)
    except gssapi.exceptions.GSSError as exc:
        raise _refusal(exc, kerberos, host) from exc
    return ticket


def silent(kerberos: Kerberos, after_seconds: float) -> RemoteUnreachable:
    """Return what to say when no answer came in time."""
    detail = f"{means(kerberos)}: no KDC answered in {after_seconds:.0f} s; is it up and reachable?"
    return RemoteUnreachable(Reason.KDC_UNREACHABLE, detail)


def _held(kerberos: Kerberos, cache: str) -> "gssapi.Credentials":
    import gssapi  # noqa: PLC0415

    store = None if kerberos.ccache is None else {"ccache": _FILE + kerberos.ccache}
    if kerberos.keytab is not None:
        store = {"client_keytab": _FILE + kerberos.keytab, "ccache": cache}
    return gssapi.Credentials(name=_principal(kerberos), usage="initiate", store=store)


def _prepare(kerberos: Kerberos, held: "gssapi.Credentials", cache: str, host: str) -> None:
    """Fill the cache with all that the log-in needs."""
    import gssapi  # noqa: PLC0415

    if kerberos.keytab is None:
        held.store({"ccache": cache}, usage="initiate", overwrite=True)
        held = gssapi.Credentials(usage="initiate", store={"ccache": cache})
    service = gssapi.Name(f"host@{host}", gssapi.NameType.hostbased_service)
    gssapi.SecurityContext(name=service, creds=held, usage="initiate").step()


def _principal(kerberos: Kerberos) -> "gssapi.Name | None":
    import gssapi  # noqa: PLC0415

    if kerberos.principal is None:
        return None
    return gssapi.Name(kerberos.principal, gssapi.NameType.kerberos_principal)


def _refusal(
    exc: "gssapi.exceptions.GSSError", kerberos: Kerberos, host: str | None
) -> RemoteError:
    """Return our word for ``exc``; where libkrb5 keeps to itself what ails a keytab, ask once more."""
    import gssapi.exceptions  # noqa: PLC0415

    if isinstance(exc, gssapi.exceptions.ExpiredCredentialsError):
        # Its minor code is whatever number MIT's mechglue has free for "Success" of this mechanism.
        return expired(kerberos)
    ailing = _ailing(kerberos) if hides_keytab(exc.min_code, kerberos) else None
    return refusal(exc.min_code, ailing or _said(exc), kerberos, host)


def _ailing(kerberos: Kerberos) -> str | None:
    """Return why a keytab is of no use to its principal; None when it is."""
    import gssapi.exceptions  # noqa: PLC0415

    try:
        store = {"keytab": f"{_FILE}{kerberos.keytab}"}
        gssapi.Credentials(name=_principal(kerberos), usage="accept", store=store)
    except gssapi.exceptions.GSSError as exc:
        return _said(exc)
    return None


def _said(exc: "gssapi.exceptions.GSSError") -> str:
    return "; ".join(exc.get_all_statuses(exc.min_code, is_maj=False))
