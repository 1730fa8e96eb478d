"""How a change made by another process is heard of: files watched, or PostgreSQL's notifications."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from watchfiles import Change, awatch

from gateway.errors import StoreUnavailable
from gateway.store.database import Database

log = logging.getLogger(__name__)

CHANNEL: Final = "gateway_changes"
DEBOUNCE_MILLISECONDS: Final = 200
FALLBACK_MILLISECONDS: Final = 5000
"""Where the kernel reports nothing (some network file systems), a look is taken so often."""
UNWATCHED_SECONDS: Final = 1.0
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 10.0

Sleep = Callable[[float], Awaitable[None]]


async def wakes(database: Database, *, sleep: Sleep = asyncio.sleep) -> AsyncIterator[None]:
    """Yield whenever the database may have changed; what happens after the first step is noticed."""
    ways = _notified(database, sleep) if database.file is None else _watched(database.file, sleep)
    async for _ in ways:
        yield


async def _watched(file: Path, sleep: Sleep) -> AsyncIterator[None]:
    # The directory is watched, as the write-ahead log is a file of its own that comes and goes.
    names = {file.name, f"{file.name}-wal"}

    def ours(_change: Change, path: str) -> bool:
        return Path(path).name in names

    try:
        async for _ in awatch(
            file.parent,
            watch_filter=ours,
            debounce=DEBOUNCE_MILLISECONDS,
            recursive=False,
            rust_timeout=FALLBACK_MILLISECONDS,
            yield_on_timeout=True,
        ):
            yield
    except (OSError, RuntimeError) as exc:
        # The kernel's watches may be used up (fs.inotify.max_user_instances).
        log.warning("store %s: looked at every second, as it can't be watched: %s", file, exc)
    while True:
        await sleep(UNWATCHED_SECONDS)
        yield


async def _notified(database: Database, sleep: Sleep) -> AsyncIterator[None]:
    delay = FIRST_DELAY
    while True:
        try:
            async with database.listening(CHANNEL) as notifications:
                delay = FIRST_DELAY
                yield  # what happened while nobody listened
                async for _ in notifications:
                    yield
        except StoreUnavailable:
            log.debug("store %s: listening again in %.1f s", database.name, delay)
        await sleep(delay)
        delay = min(2 * delay, LONGEST_DELAY)
