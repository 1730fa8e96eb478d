"""The load of WebSockets: on each connection one message goes out, and the next when it is back."""

import asyncio
from typing import Final

import uvloop

from tests.bench.contenders import Contender
from tests.bench.echo import MASKED, MESSAGE_BYTES, UNMASKED
from tests.bench.processes import BenchFailed

FRAME: Final = MASKED + b"x" * MESSAGE_BYTES
ANSWER_BYTES: Final = len(UNMASKED) + MESSAGE_BYTES
KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
"""The one of RFC 6455, section 1.3; that it isn't random is no matter here."""


def round_trips(contender: Contender, *, connections: int, seconds: int) -> float:
    """Return how many messages a second come back on all ``connections`` together."""
    return uvloop.run(_measure(contender, connections, seconds))


async def _measure(contender: Contender, connections: int, seconds: int) -> float:
    streams = [await _connect(contender) for _ in range(connections)]
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    async with asyncio.TaskGroup() as tasks:
        playing = [tasks.create_task(_play(*stream, until)) for stream in streams]
    for _, writer in streams:
        writer.close()
    return sum(task.result() for task in playing) / seconds


async def _connect(
    contender: Contender,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", contender.port)
    origin = f"127.0.0.1:{contender.port}"
    fields = {
        "Host": origin,
        "Origin": f"http://{origin}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
        **contender.headers,
    }
    lines = [f"GET {contender.prefix}/echo HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in head.partition(b"\r\n")[0]:
        raise BenchFailed(f"{contender.name}: {head.decode(errors='replace')}")
    return reader, writer


async def _play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, until: float) -> int:
    now, count = asyncio.get_running_loop().time, 0
    while now() < until:
        writer.write(FRAME)
        await reader.readexactly(ANSWER_BYTES)
        count += 1
    return count
