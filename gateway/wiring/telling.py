"""Telling the audit log elsewhere: each line once, as JSON, to standard output or to a file.

How far it has been told is kept in the store, with the lines themselves. So whichever process wrote a line, the
serving one tells it; and what can't be told now (a full disk, a folder that is not there) waits in the store.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from gateway.config.kinds import AUDIT_STDOUT
from gateway.core.audit import Line
from gateway.errors import StoreUnavailable
from gateway.store.auditing import Auditing
from gateway.store.following import Sleep

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 2.0


class Teller:
    """Writes new lines where the configuration wants them."""

    def __init__(self, audit: Auditing, place: Callable[[], str | None]) -> None:
        self._audit = audit
        self._place = place
        self._told: int | None = None
        self.trouble = ""
        """Why lines can't be told now; empty when they are."""

    async def run(self, sleep: Sleep = asyncio.sleep) -> None:
        """Tell whatever any process adds, until cancelled."""
        async for _ in self._audit.wakes(sleep=sleep):
            while not await self.catch_up():
                await sleep(RETRY_SECONDS)

    async def catch_up(self) -> bool:
        """Tell all that has not been told; say whether that could be done."""
        place = self._place()
        try:
            while place is not None and (lines := await self._untold()):
                await asyncio.to_thread(write, place, lines)
                self._told = lines[-1].number  # even if the store can't be told so now
                await self._audit.save_told(self._told)
        except OSError as exc:
            self._fail(f"lines can't be written to {place}: {exc.strerror or exc}")
        except StoreUnavailable as exc:
            self._fail(str(exc))
        else:
            self._mend()
        return not self.trouble

    async def _untold(self) -> Sequence[Line]:
        if self._told is None:
            self._told = await self._audit.told()
        return await self._audit.some_after(self._told)

    def _fail(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("audit: %s; they wait in the store", trouble)
        self.trouble = trouble

    def _mend(self) -> None:
        if self.trouble:
            log.info("audit: lines are told again")
        self.trouble = ""


def write(place: str, lines: Sequence[Line]) -> None:
    """Append lines to ``place``, all or none; raise OSError.

    A file is opened anew each time, so that it may be rotated.
    """
    text = "".join(f"{line.as_json()}\n" for line in lines).encode()
    if place == AUDIT_STDOUT:
        _write(sys.stdout.fileno(), text)
        return
    file = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        try:
            _write(file, text)
        except OSError:
            with suppress(OSError):  # no file that can be cut: a pipe, or append-only
                os.ftruncate(file, size)
            raise
    finally:
        os.close(file)


def _write(file: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(file, rest) :]
