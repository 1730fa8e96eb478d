"""A long line: a TCP relay that holds every byte back for a while, and never drops one.

    python -m tests.relay HOST:PORT TARGET_HOST:PORT DELAY_MS [JITTER_MS] [muted]

It has no limit of its own but memory, so what is measured through it is windows, not bandwidth. It can also
be muted: then it takes connections and bytes, and passes nothing on, as a black hole does.
"""

import asyncio
import random
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import uvloop

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Weather:
    """How the line is."""

    delay_seconds: float = 0.0
    jitter_seconds: float = 0.0
    muted: bool = False
    chance: Callable[[], float] = field(default=random.random)

    def delay(self) -> float:
        """Return how long the next piece takes."""
        return self.delay_seconds + (2 * self.chance() - 1) * self.jitter_seconds


class Line:
    """One direction of one connection."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._more = asyncio.Event()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on everything up to the end, late."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take(reader))
            tasks.create_task(self._give(writer))

    async def _take(self, reader: asyncio.StreamReader) -> None:
        now = asyncio.get_running_loop().time
        due = 0.0
        data = b"x"
        while data:
            data = await reader.read(1 << 20)
            due = max(due, now() + self._weather.delay())  # a stream stays in order
            if not data or not self._weather.muted:
                self._under_way.append((due, data))
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


async def listen(
    address: tuple[str, int], target: tuple[str, int], weather: Weather
) -> asyncio.Server:
    """Start a relay at ``address`` and return it; port 0 is any free one."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*target)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(Line(weather).carry(reader, far_writer))
                tasks.create_task(Line(weather).carry(far_reader, writer))
        except* OSError:
            pass  # one side is gone; so is the line
        finally:
            far_writer.close()
            writer.close()

    return await asyncio.start_server(relay, *address, limit=1 << 22)


async def main(address: str, target: str, weather: Weather) -> None:
    """Be a relay until a signal ends the process."""
    server = await listen(_pair(address), _pair(target), weather)
    await server.serve_forever()


def _pair(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    words = [word for word in sys.argv[3:] if word != "muted"]
    line = Weather(*(float(word) / 1000 for word in words), muted="muted" in sys.argv)
    uvloop.run(main(sys.argv[1], sys.argv[2], line))
