"""A stand-in for a notebook: h11 reads what reaches it, and its log is the tests' oracle."""

import asyncio
from dataclasses import dataclass, field
from typing import Self

import h11

Headers = list[tuple[bytes, bytes]]


@dataclass
class Seen:
    """A request as it arrived."""

    connection: int
    method: bytes
    target: bytes
    headers: Headers
    body: bytes = b""

    def every(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]


@dataclass
class Backend:
    """Answers by path; every request and connection is logged."""

    name: str
    seen: list[Seen] = field(default_factory=list)
    raw: dict[bytes, list[bytes]] = field(default_factory=dict)
    """Answers by path, sent as they are; each is used once, and the last one hangs up after it."""
    connections: int = 0
    open: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """Answers to /hold wait for it."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    closes_idle: bool = False
    """Whether each connection is closed after its first answer, without saying so before."""
    swallowed: int = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._writers: set[asyncio.StreamWriter] = set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.held.set()
        self.hang_up()
        self._server.close()
        await self.until(lambda: self.open == 0)

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    def hang_up(self) -> None:
        """Cut every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def until(self, predicate: object) -> None:
        """Wait until ``predicate`` holds."""
        assert callable(predicate)
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(predicate)

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        number = self.connections
        self._writers.add(writer)
        await self._tell()
        try:
            await self._converse(number, reader, writer)
        except (ConnectionError, h11.RemoteProtocolError):
            pass
        finally:
            self.open -= 1
            self._writers.discard(writer)
            writer.transport.abort()
            await self._tell()

    async def _converse(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connection = h11.Connection(h11.SERVER)
        while True:
            seen = await self._request(number, connection, reader, writer)
            if seen is None or await self._left(seen, reader):
                return
            if not await self._answer(seen, connection, writer):
                return
            if connection.our_state is h11.IDLE:
                continue  # the answer did not go through h11
            if self.closes_idle or connection.our_state is not h11.DONE:
                return
            if connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()

    async def _request(
        self,
        number: int,
        connection: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> Seen | None:
        seen: Seen | None = None
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                self._go_on(seen, connection, writer)
                connection.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                seen = Seen(number, event.method, event.target, list(event.headers))
                self.seen.append(seen)
                await self._tell()
            elif isinstance(event, h11.Data):
                await self._swallow(seen, event.data)
            else:
                return seen if isinstance(event, h11.EndOfMessage) else None
            if seen is not None and seen.target == b"/early":
                return seen

    def _go_on(
        self, seen: Seen | None, connection: h11.Connection, writer: asyncio.StreamWriter
    ) -> None:
        if connection.they_are_waiting_for_100_continue and seen is not None:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            writer.write(connection.send(go_on) or b"")

    async def _swallow(self, seen: Seen | None, content: bytes) -> None:
        self.swallowed += len(content)
        if seen is not None and not seen.target.startswith(b"/sink"):
            seen.body += content
        await self._tell()

    async def _left(self, seen: Seen, reader: asyncio.StreamReader) -> bool:
        """Hold the answer to /hold; return whether the asker left before it was let go."""
        if seen.target != b"/hold":
            return False
        held, gone = asyncio.create_task(self.held.wait()), asyncio.create_task(reader.read(1))
        done, waiting = await asyncio.wait({held, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.wait({held, gone})
        return gone in done

    async def _answer(
        self, seen: Seen, connection: h11.Connection, writer: asyncio.StreamWriter
    ) -> bool:
        path = seen.target.partition(b"?")[0]
        if path in self.raw:
            answers = self.raw[path]
            writer.write(answers.pop(0))
            await writer.drain()
            if not answers:
                del self.raw[path]
                writer.close()
                return False
            # It was not sent through h11, so what h11 believes is told again.
            connection.__init__(h11.SERVER)  # type: ignore[misc]  # a new one in the old one's place
            return True
        await self._respond(seen, path, connection, writer)
        return True

    async def _respond(
        self, seen: Seen, path: bytes, connection: h11.Connection, writer: asyncio.StreamWriter
    ) -> None:
        kind, _, amount = path.strip(b"/").partition(b"/")
        content = self.name.encode() + b" saw " + seen.target
        headers: Headers = [(b"content-type", b"text/plain")]
        status = int(amount) if kind == b"status" else 200
        if kind == b"echo":
            content = seen.body
        if kind in (b"sized", b"chunked", b"close"):
            content = b"x" * int(amount)
        if kind == b"early":
            status = 401
        if kind == b"close":
            headers.append((b"connection", b"close"))
        elif kind != b"chunked" and status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(content)))
        head = h11.Response(status_code=status, headers=headers)
        writer.write(connection.send(head) or b"")
        if seen.method != b"HEAD" and status not in (204, 304):
            for at in range(0, len(content), 65536):
                writer.write(connection.send(h11.Data(content[at : at + 65536])) or b"")
                await writer.drain()
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
