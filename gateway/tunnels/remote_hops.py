"""The hops of one remote: its name, TCP, SSH, its host key and the log-in, as a dial of ours passes them."""

import asyncio
import errno
import socket
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import takewhile
from typing import Final, TypeAlias

import asyncssh

from gateway.core.advice import advise
from gateway.core.diagnosis import REMOTE_HOPS, Advice, Station
from gateway.core.hop import Hop, hop_of
from gateway.core.host_key import Verdict, fingerprint
from gateway.core.inventory import Remote
from gateway.core.remote_advice import STILL_UP, gate_closed, jump_forbids, proof
from gateway.core.situation import Seen, Situation
from gateway.errors import HostKeyChanged, Reason, RemoteError
from gateway.tunnels.case import Case
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import DIAL_SECONDS, Dialer, Way
from gateway.tunnels.gate import Gate
from gateway.tunnels.host_keys import source
from gateway.tunnels.identities import KeyPairs
from gateway.tunnels.observer import Observer
from gateway.tunnels.overhearing import babbled, overhear
from gateway.tunnels.walk import Walk

GATE_SECONDS: Final = 30.0
"""Longer than refusals take to be forgiven."""

AT_THEIR_HOP: Final = frozenset(
    {
        Reason.NAME_NOT_FOUND,
        Reason.NOT_SSH,
        Reason.HOST_KEY_CHANGED,
        Reason.HOST_KEY_UNKNOWN,
        Reason.IDENTITY_UNUSABLE,
        Reason.KDC_UNREACHABLE,
        Reason.CREDENTIAL_EXPIRED,
        Reason.LOGIN_REFUSED,
    }
)
"""Reasons that say which hop they are of; any other is of the hop to which the dial had come."""

OWN_AFFAIRS: Final = frozenset(
    {Reason.IDENTITY_UNUSABLE, Reason.CREDENTIAL_EXPIRED, Reason.KDC_UNREACHABLE}
)
"""Reasons whose detail names what of ours is to be mended."""

Held: TypeAlias = AbstractAsyncContextManager[Connection]


