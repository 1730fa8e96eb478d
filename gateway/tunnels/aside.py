"""Blocking calls that may take long, aside from the event loop and from the threads of others.

libkrb5 waits for a silent KDC as long as it sees fit. In the loop's own pool a few such waits would hold up everybody
who resolves a name; and a pool's threads are waited for at the end, these are not.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

AT_ONCE: Final = 4

Outcome = TypeVar("Outcome")


class Aside:
    """Runs a few calls at once, each in a thread of its own."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def run(self, call: Callable[[], Outcome], *, name: str) -> Outcome:
        """Return what ``call`` returns, or raise what it raises; it goes on when its caller leaves."""
        loop = asyncio.get_running_loop()
        await self._free.acquire()
        done: asyncio.Future[Outcome] = loop.create_future()
        done.add_done_callback(self._retrieve)
        threading.Thread(
            target=_run, args=(call, loop, partial(self._settle, done)), name=name, daemon=True
        ).start()
        return await asyncio.shield(done)

    def _settle(
        self, done: asyncio.Future[Outcome], outcome: Outcome | None, exc: Exception | None
    ) -> None:
        self._free.release()
        if exc is not None:
            done.set_exception(exc)
        else:
            done.set_result(outcome)  # type: ignore[arg-type]  # there is an outcome where nothing was raised

    @staticmethod
    def _retrieve(done: asyncio.Future[Outcome]) -> None:
        """Take note of what was raised: its caller may have left."""
        done.exception()


def _run(
    call: Callable[[], Outcome],
    loop: asyncio.AbstractEventLoop,
    settle: Callable[[Outcome | None, Exception | None], None],
) -> None:
    try:
        told: tuple[Outcome | None, Exception | None] = call(), None
    except Exception as exc:  # noqa: BLE001  handed to the caller, whatever it is
        told = None, exc
    try:
        loop.call_soon_threadsafe(settle, *told)
    except RuntimeError:
        return  # the loop has ended, and nobody waits
