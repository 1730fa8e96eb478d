"""gateway.door.exchange: requests that wait for a notebook on its way back, and what befalls them meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from gateway.door.holds import MOST_HELD_OF_ONE
from gateway.errors import NotebookStopped, Reason, TunnelDown
from tests.door.backend import Backend
from tests.door.fakes import House
from tests.door.raw import NAVIGATION, SCRIPT, RawClient, raw_client, request

pytestmark = pytest.mark.anyio

DOWN = TunnelDown(Reason.LOST, "the tunnel is down")
HOLD_SECONDS = 60.0
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Origin: http://gw.test",
)


@pytest.fixture
async def holding(gateway: House) -> AsyncIterator[House]:
    """A door that holds for longer than any test lasts, and alice's tunnel is down."""
    gateway.apply(server=replace(gateway.inventory.server, hold_seconds=HOLD_SECONDS))
    gateway.notebooks.down["alice"] = DOWN
    yield gateway
    gateway.notebooks.ready.set()


@pytest.mark.parametrize(
    ("raw", "method"),
    [
        (request(), "GET"),
        (request(method="HEAD"), "HEAD"),
        (request().replace(b"HTTP/1.1", b"HTTP/1.0"), "GET"),
        (request(method="POST", body=b"once"), "POST"),
        (request(method="PUT", headers=("Expect: 100-continue",), body=b"on your word"), "PUT"),
    ],
    ids=["GET", "HEAD", "HTTP/1.0", "POST", "Expect"],
)
async def test_short_break_is_only_a_delay(
    holding: House, alice: Backend, raw: bytes, method: str
) -> None:
    """Every kind of request waits, and is sent once."""
    async with raw_client(holding.port) as client:
        client.send(raw)
        await holding.notebooks.until_waited_for(by=1)
        holding.notebooks.comes_back("alice")
        got = await client.answer(method.encode())

    assert got is not None
    assert got.status == 200
    assert [seen.method.decode() for seen in alice.seen] == [method]
    assert alice.seen[0].body == raw.partition(b"\r\n\r\n")[2]


async def test_held_upload_is_held_back(holding: House, alice: Backend) -> None:
    """A little of a body is taken in, the rest waits at the client; then all of it arrives, once."""
    size = 32 * 1024 * 1024
    head = request("/alice/sink", method="PUT", headers=(f"Content-Length: {size}",))
    async with raw_client(holding.port) as client:
        client.send(head)
        await holding.notebooks.until_waited_for(by=1)
        client.send(bytes(size))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):  # more than it takes to send it all, if it is let
                await client.writer.drain()
        holding.notebooks.comes_back("alice")
        got = await client.answer(b"PUT")

    assert got is not None
    assert got.status == 200
    assert alice.swallowed == size


async def test_websocket_is_held_briefly(holding: House) -> None:
    """Browsers open WebSockets to a host one after the other."""
    async with raw_client(holding.port) as client, raw_client(holding.port) as other:
        client.send(request(headers=UPGRADE))
        await holding.notebooks.until_waited_for(by=1)
        other.send(request())
        await holding.notebooks.until_waited_for(by=2)

    assert holding.notebooks.holds == [2.0, HOLD_SECONDS]


async def test_websocket_that_can_not_wait_is_told_503(gateway: House) -> None:
    """Before its 101: JupyterLab takes that for weather, and tries again."""
    gateway.notebooks.down["alice"] = DOWN
    async with raw_client(gateway.port) as client:
        client.send(request(headers=UPGRADE))
        got = await client.answer()

    assert got is not None
    assert got.status == 503


async def test_held_client_may_leave(holding: House, alice: Backend) -> None:
    """And with it, its request."""
    async with raw_client(holding.port) as client:
        client.send(request())
        await holding.notebooks.until_waited_for(by=1)
    await holding.notebooks.until_waited_for(by=0)

    holding.notebooks.comes_back("alice")

    assert len(holding.door.ledger) == 0
    assert alice.connections == 0


@pytest.mark.parametrize("noticed", [True, False], ids=["told", "not told"])
async def test_nothing_goes_on_for_a_session_that_ended_meanwhile(
    holding: House, alice: Backend, *, noticed: bool
) -> None:
    """Whether somebody said so, or its time just ran out: it is asked about again before all else."""
    async with raw_client(holding.port) as client:
        client.send(request(headers=SCRIPT))
        await holding.notebooks.until_waited_for(by=1)
        holding.who.end("alice")
        if noticed:
            holding.door.recheck()
        else:
            holding.notebooks.comes_back("alice")
        got = await client.answer()

    assert got is not None
    assert got.status == 424
    assert alice.seen == []


