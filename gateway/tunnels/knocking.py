"""Knocking at a remote's port: a TCP connection, asked for afresh every second or two.

The kernel sends a lost SYN again after 1, 3, 7, 15 s, so a remote that is back may wait for half as long as it
was away. It may also be known under a name that does not resolve just now; then it is looked for where it was
found last, which is safe, as its host key is checked all the same.
"""

import asyncio
import errno
import os
import socket
from contextlib import ExitStack
from typing import Final, TypeAlias

import uvloop

RESOLVE_SECONDS: Final = 2.0
KNOCK_SECONDS: Final = (1.0, 1.0, 1.0, 1.0, 2.0)
"""How long each knock waits; the last allows for a line on which a SYN takes longer than a second."""

Where: TypeAlias = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Address: TypeAlias = tuple[socket.AddressFamily, Where]


class Unanswered(socket.gaierror):
    """The resolver says nothing."""


class Knocker:
    """Opens TCP connections, and remembers where each host was."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], list[Address]] = {}

    async def open(self, host: str, port: int) -> socket.socket:
        """Return a connection to ``host``; raise OSError when it can't be had."""
        nameless: socket.gaierror | None = None
        addresses: list[Address] = []
        for number, seconds in enumerate(KNOCK_SECONDS):
            if not isinstance(
                nameless, Unanswered
            ):  # each question to such a one occupies a thread
                addresses, nameless = await self._where(host, port)
            first = number % len(addresses)
            try:
                async with asyncio.timeout(seconds):
                    return await _first_of(addresses[first:] + addresses[:first])
            except TimeoutError:
                pass
            except OSError as exc:
                raise nameless or exc from None
        raise nameless or ConnectionError(f"no answer in {sum(KNOCK_SECONDS):.0f} s")

    async def _where(self, host: str, port: int) -> tuple[list[Address], socket.gaierror | None]:
        """Return where ``host`` is, or was, and then why its name did not say; raise if it was nowhere."""
        try:
            self._found[host, port] = await _resolve(host, port)
        except socket.gaierror as exc:
            if (host, port) not in self._found:
                raise
            return self._found[host, port], exc
        return self._found[host, port], None


def let_go(line: socket.socket, *, taken: bool) -> None:
    """Let go of a connection on which nothing came about; ``taken`` says that the loop has taken it over.

    uvloop closes what it has taken by its number. Where the far end hangs up at once it has not come to tell the
    socket so, which would close that number again later: by then it may be that of somebody else's connection.
    """
    if not taken:
        line.close()
    elif isinstance(asyncio.get_running_loop(), uvloop.Loop):
        line.detach()


async def _resolve(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as exc:
        detail = f"no answer in {RESOLVE_SECONDS:.0f} s"
        raise Unanswered(socket.EAI_AGAIN, detail) from exc
    return [(family, address) for family, _, _, _, address in found]


async def _first_of(addresses: list[Address]) -> socket.socket:
    *others, last = addresses
    for address in others:
        try:
            return await _connect(address)
        except OSError:
            pass
    return await _connect(last)


async def _connect(address: Address) -> socket.socket:
    """Connect by hand: uvloop would ask the resolver's threads even about a number, and they may hang."""
    family, where = address
    with ExitStack() as stack:
        connection = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        connection.settimeout(0)
        code = connection.connect_ex(where)
        if code == errno.EINPROGRESS:
            await _writable(connection)
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        stack.pop_all()
        return connection


async def _writable(connection: socket.socket) -> None:
    loop, writable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(connection, writable.set)
    try:
        await writable.wait()
    finally:
        loop.remove_writer(connection)
