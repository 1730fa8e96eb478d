"""What holds for every answer of the control plane: headers that bind browsers, a limit on bodies, who it is for."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web.client import address_of
from gateway.web.headers import bind
from gateway.web.problems import failure
from gateway.web.site import Site

MOST_BODY: Final = 16 * 1024
"""Bytes; the largest form or JSON document that any of our pages and calls has use for."""
LONGEST_NUMBER: Final = 18


class Shield:
    """Middleware around the whole application."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                bind(MutableHeaders(scope=message), self._site)
            await send(message)

        request = Request(scope)
        if _declared(request.headers) > MOST_BODY:
            refusal = failure(request, 413, f"a body holds at most {MOST_BODY} bytes")
            refusal.headers["Connection"] = "close"  # the body stays unread
            await refusal(scope, receive, guarded)
        else:
            with self._site.audit.acting_from(address_of(request)):
                await self._app(scope, _counted(receive), guarded)


def _declared(headers: Headers) -> int:
    """Return how long the body says it is; what is no number is more than we take."""
    length = headers.get("content-length", "0")
    number = length.isascii() and length.isdigit() and len(length) <= LONGEST_NUMBER
    return int(length) if number else MOST_BODY + 1


def _counted(receive: Receive) -> Receive:
    taken = 0

    async def counting() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BODY:
            raise HTTPException(413)
        return message

    return counting
