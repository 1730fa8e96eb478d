"""gateway.tunnels.greeting: whether an SSH server greets whoever comes now, from here or through another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.core.inventory import Remote
from gateway.core.names import LoginName
from gateway.errors import Reason, RemoteUnreachable
from gateway.tunnels import greeting
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.windows import Windows
from tests.tunnels.fakes import LAB, FakePins, Keys
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


def dialer() -> Dialer:
    return Dialer(pins=FakePins(), windows=Windows())


def way_to(port: int) -> Way:
    return Way(Remote(LAB, "127.0.0.1", port), LoginName("alice"))


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    """Do what ``serve`` does with each connection."""
    taken: list[asyncio.StreamWriter] = []

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        serve(reader, writer)

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        yield int(server.sockets[0].getsockname()[1])
    for writer in taken:
        writer.transport.abort()


def greets_late(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"be welcome\r\nSSH-2.0-x\r\n")


def hangs_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def says_nothing(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    pass


async def test_who_greets_takes_connections(remote: FakeRemote) -> None:
    await dialer().knock(way_to(remote.port), None)

    assert remote.log_ins == []


async def test_a_greeting_may_have_a_preface() -> None:
    """RFC 4253, section 4.2."""
    async with serving(greets_late) as port:
        await dialer().knock(way_to(port), None)


@pytest.mark.parametrize(
    ("serve", "reason"), [(hangs_up, Reason.UNREACHABLE), (says_nothing, Reason.TIMED_OUT)]
)
async def test_who_does_not_greet_takes_none(
    serve: Serve, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took the TCP connection, which says nothing: a full sshd does that, too."""
    monkeypatch.setattr(greeting, "GREETING_SECONDS", 0.05)
    async with serving(serve) as port:
        with pytest.raises(RemoteUnreachable) as raised:
            await dialer().knock(way_to(port), None)

    assert raised.value.reason is reason


async def test_nobody_listens(remote: FakeRemote) -> None:
    await remote.stop()

    with pytest.raises(RemoteUnreachable) as raised:
        await dialer().knock(way_to(remote.port), None)

    assert raised.value.reason is Reason.UNREACHABLE


async def test_the_way_there_is_taken(keys: Keys, remote: FakeRemote) -> None:
    """A remote behind another is knocked at from there."""
    way = Way(remote.config(keys), LoginName("alice"))
    async with serving(greets_late) as port, await dialer().dial(way, None) as jump:
        await dialer().knock(way_to(port), jump)
    async with await dialer().dial(way, None) as jump:
        with pytest.raises(RemoteUnreachable):
            await dialer().knock(way_to(port), jump)
