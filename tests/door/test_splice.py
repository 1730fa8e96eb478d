"""gateway.door.splice: WebSockets end to end, with the websockets library at both ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.door.fakes import SESSIONS, House

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("kernel")]

KERNEL = Subprotocol("v1.kernel.websocket.jupyter.org")
LARGE = 30_000_000


async def converse(connection: ServerConnection) -> None:
    """Echo; a few words do something else."""
    async for message in connection:
        if message == "hang up":
            connection.transport.abort()
        elif message == "close":
            await connection.close(4321, "so long")
        elif message == "large":
            await connection.send(b"x" * LARGE)
        else:
            await connection.send(message)


@pytest.fixture
async def kernel(gateway: House) -> AsyncIterator[Server]:
    """Alice's notebook is a WebSocket server for these tests."""
    async with serve(
        converse,
        "127.0.0.1",
        0,
        select_subprotocol=lambda _, offered: KERNEL if KERNEL in offered else None,
        max_size=None,
        ping_interval=None,
    ) as server:
        gateway.notebooks.ports["alice"] = server.sockets[0].getsockname()[1]
        yield server


@asynccontextmanager
async def websocket(
    gateway: House, member: str = "alice", **options: object
) -> AsyncIterator[ClientConnection]:
    async with connect(
        "ws://gw.test/alice/ws",
        host="127.0.0.1",
        port=gateway.port,
        origin=Origin("http://gw.test"),
        additional_headers={"Cookie": f"gateway={SESSIONS[member]}"},
        max_size=None,
        ping_interval=None,
        compression=None,
        **options,  # type: ignore[arg-type]  # whatever connect takes
    ) as connection:
        yield connection


async def close_code(connection: ClientConnection) -> int:
    """Wait until the connection is closed; return the code that the client saw."""
    async with asyncio.timeout(5):
        await connection.wait_closed()
    assert connection.close_code is not None
    return connection.close_code


async def test_messages_pass_both_ways(gateway: House) -> None:
    """What one end says, the other hears."""
    async with websocket(gateway) as connection:
        await connection.send("hello")

        assert await connection.recv() == "hello"


async def test_e5_subprotocol_is_the_upstreams_choice(gateway: House) -> None:
    """The subprotocol is negotiated end to end; none is invented (threat E5)."""
    async with websocket(gateway, subprotocols=[Subprotocol("other"), KERNEL]) as connection:
        assert connection.subprotocol == KERNEL
    async with websocket(gateway) as connection:
        assert connection.subprotocol is None


async def test_large_messages_pass_both_ways(gateway: House) -> None:
    """A message of 30 MB passes in one piece: the door has no limit of its own."""
    async with websocket(gateway) as connection:
        await connection.send("large")
        down = await connection.recv()
        await connection.send(down)
        back = await connection.recv()

    assert len(down) == len(back) == LARGE


async def test_pings_pass(gateway: House, kernel: Server) -> None:
    """A ping is answered by the other end."""
    async with websocket(gateway) as connection:
        async with asyncio.timeout(5):
            await (await connection.ping())

        [upstream] = kernel.connections
        async with asyncio.timeout(5):
            await (await upstream.ping())


async def test_close_passes_with_its_code(gateway: House) -> None:
    """The notebook's own Close is what the client sees."""
    async with websocket(gateway) as connection:
        await connection.send("close")

        assert await close_code(connection) == 4321


async def test_clients_close_reaches_the_notebook(gateway: House, kernel: Server) -> None:
    """When the client closes, so does the upstream's side."""
    async with websocket(gateway):
        [upstream] = kernel.connections

    async with asyncio.timeout(5):
        await upstream.wait_closed()
    assert upstream.close_code == 1000


async def test_lost_client_is_lost_upstream(gateway: House, kernel: Server) -> None:
    """A client that vanishes without a word takes its upstream connection along."""
    async with websocket(gateway) as connection:
        [upstream] = kernel.connections
        connection.transport.abort()

        async with asyncio.timeout(5):
            await upstream.wait_closed()


async def test_lost_upstream_is_an_abnormal_closure(gateway: House) -> None:
    """JupyterLab reconnects at once after 1006, and never after 1000 or 1001."""
    async with websocket(gateway) as connection:
        await connection.send("hang up")

        with pytest.raises(ConnectionClosedError):
            await connection.recv()
        assert await close_code(connection) == 1006