async def test_page_load_whose_session_ended_is_decided_on_anew(
    holding: House, alice: Backend
) -> None:
    """Its browser is sent round once more, and so to log-in."""
    async with raw_client(holding.port) as client:
        client.send(request("/alice/lab?x=1", headers=NAVIGATION))
        await holding.notebooks.until_waited_for(by=1)
        holding.who.end("alice")
        holding.door.recheck()
        got = await client.answer()

    assert got is not None
    assert (got.status, got.headers[b"location"]) == (303, b"http://gw.test/alice/lab?x=1")
    assert alice.seen == []


async def test_notebook_that_is_taken_out_meanwhile(holding: House, alice: Backend) -> None:
    """A reload ends what it no longer leads to, held or not."""
    async with raw_client(holding.port) as client:
        client.send(request(headers=SCRIPT))
        await holding.notebooks.until_waited_for(by=1)
        holding.apply(notebooks={})
        got = await client.answer()

    assert got is not None
    assert got.status == 424
    assert alice.seen == []


async def test_notebook_that_turns_out_to_be_stopped(holding: House) -> None:
    """There is nothing to wait for any more."""
    async with raw_client(holding.port) as client:
        client.send(request(headers=SCRIPT))
        await holding.notebooks.until_waited_for(by=1)
        holding.notebooks.down["alice"] = NotebookStopped(Reason.NOT_RUNNING, "not running")
        holding.notebooks.ready.set()
        got = await client.answer()

    assert got is not None
    assert got.status == 503
    assert json.loads(got.body)["reason"] == "not_running"


async def test_gateway_that_stops_lets_go_of_whom_it_holds(holding: House) -> None:
    """At once: they would only make the restart longer."""
    async with raw_client(holding.port) as client:
        client.send(request(headers=SCRIPT))
        await holding.notebooks.until_waited_for(by=1)
        async with asyncio.timeout(5):
            await holding.door.drain(HOLD_SECONDS)
        got = await client.answer()

    assert got is not None
    assert got.status == 503
    assert json.loads(got.body)["hop"] == "the gateway itself"
    assert got.headers[b"connection"] == b"close"


async def test_many_that_wait_take_nothing_from_the_others(holding: House, bob: Backend) -> None:
    """A member's share of places is bounded; who finds none is told at once, and all are served later."""
    async with AsyncExitStack() as stack:
        held = [await _asking(stack, holding) for _ in range(MOST_HELD_OF_ONE)]
        await holding.notebooks.until_waited_for(by=MOST_HELD_OF_ONE)

        too_many = await (await _asking(stack, holding)).answer()
        other = await _asking(stack, holding, "/bob/x", member="bob")
        of_bob = await other.answer()
        holding.notebooks.comes_back("alice")
        answers = [await client.answer() for client in held]

    assert too_many is not None
    assert too_many.status == 503
    assert of_bob is not None
    assert of_bob.status == 200
    assert [got.status for got in answers if got is not None] == [200] * MOST_HELD_OF_ONE
    assert len(bob.seen) == 1


async def _asking(
    stack: AsyncExitStack, house: House, target: str = "/alice/x", *, member: str = "alice"
) -> RawClient:
    client = await stack.enter_async_context(raw_client(house.port))
    client.send(request(target, member=member))
    return client


async def test_tunnel_that_ends_while_a_channel_opens_is_waited_for(gateway: House) -> None:
    """Nothing was sent yet, so this is as good as a new request; whatever its method."""
    gateway.notebooks.failing = [DOWN]
    async with raw_client(gateway.port) as client:
        client.send(request(method="POST", body=b"x"))
        got = await client.answer(b"POST")

    assert got is not None
    assert got.status == 200
    assert len(gateway.notebooks.opened) == 2


@pytest.mark.parametrize(
    ("raw", "status", "sent"),
    [
        (request("/alice/hold"), 200, 2),
        (request("/alice/hold", method="POST", body=b"x"), 503, 1),
        (request("/alice/hold", method="PUT", body=b"x"), 503, 1),
    ],
    ids=["GET", "POST", "PUT with a body"],
)
async def test_request_under_way_when_the_tunnel_ends(
    gateway: House, alice: Backend, raw: bytes, status: int, sent: int
) -> None:
    """What asks only is held and asked again; what may have had an effect is never sent twice."""
    async with raw_client(gateway.port) as client:
        client.send(raw)
        await alice.until(lambda: len(alice.seen) == 1)
        gateway.notebooks.lose_tunnel()
        alice.held.set()
        got = await client.answer(raw.split()[0])

    assert got is not None
    assert got.status == status
    assert len(alice.seen) == sent


async def test_request_is_sent_again_once_only(gateway: House, alice: Backend) -> None:
    """A tunnel that does not last is no reason to go on for ever."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/hold", headers=SCRIPT))
        for times in (1, 2):
            await alice.until(lambda times=times: len(alice.seen) == times)
            gateway.notebooks.lose_tunnel()
        got = await client.answer()

    assert got is not None
    assert got.status == 503
    assert json.loads(got.body)["reason"] == "lost"
