"""Serving the control plane on a Unix socket, until cancelled."""

import asyncio
import socket as sockets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

KEEPALIVE_SECONDS: Final = 120
"""Longer than the door keeps a connection to us, so that it is never we who close one under a request."""
GRACE_SECONDS: Final = 5


async def serve_control(app: ASGIApp, socket: sockets.socket) -> None:
    """Answer on the bound ``socket`` until cancelled; then let running requests finish."""
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,  # the door's is the one
            server_header=False,
            proxy_headers=False,  # the door's are read where they are needed
            lifespan="off",
            ws="none",
            timeout_keep_alive=KEEPALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[socket]), name="control plane")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await asyncio.shield(serving)
            raise


class _Server(uvicorn.Server):
    """Uvicorn's server, which leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
