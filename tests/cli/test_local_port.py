"""gateway.cli.local_port: real HTTP and real WebSockets through it, to a real server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from gateway.cli import local_port
from gateway.cli.exits import CommandFailed
from gateway.cli.local_port import LocalPort, bound, dialer
from gateway.core.local_entry import LocalEntry

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def echo(request: Request) -> Response:
    body = await request.body()
    heard = {name: request.headers.get(name) for name in ("host", "authorization", "origin")}
    return JSONResponse({"path": request.url.path, "length": len(body), **heard})


async def counted(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    return StreamingResponse(parts())


async def shout(web_socket: WebSocket) -> None:
    await web_socket.accept()
    await web_socket.send_text(web_socket.headers.get("authorization", ""))
    async for text in web_socket.iter_text():
        await web_socket.send_text(text.upper())


APP = Starlette(
    routes=[
        Route("/alice/counted", counted),
        WebSocketRoute("/alice/shout", shout),
        Route("/{path:path}", echo, methods=["GET", "POST", "HEAD"]),
    ]
)


class Here:
    """A local port that leads to the server's /alice/."""

    def __init__(self, port: int, gateway: int) -> None:
        self.port = port
        self.gateway = gateway
        self.statuses: list[int] = []
        self.dialled = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


@asynccontextmanager
async def running() -> AsyncIterator[Here]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        gateway = listening.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(APP, log_config=None, lifespan="off", ws="websockets-sansio")
        )
        sockets = bound(0)
        here = Here(sockets[0].getsockname()[1], gateway)
        url = f"http://127.0.0.1:{gateway}/alice/"
        dial = dialer(url, None)

        async def dialling() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            here.dialled += 1
            return await dial()

        entry = LocalEntry(url, "gwp_x", here.port)
        local = LocalPort(entry, dial=dialling, answered=here.statuses.append)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(sockets=[listening]))
            passing = tasks.create_task(local.serve(sockets))
            try:
                yield here
            finally:
                passing.cancel()
                with suppress(asyncio.CancelledError):
                    await passing
                server.should_exit = True
                await serving


@asynccontextmanager
async def leading_to(port: int) -> AsyncIterator[str]:
    """Open a local port that leads to whatever is at ``port``."""
    sockets, url = bound(0), f"http://127.0.0.1:{port}/alice/"
    here = sockets[0].getsockname()[1]
    local = LocalPort(LocalEntry(url, "gwp_x", here), dial=dialer(url, None), answered=print)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(local.serve(sockets))
        yield f"http://localhost:{here}/"
        serving.cancel()


async def test_requests_arrive_as_the_members() -> None:
    async with running() as here, httpx2.AsyncClient(base_url=here.url) as client:
        answer = await client.post("/api", content=b"abc", headers={"Origin": here.url})

        assert answer.json() == {
            "path": "/alice/api",
            "length": 3,
            "host": f"127.0.0.1:{here.gateway}",
            "authorization": "Bearer gwp_x",
            "origin": f"http://127.0.0.1:{here.gateway}",
        }


async def test_one_connection_carries_many_requests() -> None:
    async with running() as here, httpx2.AsyncClient(base_url=here.url) as client:
        answers = [(await client.get(f"/{number}")).json()["path"] for number in range(5)]
        head = await client.head("/6")

        assert answers == [f"/alice/{number}" for number in range(5)]
        assert (head.status_code, head.content) == (200, b"")
        assert here.dialled == 1


async def test_bodies_stream_both_ways() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"y" * 65_536

    async with running() as here, httpx2.AsyncClient(base_url=here.url) as client:
        there = await client.post("/up", content=parts())
        back = await client.get("/counted")

        assert there.json()["length"] == len(back.content) == 64 * 65_536


async def test_web_sockets_lead_both_ways() -> None:
    async with running() as here:
        url = here.url.replace("http", "ws")
        async with connect(f"{url}/shout", proxy=None, origin=here.url) as web_socket:
            assert await web_socket.recv() == "Bearer gwp_x"
            await web_socket.send("kernel")
            assert await web_socket.recv() == "KERNEL"


async def test_a_web_socket_of_another_site_is_refused() -> None:
    async with running() as here:
        url = here.url.replace("http", "ws")
        with pytest.raises(InvalidStatus) as refusal:
            async with connect(f"{url}/shout", proxy=None, origin="https://evil.example"):
                pass

        assert refusal.value.response.status_code == 403
        assert here.dialled == 0


async def test_both_loopback_addresses_are_listened_at() -> None:
    async with running() as here:
        for host in ("127.0.0.1", "[::1]"):
            async with httpx2.AsyncClient() as client:
                assert (await client.get(f"http://{host}:{here.port}/")).status_code == 200


async def test_an_answer_before_the_body_is_through_is_passed_on() -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        while await reader.read(65_536):
            pass
        writer.close()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_server(early, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, leading_to(port) as url, httpx2.AsyncClient() as client:
        answer = await client.post(url, content=b"z" * 10_000_000)
        await left.wait()

    assert answer.status_code == 413


async def test_what_is_no_http_is_dropped_and_others_go_on() -> None:
    async with running() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"\x16\x03\x01nonsense\r\n\r\n")
        assert await reader.read() == b""
        writer.close()

        async with httpx2.AsyncClient(base_url=here.url) as client:
            assert (await client.get("/")).status_code == 200


async def test_a_gateway_that_is_away_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with leading_to(port) as url, httpx2.AsyncClient() as client:
        answer = await client.get(url)

    assert answer.status_code == 502
    assert "can't reach the gateway" in answer.text


async def test_a_machine_without_ipv6_has_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = (local_port.LOOPBACK[0], (socket.AF_INET6, "2001:db8::1"))
    monkeypatch.setattr(local_port, "LOOPBACK", addresses)

    (one,) = bound(0)

    with one:
        assert one.getsockname()[0] == "127.0.0.1"


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed, match=f"can't listen at port {port}.*--port"):
            bound(port)
