"""Which host keys a remote is asked for, and what is said of one that may not be trusted.

A remote has keys of several kinds and shows one, of the first kind that we ask for and it has. Where we know
a fingerprint alone, we can't tell of which kind it is: so the kinds are asked for one after the other.
"""

from collections.abc import Sequence
from typing import Final

import asyncssh

from gateway.core.host_key import vouched
from gateway.core.inventory import HostKeyPolicy, Remote
from gateway.errors import HostKeyChanged, Reason, RemoteError, RemoteRejected
from gateway.tunnels.algorithms import (
    HOST_CERTIFICATES,
    HOST_KEYS,
    NIST,
    NIST_CERTIFICATES,
)
from gateway.tunnels.greeter import Greeter
from gateway.tunnels.known_hosts import KnownKeys, described

UNTRUSTED: Final = ("is revoked", "is not trusted")
"""What asyncssh says of keys and authorities, rather than of a certificate."""


def rounds(known: KnownKeys, pin: str | None) -> list[tuple[str, ...]]:
    """Return the kinds of host key to ask for, the best first, round by round.

    The next round is for a remote that has no key of the last one's kinds. Those on the NIST curves come as late
    as they can, and what nobody has vouched for at the end, only to see what is shown instead.
    """
    names = {name.decode() for key in known.trusted for name in key.sig_algorithms}
    wanted: list[tuple[str, ...]] = [
        tuple(name for name in kinds if name in names) for kinds in (HOST_KEYS, NIST)
    ]
    if known.authorities:
        wanted = [HOST_CERTIFICATES + wanted[0], NIST_CERTIFICATES + wanted[1]]
    if pin is not None:
        wanted = [HOST_KEYS, NIST]
    asked = {name for kinds in wanted for name in kinds}
    rest = [tuple(n for n in kinds if n not in asked) for kinds in (HOST_KEYS, NIST)]
    return [kinds for kinds in (*wanted, *rest) if kinds]


def source(remote: Remote) -> str:
    """Return where the host key of ``remote`` is known from."""
    if remote.host_key is not None:
        return "host_key in the configuration"
    return remote.known_hosts or "pinned at first sight"


def has_no_such_kind(exc: Exception, greeter: Greeter) -> bool:
    """Say whether a remote seems to have no key of the kinds that we asked for.

    OpenSSH just hangs up then, once both sides have said what they speak. Who hangs up sooner is busy, and would be
    so in the next round too; each costs a fine.
    """
    lost = isinstance(exc, (asyncssh.ConnectionLost, OSError))
    told = isinstance(exc, asyncssh.KeyExchangeFailed) and "host key" in exc.reason
    return (lost or told) and greeter.negotiating and not greeter.showed_its_key


class Search:
    """One search for a host key that we know, among those that the remote shows."""

    def __init__(self, remote: Remote, known: KnownKeys, remembered: str | None) -> None:
        self.known = known
        self.remembered = remembered
        self._remote = remote
        self._pin = None if known else vouched(remote, remembered)
        self._rounds = rounds(known, self._pin)
        self._shown: list[str] = []
        self.asked: Sequence[str] = self._rounds.pop(0)

    def goes_on(self, exc: Exception, greeter: Greeter) -> bool:
        """Say whether there are kinds left to ask for, after a try that ended with ``exc``."""
        if greeter.refused is not None:
            self._shown.append(described(greeter.refused))
            kinds = {name.decode() for name in greeter.refused.sig_algorithms}
            self.asked = tuple(kind for kind in self.asked if kind not in kinds)
            if self._pin is None:
                return False  # it shows the best that it has, and we know which kinds are ours
        elif greeter.refused_authority is not None and self.known.trusted:
            certificates = HOST_CERTIFICATES + NIST_CERTIFICATES
            self.asked = tuple(kind for kind in self.asked if kind not in certificates)
        elif not has_no_such_kind(exc, greeter):
            return False
        else:
            self.asked = ()
        while not self.asked and self._rounds:
            self.asked = self._rounds.pop(0)
        return bool(self.asked)

    def refusal(self, exc: Exception, greeter: Greeter, where: str) -> RemoteError | None:
        """Return what to say when the search has ended with ``exc``; None if the host key is not at fault."""
        if greeter.refused_authority is not None:
            self._shown.append(f"one signed by {described(greeter.refused_authority)}")
        if isinstance(exc, asyncssh.HostKeyNotVerifiable) and not self._shown:
            if not any(words in exc.reason for words in UNTRUSTED):
                return _certificate_refused(exc, where)
            self._shown.append(_in_words(exc.reason))
        exhausted = not self.asked or isinstance(exc, asyncssh.HostKeyNotVerifiable)
        if not self._shown or not exhausted:
            return None
        vouched_for = self._pin is not None or bool(self.known)
        return self._changed(where) if vouched_for else self._unknown(where)

    def _changed(self, where: str) -> HostKeyChanged:
        known, shown = self._known(), tuple(self._shown)
        detail = (
            f"{where} shows another host key than the one we know: {', '.join(shown)}, not"
            f" {', '.join(known)} ({source(self._remote)}); if its administrator says that this is right:"
            f" gateway remotes trust {self._remote.name}"
        )
        return HostKeyChanged(detail, known=known, shown=shown)

    def _known(self) -> tuple[str, ...]:
        return self.known.in_words() if self._pin is None else (self._pin,)

    def _unknown(self, where: str) -> RemoteRejected:
        fix = "set known_hosts or host_key, or host_key_policy: accept-new"
        if self._remote.host_key_policy is HostKeyPolicy.ACCEPT_NEW:
            fix = "set host_key, as keys of this kind are not accepted at first sight"
        detail = f"no host key of {where} is known; it shows {', '.join(self._shown)}; {fix}"
        return RemoteRejected(Reason.HOST_KEY_UNKNOWN, detail)


def _certificate_refused(exc: asyncssh.HostKeyNotVerifiable, where: str) -> RemoteRejected:
    detail = (
        f"the host certificate of {where} does not count: {_in_words(exc.reason)};"
        " have it signed anew, or set host_key_alias to a name that is in it"
    )
    return RemoteRejected(Reason.HOST_KEY_UNKNOWN, detail)


def _in_words(reason: str) -> str:
    """Return what asyncssh says of a key or certificate, without the host that it says it of."""
    return reason.partition(" for host ")[0].lower()
