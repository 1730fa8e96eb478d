"""Trying every remote and notebook once, without serving anybody."""

import asyncio
from typing import Final

from gateway.core.inventory import Inventory
from gateway.core.status import NotebookStatus, TunnelStatus
from gateway.tunnels.tunnels import Tunnels
from gateway.wiring.pins import seen_pins

PATIENCE_SECONDS: Final = 30.0
"""Longer than connecting, logging in and asking a silent notebook take together."""


async def connect_check(
    inventory: Inventory,
) -> tuple[tuple[TunnelStatus, ...], tuple[NotebookStatus, ...]]:
    """Dial every tunnel and ask every notebook, and return how they stand.

    It leaves no trace: a host key seen for the first time is not pinned.
    """
    tunnels = Tunnels(pins=await seen_pins(inventory))
    tunnels.apply(inventory)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(tunnels.run(), name="tunnels")
        await tunnels.settled(within_seconds=PATIENCE_SECONDS)
        found = map(tunnels.status, inventory.notebooks)
        statuses = tuple(status for status in found if status is not None)
        dialled = tunnels.tunnel_statuses()
        running.cancel()
    return dialled, statuses
