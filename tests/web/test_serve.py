"""gateway.web.serve: a real server on a real Unix socket."""

import asyncio
import signal
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from httpx2 import AsyncClient, AsyncHTTPTransport
from starlette.types import Receive, Scope, Send

from gateway.web.serve import serve_control
from tests.web.conftest import House

pytestmark = pytest.mark.anyio


@pytest.fixture
def bound(tmp_path: Path) -> socket.socket:
    """A listening socket, as the wiring makes it."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.bind(str(tmp_path / "control.sock"))
    (tmp_path / "control.sock").chmod(0o600)
    control.listen(16)
    control.settimeout(0)
    return control


def client_of(bound: socket.socket) -> AsyncClient:
    transport = AsyncHTTPTransport(uds=bound.getsockname())
    return AsyncClient(transport=transport, base_url="http://gw.example:8000")


def mode_of(bound: socket.socket) -> int:
    return stat.S_IMODE(Path(bound.getsockname()).stat().st_mode)


class Slow:
    """An application whose answer waits for a word."""

    def __init__(self) -> None:
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.set()
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


@asynccontextmanager
async def serving(app: object, bound: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(serve_control(app, bound))  # type: ignore[arg-type] # an ASGI application
        yield task
        task.cancel()


async def test_answers_on_the_socket(house: House, bound: socket.socket) -> None:
    """With no header that says what we are made of, and the socket for us alone."""
    async with serving(house.app, bound), client_of(bound) as client:
        answer = await client.get("/-/livez")

    assert (answer.status_code, answer.text) == (200, "alive\n")
    assert "server" not in answer.headers


async def test_socket_keeps_its_mode(house: House, bound: socket.socket) -> None:
    """0600: uvicorn opens the sockets that it makes itself to all."""
    async with serving(house.app, bound), client_of(bound) as client:
        await client.get("/-/livez")
        mode = mode_of(bound)

    assert mode == 0o600


async def test_head_has_no_body_on_the_wire(house: House, bound: socket.socket) -> None:
    """The next answer on the connection is not taken for it."""
    async with serving(house.app, bound), client_of(bound) as client:
        head = await client.head("/-/login")
        after = await client.get("/-/livez")

    assert (head.status_code, head.content) == (200, b"")
    assert after.text == "alive\n"


async def test_running_requests_finish_when_cancelled(bound: socket.socket) -> None:
    """Then it is over, as cancelling demands."""
    slow = Slow()
    async with client_of(bound) as client, asyncio.TaskGroup() as tasks:
        server = tasks.create_task(serve_control(slow, bound))
        request = tasks.create_task(client.get("/"))
        await slow.asked.wait()

        server.cancel()
        slow.go.set()
        answer = await request

    assert answer.text == "done"
    assert server.cancelled()


async def test_signals_are_left_alone(house: House, bound: socket.socket) -> None:
    """SIGTERM is the gateway's to take."""
    before = signal.getsignal(signal.SIGTERM)
    async with serving(house.app, bound), client_of(bound) as client:
        await client.get("/-/livez")
        during = signal.getsignal(signal.SIGTERM)

    assert during is before
