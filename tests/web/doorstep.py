"""The control plane on a port of loopback, behind just as much of a door as a browser needs to see."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import Receive, Scope, Send

from gateway.core.names import NotebookName
from gateway.core.status import NotebookState
from gateway.web.serve import serve_control
from gateway.web.visitor import visitor_of
from tests.web.conftest import House

NOTEBOOK = "<!doctype html><title>lab</title><h1>Alice's notebook</h1>"


class Doorstep:
    """Serves alice's notebook at /alice/, or on its own host, and the control plane otherwise."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        by_host = request.url.hostname != "localhost"
        path = request.url.path
        if path.startswith("/-/") or not (by_host or path.startswith("/alice/")):
            await self._house.app(scope, receive, send)
        elif visitor_of(self._house.app.state.site, request) is None:
            leads = "/-/enter" if by_host else "/-/login"
            await RedirectResponse(f"{leads}?next={path}", 303)(scope, receive, send)
        elif self._ready():
            await HTMLResponse(NOTEBOOK)(scope, receive, send)
        else:
            waiting = b"/-/waiting/alice"
            page = {**scope, "path": waiting.decode(), "raw_path": waiting}
            await self._house.app(page, receive, send)

    def _ready(self) -> bool:
        status = self._house.notebooks.status(NotebookName("alice"))
        return status is not None and status.state is NotebookState.READY


@contextmanager
def served(house: House, listener: socket.socket) -> Iterator[None]:
    """Serve from a thread of its own, as Playwright's waits hold this one."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(serve_control(Doorstep(house), listener))

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(settled(task))

    thread = threading.Thread(target=run)
    thread.start()
    yield
    loop.call_soon_threadsafe(task.cancel)
    thread.join()


async def settled(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])
