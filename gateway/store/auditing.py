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

from gateway.core.audit import (
    Act,
    Anchor,
    Broken,
    Choice,
    Entry,
    Kept,
    Line,
    Sound,
    broken,
    differing,
    entry,
    missing,
)
from gateway.core.tally import Tally
from gateway.errors import StoreUnavailable
from gateway.store import audit_statements as statements
from gateway.store.database import Database
from gateway.store.following import CHANNEL, Sleep, wakes
from gateway.store.rows import DAY
from gateway.store.whereabouts import Whereabouts

log = logging.getLogger(__name__)

MOST_HELD: Final = 10_000
BATCH: Final = 500
RETRY_SECONDS: Final = 2.0
RETENTION_SECONDS: Final = 365 * DAY
USUAL_LIMIT: Final = 200


class Auditing(Whereabouts):
    """Writes the audit log, and reads it."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        super().__init__()
        self._database = database
        self._clock = clock
        self._held: deque[Entry] = deque()
        self._lost = 0
        self._lost_ever = 0
        self._waiting = False
        self._news = asyncio.Event()
        self._refusals = Tally(beyond=("others", ""))
        self.retention_seconds = RETENTION_SECONDS

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
            self._held.append(self.placed(entry(act, self._clock(), **texts)))
        self._news.set()

    def note_refusal(self, member: str, address: str) -> None:
        """Note a log-in that was refused; of the same again, within a minute, only how many they were."""
        told = self._refusals.count((member, address), self._clock())
        if told is not None:
            self.note(Act.LOG_IN_REFUSED, subject=told[0], address=told[1])

    def note_refusals(self, *, all_of_them: bool = False) -> None:
        """Note how many were not told, of those whose minute is over or of all."""
        counts = self._refusals.rest() if all_of_them else self._refusals.over(self._clock())
        for (member, address), count in counts.items():
            detail = f"{count} more within a minute"
            self.note(Act.LOG_IN_REFUSED, subject=member, address=address, detail=detail)

    async def run(self, sleep: Sleep) -> None:
        """Write what is noted, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.flush()
            except StoreUnavailable as exc:
                self._say_waiting(exc)
                await sleep(RETRY_SECONDS)
                self._news.set()
            else:
                self._say_written()

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

    async def end(self) -> None:
        """Write all that is held for the last time; what can't be written now is lost, and that is said."""
        try:
            await self.flush()
        except StoreUnavailable as exc:
            log.error("audit: %d entries are lost at the end: %s", self.held + self._lost, exc)  # noqa: TRY400  it says it all

    # --- Reading ---

    async def lines(
        self, choice: Choice = statements.ALL, *, limit: int = USUAL_LIMIT
    ) -> Sequence[Line]:
        """Return the newest of the chosen lines, the newest first."""
        async with self._database.reading() as connection:
            return await statements.newest(connection, choice, limit=limit)

    async def lines_after(
        self, number: int, choice: Choice = statements.ALL
    ) -> AsyncIterator[Line]:
        """Yield the chosen lines after ``number``, the oldest first."""
        while lines := await self.some_after(number, choice):
            for line in lines:
                yield line
            number = lines[-1].number

    async def some_after(self, number: int, choice: Choice = statements.ALL) -> Sequence[Line]:
        """Return the first of the chosen lines after ``number``, not more than BATCH."""
        async with self._database.reading() as connection:
            return await statements.after(connection, number, limit=BATCH, choice=choice)

    async def follow(
        self, number: int, choice: Choice = statements.ALL, *, sleep: Sleep = asyncio.sleep
    ) -> AsyncIterator[Line]:
        """Yield the chosen lines after ``number``, and whatever any process adds; never ends."""
        async for _ in self.wakes(sleep=sleep):
            async for line in self.lines_after(number, choice):
                yield line
                number = line.number

    async def wakes(self, *, sleep: Sleep = asyncio.sleep) -> AsyncIterator[None]:
        """Yield at once, and whenever any process may have added lines."""
        yield
        async for _ in wakes(self._database, sleep=sleep):
            yield

    async def last_number(self) -> int:
        """Return the number of the last line."""
        async with self._database.reading() as connection:
            return (await statements.last(connection)).number

    # --- Telling it elsewhere ---

    async def told(self) -> int:
        """Return the number of the last line that was told as JSON."""
        async with self._database.reading() as connection:
            return await statements.told(connection)

    async def save_told(self, number: int) -> None:
        """Write down the last line that was told."""
        async with self._database.writing() as connection:
            await statements.save_told(connection, number)

    # --- Judging it ---

    async def verify(self, kept: Kept | None = None) -> Broken | Sound:
        """Return that each line follows the one before it, or the first that does not.

        ``kept`` is a line's number and digest that somebody wrote down elsewhere: it must still be so.
        """
        start = await self._anchor()
        found = await self._verified(start, kept)
        if isinstance(found, Broken) and (pruned := await self._anchor()) != start:
            return await self._verified(pruned, kept)  # lines were pruned while we read them
        return found

    async def _anchor(self) -> Anchor:
        async with self._database.reading() as connection:
            return await statements.anchor(connection)

    async def _verified(self, start: Anchor, kept: Kept | None) -> Broken | Sound:
        here, count = start, 0
        async with self._database.reading() as connection:
            last = await statements.last(connection)
            while lines := await statements.after(
                connection, here.number, limit=BATCH, until=last.number
            ):
                found = broken(here, lines) or differing(kept, lines)
                if found is not None:
                    return found
                count += len(lines)
                here = Anchor(lines[-1].number, lines[-1].digest)
        if here != last:
            return Broken(here.number + 1, f"is missing; the log went on to {last.number}")
        return missing(kept, start, last) or Sound(count, last)

    async def drop_old(self) -> None:
        """Delete the lines that have been kept long enough."""
        if count := await self.prune(self._clock() - self.retention_seconds):
            log.info("audit: %d lines were old enough, and are gone", count)

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

    def _say_waiting(self, exc: StoreUnavailable) -> None:
        if not self._waiting:
            log.error("audit: %d entries wait: %s; proxying goes on", self.held, exc)
        self._waiting = True

    def _say_written(self) -> None:
        if self._waiting:
            log.info("audit: all that waited is written; %d entries were lost", self._lost_ever)
        self._waiting = False

    def _lose(self) -> None:
        if not self._lost:
            log.error("audit: %d entries wait already; more are lost, and counted", MOST_HELD)
        self._lost += 1
        self._lost_ever += 1
