"""A page that is sent while it is made: whoever waits for the rest can read its beginning."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from fastapi import Response
from starlette.types import Receive, Scope, Send

Write: TypeAlias = Callable[[str], None]
Make: TypeAlias = Callable[[Write], Awaitable[None]]


HTML: Final = "text/html"
JSON_LINES: Final = "application/x-ndjson"


class Unfolding(Response):
    """Sends ``beginning``, then what ``make`` writes as it writes it, then ``end``."""

    def __init__(self, beginning: str, make: Make, end: str, *, media_type: str = HTML) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._beginning = beginning
        self._make = make
        self._end = end

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request; a browser that leaves does not end what is under way."""
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        await send(_body(self._beginning))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fill(pieces), name="make a page")
            while (piece := await pieces.get()) is not None:
                await send(_body(piece))
        await send({**_body(self._end), "more_body": False})

    async def _fill(self, pieces: asyncio.Queue[str | None]) -> None:
        try:
            await self._make(pieces.put_nowait)
        finally:
            pieces.put_nowait(None)


def _body(text: str) -> dict[str, object]:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}
