"""Diagnosing notebooks from here, beside a running gateway or without one."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from gateway.core.diagnosis import Diagnosis, Finding
from gateway.core.inventory import HostKeyPolicy, Inventory
from gateway.core.names import NotebookName, RemoteName
from gateway.errors import StoreUnavailable
from gateway.store.store import Store, open_store
from gateway.tunnels.tunnels import Tunnels

AT_A_TIME: Final = 3
"""How many notebooks of one remote are looked at together; as many as the gateway dials at a time."""


class _ReadPins:
    """The host keys that the gateway has accepted at first sight; a diagnosis adds none."""

    def __init__(self, store: Store | None) -> None:
        self._store = store

    def pinned(self, remote: RemoteName) -> str | None:
        return None if self._store is None else self._store.pinned(remote)

    async def pin(self, remote: RemoteName, fingerprint: str) -> None:
        pass


async def diagnose(
    inventory: Inventory, name: NotebookName, tell: Callable[[Finding], None]
) -> Diagnosis:
    """Walk the way to one notebook, telling each hop; raise TunnelDown when there is none."""
    async with _tunnels(inventory) as tunnels:
        return await tunnels.diagnose(name, tell=tell, with_rights=True)


async def diagnose_all(inventory: Inventory) -> tuple[Diagnosis, ...]:
    """Walk the way to every notebook, and return what was found, in the order of the configuration."""
    places: dict[RemoteName, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_A_TIME))
    async with _tunnels(inventory) as tunnels, asyncio.TaskGroup() as tasks:

        async def look(name: NotebookName, place: asyncio.Semaphore) -> Diagnosis:
            async with place:
                return await tunnels.diagnose(name, with_rights=False)

        looking = [
            tasks.create_task(look(name, places[notebook.remote]), name=f"diagnose {name}")
            for name, notebook in inventory.notebooks.items()
        ]
    return tuple(task.result() for task in looking)


@asynccontextmanager
async def _tunnels(inventory: Inventory) -> AsyncIterator[Tunnels]:
    """Hold tunnels that nobody keeps up: what is known of them is enough."""
    async with _store(inventory) as store:
        tunnels = Tunnels(pins=_ReadPins(store))
        tunnels.apply(inventory)
        yield tunnels


@asynccontextmanager
async def _store(inventory: Inventory) -> AsyncIterator[Store | None]:
    """Hold the store where a host key may be remembered in it; none is made for this."""
    async with AsyncExitStack() as held:
        store: Store | None = None
        if _may_remember(inventory):
            with suppress(StoreUnavailable):
                store = await held.enter_async_context(open_store(inventory.store))
        yield store


def _may_remember(inventory: Inventory) -> bool:
    learns = HostKeyPolicy.ACCEPT_NEW
    backend, _, file = inventory.store.partition(":///")
    is_there = not backend.startswith("sqlite") or Path(file).exists()
    return is_there and any(r.host_key_policy is learns for r in inventory.remotes.values())