class RemoteHops(Observer):
    """Tells the hops of one remote while it is dialled."""

    def __init__(self, walk: Walk, way: Way, case: Case) -> None:
        self._walk = walk
        self._way = way
        self._notebook = case.notebook
        self._still_up = case.still_up
        self._seen = Seen()
        self._verdict: Verdict | None = None
        self._ssh: asyncssh.SSHClientConnection | None = None
        self._ahead = list(REMOTE_HOPS)

    async def dial(self, dialer: Dialer, gate: Gate, through: Connection | None) -> Held | None:
        """Log in to the remote; return what holds the connection, or None where the walk ends here."""
        if not await self._resolve(through):
            return None
        gate.alarm.look_again()  # who asks wants to know how it is now
        try:
            async with asyncio.timeout(GATE_SECONDS) as waiting, gate.passed(proven=False):
                waiting.reschedule(None)  # the dialer has its own limit
                return await dialer.dial(self._way, through, observer=self)
        except TimeoutError:
            self._stop(self._ahead[0], Reason.BUSY, gate_closed(self._situation("")))
        except RemoteError as exc:
            self._fail(exc)
        return None

    # What the dialer tells.

    def offers(self, keys: KeyPairs) -> None:
        """Remember with which keys we want to log in."""
        self._seen = replace(self._seen, keys=_fingerprints(keys))

    def connected(self, ssh: asyncssh.SSHClientConnection) -> None:
        """Tell of TCP, and listen to what follows."""
        self._ssh = ssh
        peer = None if self._remote.jump else ssh.get_extra_info("peername")
        host, port = peer[:2] if peer else (self._remote.host, self._remote.port)
        self._seen = replace(self._seen, address=str(host))
        through = f"through {self._remote.jump}" if self._remote.jump else "connected"
        self._pass(Hop.TCP, f"{host} port {port}", through)
        overhear(ssh, greeted=self._greeted, keyed=self._keyed, offered=self._offered)

    def showed(self, key: asyncssh.SSHKey, verdict: Verdict) -> None:
        """Remember the host key that is not in known_hosts, and what was thought of it."""
        self._see(key)
        self._verdict = verdict

    def let_in(self) -> None:
        """Tell of the log-in."""
        self._greeted()
        self._keyed()
        self._pass(Hop.LOGIN, self._as_whom(), f"let in{self._methods()}")

    # What is overheard.

    def _greeted(self) -> None:
        version = self._ssh.get_extra_info("server_version", "") if self._ssh else ""
        self._seen = replace(self._seen, version=str(version).removeprefix("SSH-2.0-"))
        self._pass(Hop.SSH, "its greeting", self._seen.version)

    def _keyed(self) -> None:
        key = None if self._ssh is None else self._ssh.get_server_host_key()
        if key is not None:
            self._see(key)
        shown = f"{self._seen.host_key_kind} {self._seen.host_key}"
        self._pass(Hop.HOST_KEY, "the key that it shows", f"{shown}, {self._known()}")

    def _offered(self, methods: tuple[str, ...]) -> None:
        self._seen = replace(self._seen, methods=self._seen.methods or methods)

    async def _resolve(self, through: Connection | None) -> bool:
        remote = self._remote
        if through is not None:
            self._pass(Hop.NAME, remote.host, f"{remote.jump} looks it up")
            return True
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(
                    remote.host, remote.port, type=socket.SOCK_STREAM
                )
        except (TimeoutError, OSError) as exc:
            detail = getattr(exc, "strerror", None) or f"no answer in {DIAL_SECONDS:.0f} s"
            situation = self._situation(detail)
            self._stop(
                Hop.NAME, Reason.NAME_NOT_FOUND, advise(Reason.NAME_NOT_FOUND, situation), detail
            )
            return False
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        self._pass(Hop.NAME, remote.host, ", ".join(addresses))
        return True

    @property
    def _remote(self) -> Remote:
        return self._way.remote

    def _pass(self, hop: Hop, tried: str, found: str) -> None:
        """Tell that a hop is passed, unless that has been told."""
        if hop in self._ahead:
            self._ahead.remove(hop)
            self._walk.passed(hop, self._remote.name, tried, found)

    def _fail(self, exc: RemoteError) -> None:
        reason = exc.reason
        if isinstance(exc, HostKeyChanged):
            self._seen = replace(self._seen, known_keys=exc.known, shown_keys=exc.shown)
        if reason is Reason.BUSY and self._babbled():
            reason = Reason.NOT_SSH
        hop = hop_of(reason) if reason in AT_THEIR_HOP or not self._ahead else self._ahead[0]
        detail = exc.detail if exc.__cause__ is None or reason in OWN_AFFAIRS else _in_short(exc)
        situation = self._situation(detail)
        if reason is Reason.FORWARDING_REFUSED:
            self._stop(hop, reason, jump_forbids(situation), detail)
        else:
            self._stop(hop, reason, advise(reason, situation), detail)

    def _stop(self, hop: Hop, reason: Reason, advice: Advice, found: str = "") -> None:
        tried = {
            Hop.NAME: self._remote.host,
            Hop.TCP: f"{self._remote.host} port {self._remote.port}",
            Hop.SSH: "its greeting",
            Hop.HOST_KEY: "the key that it shows",
            Hop.LOGIN: self._as_whom(),
        }
        shown = found
        if self._still_up:
            advice = replace(advice, wrong=f"{advice.wrong} {STILL_UP}")
        if hop is Hop.HOST_KEY and self._seen.host_key:
            shown = f"{self._seen.host_key_kind} {self._seen.host_key}, {self._known()}"
        if hop is Hop.LOGIN and reason is Reason.LOGIN_REFUSED:
            shown = f"refused{self._methods()}"
        for before in takewhile(lambda ahead: ahead is not hop, self._ahead):
            self._walk.skipped(Station(before, self._remote.name))
        station = Station(hop, self._remote.name)
        self._walk.stopped(station, tried.get(hop, ""), shown, reason=reason, advice=advice)

    def _situation(self, detail: str) -> Situation:
        return Situation(self._notebook, self._remote, self._way.login, detail, self._seen)

    def _as_whom(self) -> str:
        keys = f" ({', '.join(self._seen.keys)})" if self._seen.keys else ""
        return f"as {self._way.login} with {proof(self._remote, self._way.login)}{keys}"

    def _methods(self) -> str:
        return f"; it offers {', '.join(self._seen.methods)}" if self._seen.methods else ""

    def _known(self) -> str:
        match self._verdict:
            case None | Verdict.TRUSTED:
                return f"known: {source(self._remote)}"
            case Verdict.NEW:
                return "taken at first sight: nobody has vouched for it"
            case Verdict.CHANGED:
                return "not the one that is known"
            case Verdict.UNKNOWN:
                return "which nobody has vouched for"

    def _see(self, key: asyncssh.SSHKey) -> None:
        self._seen = replace(
            self._seen, host_key=key.get_fingerprint(), host_key_kind=key.get_algorithm()
        )

    def _babbled(self) -> bool:
        """Say whether something spoke, and what it said was no greeting of SSH."""
        return self._ssh is not None and not self._seen.version and babbled(self._ssh)


def _fingerprints(keys: KeyPairs) -> tuple[str, ...]:
    """Return the fingerprints of keys, as ssh-keygen -l shows them; a certificate is offered with its key."""
    plain = [pair for pair in keys if b"-cert-v01" not in pair.algorithm]
    return tuple(dict.fromkeys(fingerprint(pair.public_data) for pair in plain))


def _in_short(exc: RemoteError) -> str:
    """Return what the failure was at its root, without what we made of it."""
    match exc.__cause__:
        case asyncssh.Error() as cause:
            return str(cause.reason)
        case OSError() as cause:
            refused = cause.errno == errno.ECONNREFUSED or f"[Errno {errno.ECONNREFUSED}]" in str(
                cause
            )
            return "connection refused" if refused else str(cause)
        case _:
            return exc.detail
