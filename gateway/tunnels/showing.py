"""What a remote shows to whoever asks: its host keys, without logging in there."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

import asyncssh

from gateway.core.inventory import HostKeyPolicy, Inventory
from gateway.core.names import LoginName, RemoteName
from gateway.errors import Reason, RemoteUnreachable
from gateway.tunnels.algorithms import ED25519, HOST_CERTIFICATES, NIST, NIST_CERTIFICATES, RSA
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import DIAL_SECONDS, Dialer, Wants, Way, connect
from gateway.tunnels.greeter import Greeter
from gateway.tunnels.host_keys import has_no_such_kind
from gateway.tunnels.identities import NOTHING
from gateway.tunnels.knocking import Knocker
from gateway.tunnels.known_hosts import KnownKeys
from gateway.tunnels.translate import place, remote_error

FAMILIES: Final = (ED25519, RSA, NIST, HOST_CERTIFICATES + NIST_CERTIFICATES)
"""One connection for each: sshd counts those without a log-in against our address."""
NOBODY: Final = LoginName("nobody")


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A host key, or the key of the authority that signed one."""

    kind: str
    fingerprint: str
    key: str
    """As known_hosts has it: kind and base64."""

    @classmethod
    def of(cls, key: asyncssh.SSHKey) -> "ShownKey":
        """Return the public part of ``key``, for people and files."""
        line = key.export_public_key().decode().split()
        return cls(line[0], key.get_fingerprint(), f"{line[0]} {line[1]}")


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a remote shows."""

    keys: tuple[ShownKey, ...]
    """The best first."""
    authority: ShownKey | None = None
    """Who signed its certificate, if it has one."""


def way_to(inventory: Inventory, name: RemoteName) -> Way:
    """Return the way to a remote as its own login, or as nobody where only notebooks name logins."""
    remote = inventory.remotes[name]
    jump = None if remote.jump is None else way_to(inventory, remote.jump)
    return Way(remote, remote.login or NOBODY, jump)


@asynccontextmanager
async def jumps_to(way: Way, dialer: Dialer) -> AsyncIterator[Connection | None]:
    """Hold the connections that lead to a remote; None where it is reached directly. Raises RemoteError."""
    async with AsyncExitStack() as stack:
        through = None
        for jump in reversed(list(_jumps(way))):
            through = await stack.enter_async_context(await dialer.dial(jump, through))
        yield through


async def shown_by(way: Way, through: Connection | None) -> Shown:
    """Return the host keys that a remote shows; raise RemoteError where it shows none."""
    keys: list[ShownKey] = []
    authority = None
    for family in FAMILIES:
        greeter = await _met(way, through, family)
        if greeter.refused is not None:
            keys.append(ShownKey.of(greeter.refused))
        if greeter.refused_authority is not None:
            authority = ShownKey.of(greeter.refused_authority)
    if not keys:
        detail = f"{place(way.remote)} shows no host key of a kind that we speak"
        raise RemoteUnreachable(Reason.NOT_SSH, detail)
    return Shown(tuple(keys), authority)


async def _met(way: Way, through: Connection | None, family: tuple[str, ...]) -> Greeter:
    """Meet the remote, and turn away at its host key."""
    stranger = replace(
        way.remote,
        known_hosts=None,
        host_key=None,
        host_key_policy=HostKeyPolicy.STRICT,
    )
    greeter = Greeter(stranger, None, others_known=False)
    wants = Wants(through, NOTHING, KnownKeys(), family)
    try:
        async with asyncio.timeout(DIAL_SECONDS):
            ssh = await connect(replace(way, remote=stranger), wants, greeter, Knocker())
    except asyncssh.HostKeyNotVerifiable:
        pass
    except (asyncssh.Error, OSError) as exc:
        if not has_no_such_kind(exc, greeter):
            raise remote_error(exc, way.remote, way.login, greeted=greeter.greeted) from exc
    else:
        ssh.abort()
    return greeter


def _jumps(way: Way) -> Iterator[Way]:
    """Yield the ways passed before, the nearest to the remote first."""
    while way.jump is not None:
        way = way.jump
        yield way
