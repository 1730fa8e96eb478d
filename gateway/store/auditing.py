"""Keeping the audit log: what changes the store is written with the change, the rest as soon as it can be.

Nobody who passes bytes ever waits for it. What can't be written now is held, as much as fits; what does not fit
is counted, and the count becomes a line of its own when the store is back.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from sqlalchemy import text

from gateway.core.audit import Act, Broken, Entry, Line, broken, entry
from gateway.errors import StoreUnavailable
from gateway.store import audit_statements as statements
from gateway.store.database import Database
from gateway.store.following import CHANNEL, Sleep

log = logging.getLogger(__name__)

MOST_HELD: Final = 10_000
BATCH: Final = 500
RETRY_SECONDS: Final = 2.0


class Auditing:
    """Writes the audit log, and reads it."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._held: deque[Entry] = deque()
        self._lost = 0
        self._lost_ever = 0
        self._news = asyncio.Event()

    @property
    def held(self) -> int:
        """How many entries wait to be written."""
        return len(self._held)

    @property
    def lost(self) -> int:
        """How many entries could not even be held, since the gateway started."""
        return self._lost_ever

    def note(self, act: Act, **texts: str) -> None:
        """Have something written down soon; never waits, never raises."""
        if len(self._held) >= MOST_HELD:
            self._lose()
        else:
            self._held.append(entry(act, self._clock(), **texts))
        self._news.set()

    async def run(self, sleep: Sleep) -> None:
        """Write what is noted, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.flush()
            except StoreUnavailable as exc:
                log.debug("audit: %d entries wait: %s", self.held, exc)
                await sleep(RETRY_SECONDS)
                self._news.set()

    async def flush(self) -> None:
        """Write all that is held; raise StoreUnavailable when that can't be done now."""
        while self._held or self._lost:
            batch = list(self._held)[:BATCH]
            lost = self._lost
            async with self._database.writing() as connection:
                await statements.append(connection, [*batch, *self._confession(lost)])
                if self._database.file is None:
                    await connection.execute(text("SELECT pg_notify(:c, '')"), {"c": CHANNEL})
            self._lost -= lost
            for _ in batch:
                self._held.popleft()

    async def lines(
        self, *, notebook: str | None = None, actor: str | None = None, limit: int = 200
    ) -> Sequence[Line]:
        """Return the newest lines, the newest first."""
        async with self._database.reading() as connection:
            return await statements.newest(connection, notebook=notebook, actor=actor, limit=limit)

    async def lines_after(self, number: int) -> AsyncIterator[Line]:
        """Yield all lines after ``number``, the oldest first."""
        while True:
            async with self._database.reading() as connection:
                lines = await statements.after(connection, number, limit=BATCH)
            for line in lines:
                yield line
            if len(lines) < BATCH:
                return
            number = lines[-1].number

    async def last_number(self) -> int:
        """Return the number of the last line."""
        async with self._database.reading() as connection:
            return (await statements.last(connection)).number

    async def verify(self) -> Broken | int:
        """Return how many lines there are, if each follows the one before it; else the first that does not."""
        async with self._database.reading() as connection:
            anchor, last = await statements.anchor(connection), await statements.last(connection)
            here, count = anchor, 0
            while lines := await statements.after(connection, here.number, limit=BATCH):
                if (found := broken(here, lines)) is not None:
                    return found
                count += len(lines)
                here = type(anchor)(lines[-1].number, lines[-1].digest)
        if here != last:
            return Broken(here.number + 1, f"is missing; the log went on to {last.number}")
        return count

    async def prune(self, before: float) -> int:
        """Delete lines from before a moment, and write that down; return how many."""
        async with self._database.writing() as connection:
            count = await statements.prune(connection, before)
            if count:
                told = entry(Act.PRUNED, self._clock(), detail=f"{count} lines")
                await statements.append(connection, [told])
        return count

    def _confession(self, lost: int) -> list[Entry]:
        return [entry(Act.LOST, self._clock(), detail=f"{lost} lines")] if lost else []

    def _lose(self) -> None:
        if not self._lost:
            log.error("audit: %d entries wait already; more are lost, and counted", MOST_HELD)
        self._lost += 1
        self._lost_ever += 1
