"""Whether the gateway takes requests yet."""

import asyncio
from typing import Final

from gateway.errors import DemoFailed

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.1
REQUEST: Final = b"GET /-/readyz HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n"


async def ready(port: int) -> None:
    """Wait until the gateway at ``port`` says that it is ready; raise DemoFailed when it takes too long."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            # A process of its own can't set an event of ours, so this is the one place that asks again.
            while not await _says_so(port):  # noqa: ASYNC110
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError as exc:
        raise DemoFailed(f"the gateway was not ready after {PATIENCE_SECONDS:.0f} s") from exc


async def _says_so(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(REQUEST % port)
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
