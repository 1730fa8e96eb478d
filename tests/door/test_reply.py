"""gateway.door.reply: answers on their way back, streamed or rewritten, over real sockets."""

import asyncio
import tracemalloc

import pytest

from gateway.door.reply import LARGEST_PAGE_BYTES
from tests.door.backend import Backend
from tests.door.fakes import House
from tests.door.raw import NAVIGATION, RawClient, raw_client, request

pytestmark = pytest.mark.anyio

CHUNKED = "Transfer-Encoding: chunked"
MEGABYTE = 1 << 20


async def test_upload_is_streamed(gateway: House, alice: Backend) -> None:
    """64 MB go up in little memory (fault 35)."""
    async with raw_client(gateway.port) as client:
        size = 64 * MEGABYTE
        client.send(request("/alice/sink", method="PUT", headers=(f"Content-Length: {size}",)))
        await alice.until(lambda: alice.seen)
        tracemalloc.start()
        for _ in range(size // MEGABYTE):
            client.send(b"x" * MEGABYTE)
            await client.writer.drain()
        got = await client.answer(b"PUT")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert got is not None
    assert alice.swallowed == size
    assert peak < 16 * MEGABYTE


async def test_download_waits_for_its_reader(gateway: House) -> None:
    """64 MB come down to a reader that takes its time, in little memory."""
    size = 64 * MEGABYTE
    async with raw_client(gateway.port) as client:
        client.writer.transport.pause_reading()
        client.send(request(f"/alice/sized/{size}"))
        leg = await _full_leg(gateway)

        assert leg < 8 * MEGABYTE
        client.writer.transport.resume_reading()
        assert await _read_all(client) > size


async def _full_leg(gateway: House) -> int:
    """Wait until the client's leg is full; return how much it holds."""
    async with asyncio.timeout(10):
        while not any(leg.full for leg in gateway.door.legs):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)
    [leg] = gateway.door.legs
    assert leg.transport is not None
    return leg.transport.get_write_buffer_size()


async def _read_all(client: RawClient) -> int:
    client.send(request("/-/", headers=("Connection: close",)))
    total = 0
    async with asyncio.timeout(30):
        while data := await client.reader.read(MEGABYTE):
            total += len(data)
    return total


@pytest.mark.parametrize("framing", ["sized", "chunked"])
async def test_page_is_rewritten(gateway: House, alice: Backend, framing: str) -> None:
    """A page of a root-based notebook works under its prefix, whatever its length becomes (rule 15)."""
    page = b'<html><a href="/lab">x</a></html>'
    start = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "1"\r\n'
    sized = start + b"Content-Length: %d\r\n\r\n%b" % (len(page), page)
    chunked = start + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(page), page)
    alice.raw[b"/lab"] = [sized if framing == "sized" else chunked]
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/lab", headers=NAVIGATION))
        got = await client.answer()

    assert got is not None
    assert got.body == b'<html><a href="/alice/lab">x</a></html>'
    assert got.headers[b"content-length"] == b"%d" % len(got.body)
    assert b"etag" not in got.headers


async def test_page_without_a_body_keeps_its_length(gateway: House, alice: Backend) -> None:
    """Jupyter's redirect from / is HTML of no length: without saying so, its client would wait for ever."""
    head = b"HTTP/1.1 302 Found\r\nContent-Type: text/html\r\nLocation: /lab?\r\nContent-Length: 0\r\n\r\n"
    alice.raw[b"/"] = [head]
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/", headers=NAVIGATION))
        got = await client.answer()

    assert got is not None
    assert got.status == 302
    assert got.headers[b"content-length"] == b"0"


async def test_head_tells_no_length_of_a_page_that_would_be_rewritten(
    gateway: House, alice: Backend
) -> None:
    alice.raw[b"/"] = [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n"]
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/", method="HEAD", headers=NAVIGATION))
        got = await client.answer(b"HEAD")

    assert got is not None
    assert b"content-length" not in got.headers


async def test_page_too_large_to_be_rewritten_is_refused(gateway: House, alice: Backend) -> None:
    """What must be held whole is bounded."""
    size = LARGEST_PAGE_BYTES + 1
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % size
    alice.raw[b"/lab"] = [head + b"x" * size]
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/lab", headers=NAVIGATION))
        got = await client.answer()

    assert got is not None
    assert got.status == 502
