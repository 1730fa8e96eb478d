"""Answers that are shared by those who ask at the same time, and are never older than the question."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Asks a question for as many as want to know, one time after the other."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._asking = asyncio.Lock()
        self._begun = self._done = 0
        self._answer: T

    async def fresh(self) -> T:
        """Return the answer to a question that is put after the call: by us, or by another who called as late."""
        wanted = self._begun + 1
        async with self._asking:
            if self._done < wanted:
                self._begun += 1
                number = self._begun
                self._answer = await self._ask()
                self._done = number
            return self._answer
