"""Dialing a remote: connect, check its host key, log in; within the time limit, or not at all."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import asyncssh
from asyncssh.packet import PacketDecodeError

from gateway.core.host_key import Verdict, same_fingerprint
from gateway.core.inventory import Remote
from gateway.core.names import LoginName, RemoteName
from gateway.errors import (
    HostKeyChanged,
    Reason,
    RemoteRejected,
    RemoteUnreachable,
    StoreUnavailable,
)
from gateway.tunnels import algorithms
from gateway.tunnels.connection import Connection, held
from gateway.tunnels.greeter import Greeter
from gateway.tunnels.greeting import greeting
from gateway.tunnels.host_keys import Search
from gateway.tunnels.identities import NOTHING, Proof, Prover
from gateway.tunnels.knocking import Knocker, let_go
from gateway.tunnels.known_hosts import KnownKeys, described, host_names, known_keys
from gateway.tunnels.observer import Observer
from gateway.tunnels.translate import place, remote_error
from gateway.tunnels.windows import Windows

LOG_IN_SECONDS: Final = 10.0
DIAL_SECONDS: Final = 25.0
"""More than finding the remote, connecting to it and logging in take together at most."""

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


class Dialer:
    """Dials remotes; knows how, and keeps nothing but the keys that it has opened, and where remotes were."""

    def __init__(self, *, pins: Pins, windows: Windows, prover: Prover | None = None) -> None:
        self._pins = pins
        self._windows = windows
        self._prover = Prover() if prover is None else prover
        self._knocker = Knocker()

    async def dial(
        self, way: Way, through: Connection | None, *, observer: Observer | None = None
    ) -> AbstractAsyncContextManager[Connection]:
        """Log in, and return what holds the connection; raise RemoteError when it can't be had."""
        watching = observer or Observer()
        try:
            async with (
                asyncio.timeout(way.remote.connect_seconds or DIAL_SECONDS),
                self._prover.proof(way.remote, way.login) as proof,
            ):
                watching.offers(proof.keys)
                ssh, ended = await self._log_in(way, through, proof, watching)
        except TimeoutError as exc:
            raise remote_error(exc, way.remote, way.login) from exc
        return held(ssh, ended, self._windows, keepalive_seconds=way.remote.keepalive_seconds)

    async def knock(self, way: Way, through: Connection | None) -> None:
        """Raise RemoteUnreachable unless an SSH server greets whoever comes now; log in as nobody."""
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                await greeting(way.remote, through, self._knocker)
        except (asyncssh.Error, OSError) as exc:
            raise remote_error(exc, way.remote, way.login) from exc

    async def check_host_key(self, way: Way, through: Connection | None) -> None:
        """Raise RemoteError unless the remote shows a host key that we would log in to; log in as nobody.

        A key that would be accepted at first sight passes, and is remembered only by who remembers pins.
        """
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                ssh, _ = await self._log_in(way, through, NOTHING, Observer())
        except TimeoutError as exc:
            raise remote_error(exc, way.remote, way.login) from exc
        except RemoteRejected as exc:
            if exc.reason is not Reason.LOGIN_REFUSED:
                raise
        else:
            ssh.abort()

    async def _log_in(
        self, way: Way, through: Connection | None, proof: Proof, observer: Observer
    ) -> LoggedIn:
        """Connect; as long as the remote shows other host keys than the one we know, ask for the next kind."""
        remembered = self._pins.pinned(way.remote.name)
        search = Search(way.remote, await known_keys(way.remote), remembered)
        while True:
            greeter = Greeter(
                way.remote, remembered, others_known=bool(search.known), observer=observer
            )
            try:
                wants = Wants(through, proof, search.known, search.asked)
                ssh = await connect(way, wants, greeter, self._knocker)
            except (asyncssh.Error, OSError) as exc:
                if search.goes_on(exc, greeter):
                    continue
                error = search.refusal(exc, greeter, place(way.remote))
                if error is None:
                    error = remote_error(exc, way.remote, way.login, greeted=greeter.greeted)
                raise error from exc
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
            raise HostKeyChanged(detail, known=(first,), shown=(described(key),))


@dataclass(frozen=True, slots=True)
class Wants:
    """What one try to connect goes by."""

    through: Connection | None
    proof: Proof
    known: KnownKeys
    host_key_algorithms: Sequence[str]


async def connect(
    way: Way, wants: Wants, greeter: Greeter, knocker: Knocker
) -> asyncssh.SSHClientConnection:
    """Connect and log in; nothing in ~/.ssh or of the environment counts."""
    remote, line = way.remote, None
    if wants.through is None:
        line = await knocker.open(remote.host, remote.port)
    try:
        async with asyncio.timeout(remote.connect_seconds or LOG_IN_SECONDS):
            return await _log_in(way, wants, greeter, line)
    except BaseException:
        if line is not None:
            let_go(line, taken=greeter.greeted)
        raise


async def _log_in(
    way: Way, wants: Wants, greeter: Greeter, line: socket.socket | None
) -> asyncssh.SSHClientConnection:
    try:
        return await _connect(way, wants, greeter, line)
    except PacketDecodeError as exc:
        # None of asyncssh's own errors, though a remote can bring it about.
        raise asyncssh.ProtocolError(f"it sent a broken packet: {exc}") from exc


async def _connect(
    way: Way, wants: Wants, greeter: Greeter, line: socket.socket | None
) -> asyncssh.SSHClientConnection:
    remote, ccache = way.remote, wants.proof.ccache
    return await asyncssh.connect(
        remote.host,
        remote.port,
        config=None,
        sock=line,
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
        host_key_alias=host_names(remote)[-1],  # what a certificate must be made out to
        server_host_key_algs=wants.host_key_algorithms,
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],
        kex_algs=algorithms.KEX,
        encryption_algs=algorithms.CIPHERS,
        mac_algs=algorithms.MACS,
        signature_algs=algorithms.SIGNATURES,
        compression_algs=None,
        keepalive_interval=0,  # its own keepalive ends a silent connection; ours keeps it for a while
        login_timeout=remote.connect_seconds or LOG_IN_SECONDS,
        utf8_decode_errors="replace",
    )
