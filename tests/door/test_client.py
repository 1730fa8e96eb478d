"""gateway.door.client: one connection's life: limits, deadlines, leave-taking."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.core.inventory import Limits
from tests.door.backend import Backend
from tests.door.fakes import SESSIONS, House, house
from tests.door.raw import raw_client, request

pytestmark = pytest.mark.anyio

SOON = 0.05
HASTY = Limits(head_seconds=SOON, body_idle_seconds=SOON, keepalive_seconds=SOON)


@asynccontextmanager
async def hasty(alice: Backend, limits: Limits = HASTY) -> AsyncIterator[House]:
    async with house(alice=alice, bob=alice, control=alice, limits=limits) as gateway:
        yield gateway


async def test_connection_that_says_nothing_is_closed(alice: Backend) -> None:
    """No request, no answer: the connection just ends."""
    async with hasty(alice) as gateway, raw_client(gateway.port) as client:
        assert await client.ended()


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /alice/x HTTP/1.1\r\nHost: gw",
        b"\r\n",
        request("/alice/x", method="PUT", headers=("Content-Length: 9",)) + b"four",
        request("/alice/x", method="PUT", headers=("Transfer-Encoding: chunked",)) + b"5\r\nhell",
    ],
    ids=["head", "empty line", "sized body", "chunked body"],
)
async def test_g4_request_that_stays_unfinished_is_told_408(
    alice: Backend, beginning: bytes
) -> None:
    """A slow head or body does not hold a place for long (threat G4, fault 34)."""
    async with hasty(alice) as gateway, raw_client(gateway.port) as client:
        client.send(beginning)
        got = await client.answer()

        assert got is not None
        assert got.status == 408
        assert await client.ended()


async def test_slow_head_has_one_limit_in_all(alice: Backend) -> None:
    """A head that comes byte by byte has no more time than another."""
    async with hasty(alice) as gateway, raw_client(gateway.port) as client:
        client.send(b"GET /alice/x HTTP/1.1\r\n")
        answer = asyncio.ensure_future(client.answer())
        while not answer.done():
            client.send(b"X: y\r\n")
            await asyncio.sleep(SOON / 20)
        got = await answer

    assert got is not None
    assert got.status == 408


async def test_g4_body_that_trickles_has_one_limit_in_all(alice: Backend) -> None:
    """A body that comes byte by byte does not hold a place for as long as it likes (fault 34)."""
    limits = Limits(body_idle_seconds=10 * SOON)
    async with hasty(alice, limits) as gateway, raw_client(gateway.port) as client:
        client.send(request("/alice/x", method="PUT", headers=("Content-Length: 999999",)))
        answer = asyncio.ensure_future(client.answer())
        while not answer.done():
            client.send(b"x")
            await asyncio.sleep(SOON / 20)
        got = await answer

    assert got is not None
    assert got.status == 408


async def test_idle_connection_is_closed(alice: Backend) -> None:
    """After an answer the connection waits for another request, for a while."""
    limits = Limits(keepalive_seconds=SOON)
    async with hasty(alice, limits) as gateway, raw_client(gateway.port) as client:
        client.send(request())

        assert await client.answer() is not None
        assert await client.ended()


async def test_g4_client_that_does_not_read_is_cut_off(alice: Backend) -> None:
    """A reader that takes nothing at all does not hold an answer for ever (threat G4)."""
    limits = Limits(body_idle_seconds=SOON)
    async with hasty(alice, limits) as gateway, raw_client(gateway.port) as client:
        client.writer.transport.pause_reading()
        client.send(request(f"/alice/sized/{64 << 20}"))
        await alice.until(lambda: alice.seen)
        await alice.until(lambda: alice.open == 0)


async def test_slow_connection_does_not_end_while_bytes_move(alice: Backend) -> None:
    """A body that comes slowly, but comes, is taken."""
    limits = Limits(body_idle_seconds=1.0)
    async with hasty(alice, limits) as gateway, raw_client(gateway.port) as client:
        client.send(request("/alice/echo", method="PUT", headers=("Content-Length: 20",)))
        for _ in range(20):
            client.send(b"x")
            await asyncio.sleep(0.005)
        got = await client.answer(b"PUT")

    assert got is not None
    assert got.body == b"x" * 20


async def test_g10_one_connection_too_many_is_told_503(alice: Backend) -> None:
    """Over the limit there is an answer, not silence (threat G10)."""
    async with hasty(alice, Limits(connections=1)) as gateway, raw_client(gateway.port) as one:
        one.send(request())
        assert await one.answer() is not None
        async with raw_client(gateway.port) as two:
            got = await two.answer()

            assert got is not None
            assert got.status == 503
            assert await two.ended()


async def test_place_is_free_again_afterwards(alice: Backend) -> None:
    """Whoever leaves makes room."""
    async with hasty(alice, Limits(connections=1)) as gateway:
        for _ in range(5):
            async with raw_client(gateway.port) as client:
                client.send(request(headers=("Connection: close",)))
                got = await client.answer()

                assert got is not None
                assert got.status == 200
                assert await client.ended()


async def test_refused_client_may_finish_its_sentence(gateway: House) -> None:
    """A refusal is not destroyed by the bytes that come after it."""
    async with raw_client(gateway.port) as client:
        client.send(
            request("/alice/x", method="PUT", member=None, headers=("Content-Length: 9000000",))
        )
        client.send(b"x" * 500_000)
        got = await client.answer()

    assert got is not None
    assert got.status == 424


async def test_b9_websocket_that_is_refused_upstream_is_http_again(
    gateway: House, alice: Backend, bob: Backend
) -> None:
    """Without a 101 nothing is spliced: what follows is parsed and judged afresh (threat B9)."""
    upgrade = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Origin: http://gw.test",
    )
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/ws", headers=upgrade) + request("/bob/smuggled"))
        first, second = await client.answer(), await client.answer()

    assert first is not None
    assert second is not None
    assert (first.status, second.status) == (200, 404)
    assert len(alice.seen) == 1
    assert bob.seen == []


async def test_b10_bytes_ahead_of_the_101_are_kept(gateway: House, alice: Backend) -> None:
    """What a client sends too early goes up after the 101, and nothing before it (threat B10)."""
    alice.raw[b"/ws"] = [
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x82\x05early"
        ),
        b"",
    ]
    raw = (
        "GET /alice/ws HTTP/1.1\r\nHost: gw.test\r\nOrigin: http://gw.test\r\n"
        f"Cookie: gateway={SESSIONS['alice']}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()
    async with raw_client(gateway.port) as client:
        client.send(raw + b"GET /early HTTP/1.1\r\nHost: spliced\r\n\r\n")
        head = await client.reader.readuntil(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 101 ")
        assert await client.reader.readexactly(7) == b"\x82\x05early"
        await alice.until(lambda: len(alice.seen) == 2)
    assert alice.seen[1].every(b"host") == [b"spliced"]
