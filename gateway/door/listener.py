"""The door: takes every connection, and holds what its exchanges share."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from gateway.core.inventory import Inventory, Limits, Notebook
from gateway.door.client import ClientLeg
from gateway.door.decision import Decider, ToNotebook, Who
from gateway.door.ledger import Ledger
from gateway.door.pool import Pool
from gateway.door.reach import Dial, Notebooks, Reach

log = logging.getLogger(__name__)

BACKLOG: Final = 1024
HANDSHAKE_SECONDS: Final = 10.0


class Door:
    """The one listener; exchanges, pools and connections live and end with it."""

    def __init__(
        self,
        *,
        who: Who,
        tunnels: Notebooks,
        control: Dial,
        inventory: Inventory,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.now = asyncio.get_running_loop().time if clock is None else clock
        self.decider = Decider(who, tunnels, inventory)
        self.ledger = Ledger()
        self.draining = False
        self._pool = Pool(self.now)
        self.reach = Reach(tunnels, control, self._pool)
        self.legs: set[ClientLeg] = set()
        self._empty = asyncio.Event()
        self._servers: list[asyncio.Server] = []
        self._stopped = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def limits(self) -> Limits:
        """What one client, one member and all together may take."""
        return self.decider.inventory.server.limits

    def apply(self, inventory: Inventory) -> None:
        """Serve by ``inventory`` from now on, and end what it no longer allows or leads elsewhere."""
        before = self.decider.inventory.notebooks
        self.decider.apply(inventory)
        moved = {
            name
            for name, notebook in before.items()
            if not _same_place(notebook, inventory.notebooks.get(name))
        }
        self._pool.close(lambda key: key is not None and key[0] in moved)
        self._end(lambda plan: plan.place.name in moved)
        self.recheck()

    def recheck(self) -> None:
        """End every exchange and WebSocket whose credential or grant no longer holds."""
        self._end(lambda plan: not self.decider.holds(plan))

    async def serve(
        self, sockets: Sequence[socket.socket], *, tls: ssl.SSLContext | None = None
    ) -> None:
        """Take connections on ``sockets`` until drained or cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as self._tasks:
            try:
                for listening in sockets:
                    server = await loop.create_server(
                        lambda: ClientLeg(self),
                        sock=listening,
                        ssl=tls,
                        backlog=BACKLOG,
                        ssl_handshake_timeout=HANDSHAKE_SECONDS if tls else None,
                    )
                    self._servers.append(server)
                await self._stopped.wait()
            finally:
                self._hang_up()

    async def drain(self, grace_seconds: float) -> None:
        """Take no more connections, let requests finish for ``grace_seconds``, and end ``serve``."""
        self.draining = True
        for server in self._servers:
            server.close()
        for leg in list(self.legs):
            leg.drain()
        try:
            async with asyncio.timeout(grace_seconds):
                while self.legs:
                    self._empty.clear()
                    await self._empty.wait()
        except TimeoutError:
            log.warning("%d connections did not end in time", len(self.legs))
        self._stopped.set()

    # What the client's legs and their exchanges need.

    def joined(self, leg: ClientLeg) -> bool:
        """Count ``leg`` in; return whether there is room for it."""
        self.legs.add(leg)
        return len(self.legs) <= self.limits.connections

    def left(self, leg: ClientLeg) -> None:
        """Count ``leg`` out."""
        self.legs.discard(leg)
        if not self.legs:
            self._empty.set()

    def start(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Start a task that lives no longer than the door."""
        if self._tasks is None:
            work.close()
            raise RuntimeError("the door is not open")
        return self._tasks.create_task(_supervised(work, name), name=name)

    def _end(self, doomed: Callable[[ToNotebook], bool]) -> None:
        self.ledger.end(doomed)

    def _hang_up(self) -> None:
        for server in self._servers:
            server.close()
        for leg in list(self.legs):
            leg.abort()
        self._pool.close()


async def _supervised(work: Coroutine[None, None, None], name: str) -> None:
    """Run ``work``; a bug in one exchange is logged and must not take the others along."""
    try:
        await work
    except Exception:
        log.exception("%s failed", name)


def _same_place(one: Notebook, other: Notebook | None) -> bool:
    if other is None:
        return False
    return (one.tunnel, one.place, one.scheme, one.verify) == (
        other.tunnel, other.place, other.scheme, other.verify,
    )  # fmt: skip