async def test_d4_e3_ended_session_closes_the_websocket(gateway: House) -> None:
    """A log-out reaches open WebSockets (threats D4, E3); others' stay."""
    async with websocket(gateway) as alices, websocket(gateway, "carol") as carols:
        gateway.who.end("alice")
        gateway.door.recheck()

        assert await close_code(alices) == 1008
        await carols.send("still here")
        assert await carols.recv() == "still here"


async def test_e3_ended_grant_closes_the_websocket(gateway: House) -> None:
    """A grant that is taken back is taken back from open WebSockets too."""
    async with websocket(gateway, "carol") as connection:
        del (members := dict(gateway.inventory.members))["carol"]  # type: ignore[arg-type]  # a name
        gateway.apply(members=members)

        assert await close_code(connection) == 1008


async def test_websocket_ended_in_the_middle_of_a_message_is_cut(
    gateway: House, kernel: Server
) -> None:
    """Where no frame fits in, the connection is cut."""
    async with websocket(gateway) as connection:
        connection.transport.pause_reading()
        await connection.send("large")
        [upstream] = kernel.connections
        while not upstream.transport.get_write_buffer_size():  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)
        gateway.who.end("alice")
        gateway.door.recheck()
        connection.transport.resume_reading()

        assert await close_code(connection) == 1006


async def test_draining_says_restart(gateway: House) -> None:
    """A WebSocket is told 1012 when the gateway stops (fault 25)."""
    async with websocket(gateway) as connection:
        async with asyncio.timeout(5):
            await gateway.door.drain(3)

        assert await close_code(connection) == 1012


async def test_ten_websockets_to_one_notebook(gateway: House) -> None:
    """Two members hold five each to one notebook; each hears its own."""
    async with asyncio.TaskGroup() as tasks:
        for i in range(10):
            member = "alice" if i % 2 else "carol"
            tasks.create_task(_speak_and_hear(gateway, member, f"{member} {i}"))


async def _speak_and_hear(gateway: House, member: str, words: str) -> None:
    async with websocket(gateway, member) as connection:
        for _ in range(10):
            await connection.send(words)
            assert await connection.recv() == words


async def test_e11_slow_reader_holds_the_upstream_back(gateway: House) -> None:
    """A client that does not read leaves little in the gateway (threat E11)."""
    async with websocket(gateway) as connection:
        connection.transport.pause_reading()
        for _ in range(4):
            await connection.send("large")
        [leg] = gateway.door.legs
        async with asyncio.timeout(5):
            while not leg.full:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0)

        assert leg.transport is not None
        assert leg.transport.get_write_buffer_size() < 8_000_000
        connection.transport.resume_reading()
        for _ in range(4):
            assert len(await connection.recv()) == LARGE


@pytest.mark.parametrize(("member", "status"), [("bob", 404), (None, 424)])
async def test_e1_refused_before_anything_is_opened(
    gateway: House, kernel: Server, member: str | None, status: int
) -> None:
    """Without a grant or a credential there is no 101, and no channel (threat E1)."""
    cookie = {} if member is None else {"Cookie": f"gateway={SESSIONS[member]}"}
    with pytest.raises(InvalidStatus) as refusal:
        await connect(
            "ws://gw.test/alice/ws",
            host="127.0.0.1",
            port=gateway.port,
            origin=Origin("http://gw.test"),
            additional_headers=cookie,
        )

    assert refusal.value.response.status_code == status
    assert gateway.notebooks.opened == []
    assert kernel.connections == set()


async def test_e2_foreign_origin_is_refused(gateway: House) -> None:
    """Another site's page may not open a WebSocket with a member's cookie (threat E2)."""
    with pytest.raises(InvalidStatus) as refusal:
        await connect(
            "ws://gw.test/alice/ws",
            host="127.0.0.1",
            port=gateway.port,
            origin=Origin("https://gw.test.evil.example"),
            additional_headers={"Cookie": f"gateway={SESSIONS['alice']}"},
        )

    assert refusal.value.response.status_code == 403
    assert gateway.notebooks.opened == []


async def test_closed_websocket_frees_the_members_place(gateway: House) -> None:
    """What is counted in is counted out."""
    async with websocket(gateway) as connection:
        assert len(gateway.door.ledger) == 1
        await connection.close()

    async with asyncio.timeout(5):
        while len(gateway.door.ledger):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)
    with pytest.raises(ConnectionClosed):
        await connection.recv()
