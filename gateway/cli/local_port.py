"""A port of this machine that leads to a notebook through the gateway, HTTP and WebSocket alike."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import h11

from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.local_leg import Leg
from gateway.core.gateway_url import is_local
from gateway.core.head import RequestHead, ResponseHead
from gateway.core.local_entry import SWITCHING, LocalEntry
from gateway.errors import RequestInvalid

DIAL_SECONDS: Final = 10.0
LOOPBACK: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_FINAL: Final = 200

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Streams]]
Answered = Callable[[int], None]
"""Told the status of every answer."""


def bound(port: int) -> list[socket.socket]:
    """Return sockets at ``port`` of both loopback addresses, as far as this machine has both; raise CommandFailed."""
    held: list[socket.socket] = []
    for family, address in LOOPBACK:
        try:
            held.append(socket.create_server((address, port), family=family))
        except OSError as exc:
            if held and exc.errno != errno.EADDRINUSE:
                continue  # a machine without IPv6, or a container whose network has none
            for one in held:
                one.close()
            message = f"can't listen at port {port}: {exc.strerror or exc}; take another: --port"
            raise CommandFailed(Exit.FAILURE, message) from exc
        port = held[0].getsockname()[1]
    return held


def dialer(notebook_url: str, context: ssl.SSLContext | None) -> Dial:
    """Return what opens connections to the gateway."""
    parts = urlsplit(notebook_url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    there = "localhost" if is_local(host) and not host[0].isdigit() and ":" not in host else host

    async def dial() -> Streams:
        async with asyncio.timeout(DIAL_SECONDS):
            return await asyncio.open_connection(
                there,
                parts.port or (443 if secure else 80),
                ssl=context if secure else None,
                server_hostname=host if secure else None,
            )

    return dial


class LocalPort:
    """Takes connections, and passes on what they ask."""

    def __init__(self, entry: LocalEntry, *, dial: Dial, answered: Answered) -> None:
        self._entry = entry
        self._dial = dial
        self._answered = answered

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:

            def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tasks.create_task(self._connected(reader, writer), name="local port: connection")

            for one in sockets:
                server = await asyncio.start_server(connected, sock=one)
                tasks.create_task(server.serve_forever(), name="local port")

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Leg(h11.SERVER, reader, writer)
        try:
            await _Visit(self._entry, client, self._dial, self._answered).run()
        except* (OSError, h11.ProtocolError):
            pass  # either side left in the middle: so does the other
        finally:
            client.close()


class _Visit:
    """One connection of a client, and the connection to the gateway that goes with it."""

    def __init__(self, entry: LocalEntry, client: Leg, dial: Dial, answered: Answered) -> None:
        self._entry = entry
        self._client = client
        self._dial = dial
        self._answered = answered
        self._gateway: Leg | None = None

    async def run(self) -> None:
        try:
            while self._client.fresh:
                event = await self._client.receive()
                if not isinstance(event, h11.Request):
                    return
                await self._exchange(event)
                self._client.turn()
            if self._client.http.their_state is h11.SEND_BODY:
                await self._client.linger()
        finally:
            if self._gateway is not None:
                self._gateway.close()

    async def _exchange(self, request: h11.Request) -> None:
        try:
            head = self._entry.outward(
                RequestHead(request.method, request.target, list(request.headers))
            )
            gateway = await self._reached()
        except RequestInvalid as exc:
            await self._refuse(exc.status, exc.detail)
            return
        except (OSError, TimeoutError) as exc:
            await self._refuse(502, f"can't reach the gateway: {str(exc) or 'it does not answer'}")
            return
        await gateway.send(
            h11.Request(method=head.method, target=head.target, headers=head.headers)
        )
        async with asyncio.TaskGroup() as tasks:
            body = tasks.create_task(_pass_body(self._client, gateway), name="local port: body")
            switched = await self._pass_answer(gateway)
            body.cancel()  # whoever answers before all was sent does not want the rest
        if switched:
            await _splice(self._client, gateway)
        gateway.turn()

    async def _reached(self) -> Leg:
        if self._gateway is None or not self._gateway.fresh:
            if self._gateway is not None:
                self._gateway.close()
            self._gateway = Leg(h11.CLIENT, *await self._dial())
        return self._gateway

    async def _pass_answer(self, gateway: Leg) -> bool:
        """Pass an answer on, and say whether it switches to another protocol."""
        while True:
            match await gateway.receive():
                case h11.InformationalResponse() | h11.Response() as answer:
                    self._answered(answer.status_code)
                    await self._client.send(self._inward(answer))
                    if answer.status_code == SWITCHING:
                        return True
                case h11.Data() as part:
                    await self._client.send(h11.Data(data=bytes(part.data)))
                case h11.EndOfMessage():
                    await self._client.send(h11.EndOfMessage())
                    return False
                case _:
                    raise h11.RemoteProtocolError("the gateway left in the middle of an answer")

    def _inward(self, answer: h11.InformationalResponse | h11.Response) -> h11.Event:
        head = self._entry.inward(
            ResponseHead(answer.status_code, bytes(answer.reason), list(answer.headers))
        )
        kind = h11.Response if head.status >= _FINAL else h11.InformationalResponse
        return kind(status_code=head.status, headers=head.headers, reason=head.reason)

    async def _refuse(self, status: int, detail: str) -> None:
        body = f"gateway connect: {detail}\n".encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),  # the body of what was asked stays unread
        ]
        await self._client.send(h11.Response(status_code=status, headers=headers))
        await self._client.send(h11.Data(data=body))
        await self._client.send(h11.EndOfMessage())


async def _pass_body(client: Leg, gateway: Leg) -> None:
    """Pass a request's body on, as far as the gateway takes it: its answer, or that there is none, tells the rest."""
    while True:
        match await client.receive():
            case h11.Data() as part:
                event: h11.Event = h11.Data(data=bytes(part.data))
            case h11.EndOfMessage() as event:
                pass
            case _:
                raise h11.RemoteProtocolError("the client left in the middle of a request")
        try:
            await gateway.send(event)
        except OSError:
            return
        if isinstance(event, h11.EndOfMessage):
            return


async def _splice(one: Leg, other: Leg) -> None:
    """Pass bytes both ways until either side ends."""
    async with asyncio.TaskGroup() as tasks:
        ways = {
            tasks.create_task(_copy(one, other), name="local port: out"),
            tasks.create_task(_copy(other, one), name="local port: in"),
        }
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()


async def _copy(source: Leg, target: Leg) -> None:
    with suppress(ConnectionError):
        async for part in source.raw():
            await target.send_raw(part)
