"""gateway.door.viewed: a viewer through the door, with the websockets library at both ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.typing import Origin, Subprotocol

from gateway.core.inventory import Grantees
from gateway.core.names import MemberName, NotebookName
from gateway.errors import Reason, TunnelDown
from tests.door.backend import Backend
from tests.door.fakes import SESSIONS, House
from tests.door.viewers import until, view_by

pytestmark = pytest.mark.anyio

ID = "b5a847b3-d503-4bbf-bb2a-15791a379173"
AWARENESS_ROOM = "/alice/api/collaboration/room/JupyterLab:globalAwareness"
EVENTS = "/alice/api/events/subscribe"
CHANNELS = f"/alice/api/kernels/{ID}/channels?session_id=stolen"
V1 = Subprotocol("v1.kernel.websocket.jupyter.org")
BOB = MemberName("bob")
STEP_1 = b"\x00\x00\x01\x00"


@dataclass
class Heard:
    """What reached the notebook."""

    paths: list[str] = field(default_factory=list)
    said: asyncio.Queue[str | bytes] = field(default_factory=asyncio.Queue)
    connections: list[ServerConnection] = field(default_factory=list)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(autouse=True)
async def room(gateway: House, heard: Heard) -> AsyncIterator[Server]:
    """Alice's notebook is a Jupyter, which bob may view; it greets, and keeps all that it hears."""
    view_by(gateway, BOB)

    async def converse(connection: ServerConnection) -> None:
        assert connection.request is not None
        heard.paths.append(connection.request.path)
        heard.connections.append(connection)
        await connection.send(b"hello")
        async for message in connection:
            heard.said.put_nowait(message)

    async with serve(converse, "127.0.0.1", 0, ping_interval=None) as server:
        gateway.notebooks.ports["alice"] = server.sockets[0].getsockname()[1]
        yield server


@asynccontextmanager
async def websocket(
    gateway: House, path: str, member: str = "bob", **options: object
) -> AsyncIterator[ClientConnection]:
    async with connect(
        f"ws://gw.test{path}",
        host="127.0.0.1",
        port=gateway.port,
        origin=Origin("http://gw.test"),
        additional_headers={"Cookie": f"gateway={SESSIONS[member]}"},
        ping_interval=None,
        **options,  # type: ignore[arg-type]  # whatever connect takes
    ) as connection:
        yield connection


async def soon(queue: asyncio.Queue[str | bytes]) -> str | bytes:
    async with asyncio.timeout(5):
        return await queue.get()


async def test_a_viewer_hears_and_only_asks(gateway: House, heard: Heard) -> None:
    """What the room says comes down; of all that goes up the question arrives, in our words."""
    async with websocket(gateway, AWARENESS_ROOM) as bob:
        assert await bob.recv() == b"hello"
        for message in (
            b"\x00\x01\x00",
            b"\x00\x02\x01x",
            b"\x02\x04save\x00",
            "text",
            b"\x7d",
            b"",
        ):
            await bob.send(message)
        await bob.send([b"\x00", b"\x02", b"pieces"])
        await bob.send(b"\x00\x00junk")

        assert await soon(heard.said) == STEP_1
        assert heard.said.empty()


async def test_a_page_that_shows_itself_is_answered(gateway: House, heard: Heard) -> None:
    """It would take silence for a lost connection; the room hears nothing of it."""
    async with websocket(gateway, AWARENESS_ROOM) as bob:
        await bob.recv()
        await bob.send(b"\x01\x10i am alice" + b"x" * 70_000)

        assert await bob.recv() == b"\x01\x01\x00"
        await bob.send(STEP_1)
        assert await soon(heard.said) == STEP_1
        assert heard.said.empty()


async def test_asking_has_an_end(gateway: House, heard: Heard) -> None:
    """A whole document for a few bytes: that could be asked for ever."""
    async with websocket(gateway, AWARENESS_ROOM) as bob:
        await bob.recv()
        for _ in range(100):
            await bob.send(STEP_1)
        await bob.send(b"\x01")
        assert await bob.recv() == b"\x01\x01\x00"
        for _ in range(64):
            await soon(heard.said)
    await heard.connections[0].wait_closed()

    assert heard.said.empty()


async def test_who_uses_the_notebook_is_heard(gateway: House, heard: Heard) -> None:
    """Carol's own bytes arrive."""
    async with websocket(gateway, AWARENESS_ROOM, "carol") as carol:
        await carol.send(b"\x00\x02\x01x")

        assert await soon(heard.said) == b"\x00\x02\x01x"


async def test_pings_are_answered_on_both_sides(gateway: House, heard: Heard) -> None:
    """The notebook's keep the connection, with a Pong of ours; the page's end here."""
    async with websocket(gateway, EVENTS) as bob:
        await bob.recv()
        async with asyncio.timeout(5):
            asked = await heard.connections[0].ping(b"what a page would say again")
            await heard.connections[0].send(b"and then")
            await bob.recv()
            await (await bob.ping(b"still there?"))
            assert not asked.done()
            await (await heard.connections[0].ping(b""))


async def test_events_hear_nothing(gateway: House, heard: Heard) -> None:
    """To publish events is a change."""
    async with websocket(gateway, EVENTS) as bob:
        await bob.recv()
        await bob.send('{"schema_id": "x", "data": {}}')
        await bob.send(STEP_1)
    await heard.connections[0].wait_closed()

    assert heard.said.empty()


