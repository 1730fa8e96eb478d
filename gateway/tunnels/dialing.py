"""Dialing a remote: connect, check its host key, log in; within the time limit, or not at all."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import asyncssh

from gateway.core.host_key import Verdict, judge, same_fingerprint, vouched
from gateway.core.inventory import Remote
from gateway.core.names import LoginName, RemoteName
from gateway.errors import (
    Reason,
    RemoteRejected,
    RemoteUnreachable,
    StoreUnavailable,
)
from gateway.tunnels import algorithms
from gateway.tunnels.connection import Connection, held
from gateway.tunnels.identities import Proof, Prover
from gateway.tunnels.known_hosts import KnownKeys, kinds, known_keys
from gateway.tunnels.translate import remote_error
from gateway.tunnels.windows import Windows

DIAL_SECONDS: Final = 10.0
KEEPALIVES: Final = 2
"""asyncssh gives up one interval after these: so a dead peer is noticed after three intervals."""

LoggedIn: TypeAlias = tuple[asyncssh.SSHClientConnection, asyncio.Future[Exception | None]]


class Pins(Protocol):
    """Where host keys are remembered that were accepted at first sight."""

    def pinned(self, remote: RemoteName) -> str | None:
        """Return the fingerprint pinned for ``remote``, if there is one."""

    async def pin(self, remote: RemoteName, fingerprint: str) -> None:
        """Remember ``fingerprint`` as that of ``remote``."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to get to a login: all that a tunnel depends on, so that equal ways share one."""

    remote: Remote
    login: LoginName
    jump: "Way | None" = None


class Greeter(asyncssh.SSHClient):
    """What asyncssh asks and tells while it connects."""

    def __init__(self, remote: Remote, remembered: str | None, *, others_known: bool) -> None:
        self.greeted = False
        self.verdict: Verdict | None = None
        self.shown: frozenset[str] = frozenset()
        """The kinds of the key that was shown and not trusted."""
        self.ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._remote = remote
        self._remembered = remembered
        self._others_known = others_known

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:  # noqa: ARG002  asyncssh's signature
        """Note that somebody answers."""
        self.greeted = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whom it may concern that the connection has ended."""
        if not self.ended.done():
            self.ended.set_result(exc)

    def validate_host_public_key(self, *where_and_key: object) -> bool:
        """Judge a host key for which no known_hosts file vouches."""
        *_, key = where_and_key
        if not isinstance(key, asyncssh.SSHKey):
            return False
        self.verdict = judge(
            self._remote,
            key.get_fingerprint(),
            remembered=self._remembered,
            others_known=self._others_known,
        )
        trusted = self.verdict in {Verdict.TRUSTED, Verdict.NEW}
        if not trusted:
            self.shown = frozenset(name.decode() for name in key.sig_algorithms)
        return trusted


class Dialer:
    """Dials remotes; knows how, and keeps nothing."""

    def __init__(self, *, pins: Pins, windows: Windows, prover: Prover | None = None) -> None:
        self._pins = pins
        self._windows = windows
        self._prover = Prover() if prover is None else prover

    async def dial(
        self, way: Way, through: Connection | None
    ) -> AbstractAsyncContextManager[Connection]:
        """Log in, and return what holds the connection; raise RemoteError when it can't be had."""
        try:
            async with (
                asyncio.timeout(way.remote.connect_seconds or DIAL_SECONDS),
                self._prover.proof(way.remote, way.login) as proof,
            ):
                ssh, ended = await self._log_in(way, through, proof)
        except TimeoutError as exc:
            raise remote_error(exc, way.remote, way.login) from exc
        return held(ssh, ended, self._windows)

    async def _log_in(self, way: Way, through: Connection | None, proof: Proof) -> LoggedIn:
        """Connect; if another host key is shown than the one vouched for, ask for the next kind.

        A fingerprint does not say of which of the remote's keys it is.
        """
        remembered = self._pins.pinned(way.remote.name)
        known = await known_keys(way.remote)
        pin = None if known else vouched(way.remote, remembered)
        asked, changed = kinds(known, pin), None
        while True:
            greeter = Greeter(way.remote, remembered, others_known=bool(known))
            try:
                ssh = await connect(way, Wants(through, proof, known, asked), greeter)
            except (asyncssh.Error, OSError) as exc:
                error = changed or remote_error(
                    exc, way.remote, way.login, greeted=greeter.greeted, verdict=greeter.verdict
                )
                asked = tuple(kind for kind in asked if kind not in greeter.shown)
                if pin is None or not greeter.shown or not asked:
                    raise error from exc
                changed = error
            else:
                await self._remember(way, ssh, greeter)
                return ssh, greeter.ended

    async def _remember(
        self, way: Way, ssh: asyncssh.SSHClientConnection, greeter: Greeter
    ) -> None:
        """Pin a key accepted at first sight; another dial may have pinned another one meanwhile."""
        key = ssh.get_server_host_key()
        if greeter.verdict is not Verdict.NEW or key is None:
            return
        seen, first = key.get_fingerprint(), self._pins.pinned(way.remote.name)
        try:
            await self._pins.pin(way.remote.name, first or seen)
        except StoreUnavailable as exc:
            ssh.abort()
            detail = f"the host key of {way.remote.name} can't be remembered: {exc}"
            raise RemoteUnreachable(Reason.HOST_KEY_UNKNOWN, detail) from exc
        if first is not None and not same_fingerprint(first, seen):
            ssh.abort()
            detail = f"{way.remote.name} shows {seen}, and showed {first} a moment ago"
            raise RemoteRejected(Reason.HOST_KEY_CHANGED, detail)


@dataclass(frozen=True, slots=True)
class Wants:
    """What one try to connect goes by."""

    through: Connection | None
    proof: Proof
    known: KnownKeys
    host_key_algorithms: Sequence[str]


async def connect(way: Way, wants: Wants, greeter: Greeter) -> asyncssh.SSHClientConnection:
    """Connect and log in; nothing in ~/.ssh or of the environment counts."""
    remote, ccache = way.remote, wants.proof.ccache
    return await asyncssh.connect(
        remote.host,
        remote.port,
        config=None,
        tunnel=wants.through or (),
        client_factory=lambda: greeter,
        username=way.login,
        client_keys=wants.proof.keys or None,
        agent_path=None,
        agent_forwarding=False,
        gss_host=None if ccache is None else remote.host,
        gss_store=None if ccache is None else {"ccache": ccache},
        gss_auth=ccache is not None,
        gss_kex=False,
        preferred_auth=("publickey",) if ccache is None else ("gssapi-with-mic",),
        known_hosts=wants.known.for_asyncssh(),
        server_host_key_algs=wants.host_key_algorithms,
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],
        kex_algs=algorithms.KEX,
        encryption_algs=algorithms.CIPHERS,
        mac_algs=algorithms.MACS,
        signature_algs=algorithms.SIGNATURES,
        compression_algs=None,
        keepalive_interval=remote.keepalive_seconds,
        keepalive_count_max=KEEPALIVES,
        login_timeout=remote.connect_seconds or DIAL_SECONDS,
        utf8_decode_errors="replace",
    )
