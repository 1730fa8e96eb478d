"""The door: takes every connection, and holds what its exchanges share."""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Final

from gateway.core.inventory import Address, Inventory, Notebook, PublicUrl, Server
from gateway.core.names import NotebookName
from gateway.door.client import ClientLeg
from gateway.door.decision import Decider, Who
from gateway.door.ledger import Ledger
from gateway.door.pool import Pool
from gateway.door.reach import Dial, Notebooks, Reach
from gateway.door.room import Place, Room
from gateway.door.visits import Visits, Witness

log = logging.getLogger(__name__)

BACKLOG: Final = 1024
HANDSHAKE_SECONDS: Final = 10.0
NOTHING: Final = Inventory(Server(Address("localhost", 0), PublicUrl("http", "localhost", 80)))
"""What is declared before anything is: no notebooks, no members, and so no entry."""


class Door:
    """The one listener; exchanges, pools and connections live and end with it."""

    def __init__(
        self,
        *,
        who: Who,
        tunnels: Notebooks,
        control: Dial,
        witness: Witness,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.visits = Visits(witness, clock)
        self.decider = Decider(who, tunnels, NOTHING, refused=self.visits.refused)
        self.limits = NOTHING.server.limits
        self.ledger = Ledger(self.visits)
        self.draining = False
        self.requests = 0
        self.refused = 0
        self.legs: set[ClientLeg] = set()
        self.now = clock
        self._pool = Pool(self.now)
        self._room = Room(self.now)
        self.reach = Reach(tunnels, control, self._pool)
        self._empty = asyncio.Event()
        self._servers: list[asyncio.Server] = []
        self._tasks: asyncio.TaskGroup | None = None

    def apply(self, inventory: Inventory) -> None:
        """Serve by ``inventory`` from now on, and end what it no longer allows or leads elsewhere."""
        before = self.decider.inventory.notebooks
        self.decider.apply(inventory)
        self.limits = inventory.server.limits
        moved = {
            name
            for name, notebook in before.items()
            if not _same_place(notebook, inventory.notebooks.get(name))
        }
        self._pool.close(lambda key: key is not None and key[0] in moved)
        self.ledger.end(lambda plan: plan.place.name in moved)
        self.recheck()

    def recheck(self) -> None:
        """End every exchange and WebSocket whose credential or grant no longer holds."""
        self.ledger.end(lambda plan: not self.decider.holds(plan))

    @asynccontextmanager
    async def listening(
        self, address: Address, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[int]:
        """Take connections at ``address`` and give its port; raise OSError if it can't be had.

        Whatever is left of connections and exchanges at the end is cut.
        """
        server = await asyncio.get_running_loop().create_server(
            lambda: ClientLeg(self),
            address.host,
            address.port,
            ssl=tls,
            backlog=BACKLOG,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if tls else None,
        )
        self._servers.append(server)
        async with asyncio.TaskGroup() as self._tasks:
            visits = self._tasks.create_task(self.visits.keep(), name="visits")
            try:
                yield int(server.sockets[0].getsockname()[1])
            finally:
                visits.cancel()
                self._hang_up()
                self.visits.end_all()

    async def drain(self, grace_seconds: float) -> None:
        """Take no more connections, and let what is under way finish for ``grace_seconds``."""
        self.draining = True
        self.reach.holds.end()
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

    def quiet_seconds(self, names: frozenset[NotebookName]) -> float:
        """Return for how long nothing has been open to any of these notebooks."""
        return self.visits.quiet_seconds(names)

    def counts(self) -> Mapping[str, int]:
        """Return what there is to count."""
        return {
            "connections": len(self.legs),
            "exchanges": len(self.ledger),
            "held_requests": len(self.reach.holds),
            "idle_upstream_connections": len(self._pool),
            "refused_connections_total": self.refused,
            "requests_total": self.requests,
        }

    # What the client's legs and their exchanges need.

    def joined(self, leg: ClientLeg) -> Place:
        """Count ``leg`` in; return whether there is room for it."""
        self.legs.add(leg)
        place = self._room.for_descriptor(leg.descriptor)
        if place is Place.FREE and len(self.legs) > self.limits.connections:
            place = Place.NONE
        self.refused += place is not Place.FREE
        return place

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

    def _hang_up(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
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
    return (one.tunnel, one.place, one.scheme, one.verify, one.listener) == (
        other.tunnel, other.place, other.scheme, other.verify, other.listener,
    )  # fmt: skip
