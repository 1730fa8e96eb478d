"""Looking once more where something failed, to tell apart what looks the same at first."""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from gateway.core.host_key import fingerprint
from gateway.core.inventory import Notebook, Scheme, TokenSource, Verify
from gateway.errors import ForwardingRefused, NotebookStopped, UpstreamError
from gateway.tunnels.approach import approach_to
from gateway.tunnels.connection import Connection
from gateway.tunnels.probing import HOSTS, probe
from gateway.tunnels.tls import judge_for

SSH_PORT: Final = 22
NOBODYS_PORT: Final = 9
"""Tried first, for nobody listens there: where it is allowed, nothing is connected to."""
OTHER_LOOPBACK: Final = "::1"
MOST_NEIGHBOURS: Final = 6
"""How many of their ports are tried: each refusal is a line in the remote's log."""

OTHER_SCHEME: Final = {Scheme.HTTP: Scheme.HTTPS, Scheme.HTTPS: Scheme.HTTP}


async def permitted_elsewhere(
    connection: Connection,
    notebook: Notebook,
    neighbours: Iterable[Notebook],
    *,
    needed: Collection[int | None] = (),
) -> str | None:
    """Return another place to which sshd forwards this login, if one of those that we can name is.

    Whether something listens there does not matter: sshd tells "not allowed" and "nobody there" apart.
    Places at ``needed`` ports don't count.
    """
    for host, port in _elsewhere(neighbours, {notebook.port, *needed}):
        try:
            await touch(connection, replace(notebook, port=port), host)
        except ForwardingRefused:
            continue
        except NotebookStopped:
            return f"{host}:{port}"
        except UpstreamError:
            return None
        return f"{host}:{port}"
    return None


async def listening_elsewhere(connection: Connection, notebook: Notebook) -> str | None:
    """Return another address of loopback at which something listens at the notebook's port."""
    try:
        await touch(connection, notebook, OTHER_LOOPBACK)
    except UpstreamError:
        return None
    return OTHER_LOOPBACK


async def speaks_other_scheme(connection: Connection, notebook: Notebook, remote_host: str) -> bool:
    """Say whether a notebook answers by the scheme that the configuration does not say; no token is sent."""
    scheme = OTHER_SCHEME.get(notebook.scheme)
    if scheme is None:
        return False
    asked = replace(notebook, scheme=scheme, verify=Verify(off=True), token=TokenSource.NONE)
    try:
        await probe(connection, asked, remote_host)
    except UpstreamError:
        return False
    return True


async def certificate_shown(connection: Connection, notebook: Notebook, host: str) -> str | None:
    """Return the fingerprint of the certificate that a notebook shows; nothing is sent to it."""
    judge = judge_for(Verify(off=True), ("localhost",))
    try:
        approach = replace(await approach_to(connection, notebook, host), judge=judge)
        transport = await approach.open(asyncio.Protocol)
    except UpstreamError:
        return None
    session = transport.get_extra_info("ssl_object")
    transport.abort()
    return fingerprint(session.getpeercert(binary_form=True) or b"")


async def touch(connection: Connection, notebook: Notebook, host: str) -> None:
    """Open a stream to a notebook and close it again; raise UpstreamError when it can't be had."""
    channel = await connection.open(notebook, asyncio.Protocol, host=host)
    channel.abort()


def _elsewhere(
    neighbours: Iterable[Notebook], but: Collection[int | None]
) -> Iterator[tuple[str, int]]:
    ports = [neighbour.port for neighbour in neighbours if neighbour.port][:MOST_NEIGHBOURS]
    for port in dict.fromkeys([NOBODYS_PORT, *ports, SSH_PORT]):
        if port not in but:
            yield from ((host, port) for host in HOSTS)
