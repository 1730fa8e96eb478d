"""TLS over a channel, for notebooks that speak https; their certificate is judged before a byte is sent."""

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from gateway.core.inventory import Verify
from gateway.errors import Reason, UpstreamError, UpstreamLost, UpstreamMalformed, UpstreamTimedOut
from gateway.tunnels.certificates import covers, fingerprint_fits
from gateway.tunnels.channel import ProtocolFactory

HANDSHAKE_SECONDS: Final = 5
SHUTDOWN_SECONDS: Final = 2

OpenPlain: TypeAlias = Callable[[ProtocolFactory], Awaitable[asyncio.Transport]]


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides about a notebook's certificate."""

    context: ssl.SSLContext
    verify: Verify
    names: Sequence[str]
    """Whom the certificate may be made out to; the first one is asked for (SNI)."""

    def objection(self, session: ssl.SSLObject) -> str | None:
        """Say what is wrong with the certificate shown, if anything is."""
        if self.verify.off:
            return None
        shown = session.getpeercert(binary_form=True) or b""
        if self.verify.pin is not None:
            fits = fingerprint_fits(shown, self.verify.pin)
            return None if fits else "the certificate is not the pinned one"
        certificate = cast("dict[str, object]", session.getpeercert() or {})
        fits = covers(certificate, self.names)
        return None if fits else f"the certificate is not made out to {' or '.join(self.names)}"


def judge_for(verify: Verify, names: Sequence[str]) -> Judge:
    """Return who judges as ``verify`` says; raise UpstreamMalformed when its CA file is of no use."""
    if verify.off or verify.pin is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return Judge(context, verify, names)
    try:
        context = ssl.create_default_context(cafile=verify.ca_file)
    except OSError as exc:
        detail = f"the CA file {verify.ca_file} is of no use: {exc}"
        raise UpstreamMalformed(Reason.CERTIFICATE_REFUSED, detail) from exc
    # A notebook is reached as localhost, and its certificate names its machine or localhost.
    context.check_hostname = False
    return Judge(context, verify, names)


async def open_tls(
    open_plain: OpenPlain, factory: ProtocolFactory, judge: Judge
) -> asyncio.Transport:
    """Open a channel, shake hands, judge the certificate, and only then make the protocol.

    Raise UpstreamMalformed when the certificate is refused or what answers is no TLS.
    """
    shaken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    guard = _Guard(factory, judge)
    plain = await open_plain(lambda: _tls(guard, judge, shaken))
    try:
        await shaken
    except (OSError, UpstreamLost) as exc:
        plain.abort()
        raise _translated(exc) from exc
    except BaseException:
        plain.abort()
        raise
    if guard.objection is not None:
        raise UpstreamMalformed(Reason.CERTIFICATE_REFUSED, guard.objection)
    if guard.transport is None:
        plain.abort()
        raise UpstreamMalformed(Reason.NOT_HTTP, "it ended the TLS handshake")
    return guard.transport


class _Tls(SSLProtocol):
    """asyncio's TLS, with a buffer as large as an SSH packet instead of eight times that."""

    max_size = 32 * 1024


class _Guard(asyncio.Protocol):
    """Stands before the protocol until the certificate is judged."""

    def __init__(self, factory: ProtocolFactory, judge: Judge) -> None:
        self.transport: asyncio.Transport | None = None
        self.objection: str | None = None
        self._factory = factory
        self._judge = judge

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Judge, then step aside; what was sent with the handshake is read after this."""
        tls = cast("asyncio.Transport", transport)
        self.objection = self._judge.objection(tls.get_extra_info("ssl_object"))
        if self.objection is not None:
            tls.abort()
            return
        self.transport = tls
        protocol = self._factory()
        tls.set_protocol(protocol)
        protocol.connection_made(tls)


def _tls(guard: _Guard, judge: Judge, shaken: "asyncio.Future[None]") -> SSLProtocol:
    return _Tls(
        asyncio.get_running_loop(),
        guard,
        judge.context,
        shaken,
        server_hostname=judge.names[0],
        ssl_handshake_timeout=HANDSHAKE_SECONDS,
        ssl_shutdown_timeout=SHUTDOWN_SECONDS,
    )


def _translated(exc: Exception) -> UpstreamError:
    match exc:
        case ssl.SSLCertVerificationError():
            detail = f"the certificate is refused: {exc.verify_message}"
            return UpstreamMalformed(Reason.CERTIFICATE_REFUSED, detail)
        case ConnectionAbortedError():
            return UpstreamTimedOut(Reason.SILENT_NOTEBOOK, "it does not answer a TLS hello")
        case UpstreamError():
            return exc
        case _:
            return UpstreamMalformed(Reason.NOT_HTTP, f"it does not speak TLS: {exc}")
