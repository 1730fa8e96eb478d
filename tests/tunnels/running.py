"""Running tunnels for the length of a test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.core.inventory import Inventory
from gateway.core.names import NotebookName
from gateway.core.status import NotebookState, NotebookStatus, TunnelState
from gateway.tunnels.tunnels import Tunnels
from tests.tunnels.fakes import ALICE, FakePins

PATIENCE_SECONDS = 20.0


@asynccontextmanager
async def running(inventory: Inventory, **options: object) -> AsyncIterator[Tunnels]:
    """Run tunnels for ``inventory``; real time unless told otherwise."""
    tunnels = Tunnels(**{"pins": FakePins(), **options})  # type: ignore[arg-type]  # a test's shorthand
    tunnels.apply(inventory)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(tunnels.run())
        try:
            yield tunnels
        finally:
            task.cancel()


async def until(tunnels: Tunnels, true: Callable[[], bool]) -> None:
    """Return when ``true``, looking after each change."""
    while not true():
        await tunnels._change()  # noqa: SLF001  there is no public event, and no polling


async def until_state(
    tunnels: Tunnels, state: NotebookState, name: NotebookName = ALICE
) -> NotebookStatus:
    """Return the status of a notebook once it stands so."""
    while (status := tunnels.status(name)) is None or status.state is not state:
        await tunnels._change()  # noqa: SLF001  there is no public event, and no polling
    return status


def tunnel_states(tunnels: Tunnels) -> dict[str, TunnelState]:
    return {str(status.id): status.state for status in tunnels.tunnel_statuses()}
