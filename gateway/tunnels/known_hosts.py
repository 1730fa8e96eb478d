"""What a known_hosts file says of a remote, and which kinds of host key to ask it for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import asyncssh

from gateway.core.inventory import Remote
from gateway.errors import Reason, RemoteRejected
from gateway.tunnels.algorithms import (
    HOST_CERTIFICATES,
    HOST_KEYS,
    VOUCHED_HOST_KEYS,
)

SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The keys that somebody has vouched for, or revoked."""

    trusted: Sequence[asyncssh.SSHKey] = ()
    authorities: Sequence[asyncssh.SSHKey] = ()
    revoked: Sequence[asyncssh.SSHKey] = ()

    def __bool__(self) -> bool:
        return bool(self.trusted or self.authorities)

    def for_asyncssh(self) -> tuple[Sequence[asyncssh.SSHKey], ...]:
        """Return them as asyncssh wants them; never empty, or it would look into ~/.ssh."""
        return self.trusted, self.authorities, self.revoked


async def known_keys(remote: Remote) -> KnownKeys:
    """Return what known_hosts says of ``remote``; a pinned host_key needs no such file."""
    if remote.known_hosts is None or remote.host_key is not None:
        return KnownKeys()
    return await asyncio.to_thread(_read, remote, remote.known_hosts)


def kinds(known: KnownKeys, vouched: str | None) -> Sequence[str]:
    """Return the kinds of host key to ask for, the best first.

    A remote has several keys and shows one: so only those kinds are asked for of which keys are known.
    """
    if known:
        names = {name.decode() for key in known.trusted for name in key.sig_algorithms}
        plain = tuple(name for name in VOUCHED_HOST_KEYS if name in names)
        certified = HOST_CERTIFICATES if known.authorities else ()
        return (certified + plain) or HOST_KEYS
    return HOST_KEYS if vouched is None else VOUCHED_HOST_KEYS


def _read(remote: Remote, path: str) -> KnownKeys:
    port = None if remote.port == SSH_PORT else remote.port
    try:
        known = asyncssh.read_known_hosts(path)
        alias = remote.host_key_alias  # which stands for host and port, as in OpenSSH
        found = (
            known.match(remote.host, "", port) if alias is None else known.match(alias, "", None)
        )
    except OSError as exc:
        detail = f"known_hosts of {remote.name}, {path}, can't be read: {exc.strerror}"
        raise RemoteRejected(Reason.HOST_KEY_UNKNOWN, detail) from exc
    except ValueError as exc:
        detail = f"known_hosts of {remote.name}, {path}, is of no use: {exc}"
        raise RemoteRejected(Reason.HOST_KEY_UNKNOWN, detail) from exc
    return KnownKeys(*found[:3])
