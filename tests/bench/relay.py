"""A long line: a TCP relay that holds every byte back for a while, and never drops one.

    python -m tests.bench.relay PORT TARGET_PORT DELAY_MS

It has no limit of its own but memory, so what is measured through it is windows, not bandwidth.
"""

import asyncio
import sys
from collections import deque

import uvloop


class Line:
    """One direction of one connection."""

    def __init__(self, delay_seconds: float) -> None:
        self._delay_seconds = delay_seconds
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._more = asyncio.Event()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on everything up to the end, late."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take(reader))
            tasks.create_task(self._give(writer))

    async def _take(self, reader: asyncio.StreamReader) -> None:
        now = asyncio.get_running_loop().time
        data = b"x"
        while data:
            data = await reader.read(1 << 20)
            self._under_way.append((now() + self._delay_seconds, data))
            self._more.set()

    async def _give(self, writer: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time
        while True:
            await self._more.wait()
            due, data = self._under_way.popleft()
            if not self._under_way:
                self._more.clear()
            await asyncio.sleep(max(0.0, due - now()))
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()


async def listen(port: int, target_port: int, delay_seconds: float) -> asyncio.Server:
    """Start a relay at ``port`` and return it; 0 is any free one."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target_port)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(Line(delay_seconds).carry(reader, far_writer))
                tasks.create_task(Line(delay_seconds).carry(far_reader, writer))
        except* OSError:
            pass  # one side is gone; so is the line
        finally:
            far_writer.close()
            writer.close()

    return await asyncio.start_server(relay, "127.0.0.1", port, limit=1 << 22)


async def main(port: int, target_port: int, delay_seconds: float) -> None:
    """Be a relay until a signal ends the process."""
    server = await listen(port, target_port, delay_seconds)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
