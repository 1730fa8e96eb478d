"""The door against hostile bytes: refused, and nothing of it reaches a notebook it is not for."""

import asyncio

import pytest

from tests.door.backend import Backend
from tests.door.fakes import House
from tests.door.hostile import Case, cases
from tests.door.raw import raw_client, request

pytestmark = pytest.mark.anyio

REFUSALS = {400, 403, 404, 405, 408, 421, 426, 431, 501, 505}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case[0])
async def test_hostile_bytes_are_refused(
    gateway: House, alice: Backend, bob: Backend, case: Case
) -> None:
    """The answer is a refusal, Bob's notebook sees nothing, and Alice's at most a body's beginning."""
    async with raw_client(gateway.port) as client:
        client.send(case[1])
        got = await client.answer()

    assert got is not None
    assert got.status in REFUSALS
    assert bob.seen == []
    assert len(alice.seen) <= 1
    assert not any(b"smuggled" in seen.target for seen in alice.seen)


@pytest.mark.parametrize(
    "case", [case for case in cases() if case[0].startswith("B")], ids=lambda case: case[0]
)
async def test_connection_ends_after_bad_framing(gateway: House, case: Case) -> None:
    """What follows on a connection whose framing can't be trusted is not read (threats B1 to B7)."""
    async with raw_client(gateway.port) as client:
        client.send(case[1])
        got = await client.answer()
        client.send(request("/alice/after"))

        assert got is not None
        assert got.headers[b"connection"] == b"close"
        assert await client.ended()


async def test_every_byte_may_come_alone(gateway: House, alice: Backend) -> None:
    """A request in the smallest pieces is the same request."""
    raw = request("/alice/echo", method="PUT", headers=("Transfer-Encoding: chunked",))
    async with raw_client(gateway.port) as client:
        for byte in raw + b"5;x=y\r\nhello\r\n0\r\nT: t\r\n\r\n":
            client.send(bytes([byte]))
            await asyncio.sleep(0)
        got = await client.answer(b"PUT")

    assert got is not None
    assert got.body == b"hello"
    assert len(alice.seen) == 1


async def test_one_empty_line_is_ignored(gateway: House) -> None:
    """An empty line before a request is ignored (RFC 9112, section 2.2)."""
    async with raw_client(gateway.port) as client:
        client.send(b"\r\n" + request())
        got = await client.answer()

    assert got is not None
    assert got.status == 200