@pytest.mark.parametrize("subprotocols", [[V1], None])
async def test_a_kernels_socket_goes_nowhere(
    gateway: House, heard: Heard, subprotocols: list[Subprotocol] | None
) -> None:
    """Not even a connection is opened: Jupyter would throw its owner's pending output away."""
    gateway.notebooks.opened.clear()

    async with websocket(gateway, CHANNELS, subprotocols=subprotocols) as bob:
        assert bob.subprotocol == (V1 if subprotocols else None)
        await bob.send(json.dumps({"channel": "shell", "header": {"msg_type": "execute_request"}}))
        if not subprotocols:
            header = {"msg_type": "kernel_info_request", "msg_id": "m"}
            await bob.send(json.dumps({"channel": "shell", "header": header}))
            told = [json.loads(await bob.recv())["header"]["msg_type"] for _ in range(3)]
            assert told == ["status", "kernel_info_reply", "status"]
        await (await bob.ping())

    assert gateway.notebooks.opened == []
    assert heard.paths == []
    assert bob.close_code == 1000


@pytest.mark.parametrize(
    "path",
    [
        "/alice/terminals/websocket/1",
        f"/alice/api/collaboration/room/json:notebook:{ID}",
        f"/alice/api/collaboration/room/json:notebook:{ID}.{'0' * 32}",
        "/alice/proxy/80/",
    ],
)
async def test_other_sockets_are_refused(gateway: House, path: str) -> None:
    """Before anything is opened, and in words that JupyterLab shows."""
    gateway.notebooks.opened.clear()

    with pytest.raises(InvalidStatus) as refused:
        async with websocket(gateway, path):
            pass

    assert refused.value.response.status_code == 403
    assert b'"message": "view only' in (refused.value.response.body or b"")
    assert gateway.notebooks.opened == []


@pytest.mark.parametrize("path", [AWARENESS_ROOM, EVENTS, CHANNELS])
@pytest.mark.parametrize(
    "wire",
    [
        b"\x82\x04\x00\x02\x01x",  # no mask
        b"\xc2\x80\x00\x00\x00\x00",  # compressed, though that was not agreed on
        b"\x83\x80\x00\x00\x00\x00",
        b"\x80\x80\x00\x00\x00\x00",
        b"\x09\x80\x00\x00\x00\x00",
    ],
)
async def test_frames_that_are_none_end_it(
    gateway: House, heard: Heard, path: str, wire: bytes
) -> None:
    """With a Close that says why; the notebook sees none of it."""
    async with websocket(gateway, path) as bob:
        bob.transport.write(wire)
        async with asyncio.timeout(5):
            await bob.wait_closed()

    assert bob.close_code == 1002
    assert heard.said.empty()


async def test_a_viewer_who_may_use_it_now_stays_and_one_who_did_use_it_goes(
    gateway: House,
) -> None:
    """What is open ends when leave is taken, not when it is given."""
    carol = MemberName("carol")
    async with websocket(gateway, EVENTS) as bobs, websocket(gateway, EVENTS, "carol") as carols:
        name = NotebookName("alice")
        view_by(gateway, BOB, carol)
        swapped = replace(gateway.inventory.notebooks[name], use=Grantees(members=frozenset({BOB})))
        gateway.apply(notebooks={**gateway.inventory.notebooks, name: swapped})

        async with asyncio.timeout(5):
            await carols.wait_closed()
            await (await bobs.ping())

    assert carols.close_code == 1008


@pytest.mark.parametrize("path", [EVENTS, CHANNELS])
async def test_an_ended_grant_ends_the_view(gateway: House, path: str) -> None:
    """A kernel's socket too, which leads nowhere."""
    async with websocket(gateway, path) as bob:
        view_by(gateway)
        async with asyncio.timeout(5):
            await bob.wait_closed()

    assert bob.close_code == 1008


async def test_answers_do_not_pile_up(gateway: House) -> None:
    """Who asks and does not listen is answered no more."""
    question = json.dumps({"channel": "shell", "header": {"msg_type": "comm_info_request"}})
    wire = Frame(Opcode.TEXT, question.encode()).serialize(mask=True)
    async with websocket(gateway, CHANNELS) as bob:
        bob.transport.pause_reading()
        for _ in range(40):
            bob.transport.write(wire * 500)
            await asyncio.sleep(0)
        [leg] = gateway.door.legs
        assert leg.transport is not None
        assert leg.transport.get_write_buffer_size() < 1_000_000
        bob.transport.abort()


async def test_a_held_kernels_socket_goes_nowhere_either(gateway: House, alice: Backend) -> None:
    """It is answered here, once it is known that the notebook is there."""
    gateway.notebooks.ports["alice"] = alice.port
    gateway.notebooks.down["alice"] = TunnelDown(Reason.LOST, "the tunnel is down")
    opening = asyncio.create_task(_ping_kernel(gateway))
    await until(lambda: len(gateway.door.ledger) == 1)
    del gateway.notebooks.down["alice"]
    gateway.notebooks.ready.set()

    await opening

    assert alice.seen == []


async def _ping_kernel(gateway: House) -> None:
    async with websocket(gateway, CHANNELS) as bob:
        await (await bob.ping())
