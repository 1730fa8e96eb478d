"""Trying every remote and notebook once, without serving anybody."""

import asyncio
from typing import Final

from gateway.core.inventory import Inventory
from gateway.core.names import RemoteName
from gateway.core.status import NotebookStatus, TunnelStatus
from gateway.tunnels.tunnels import Tunnels

PATIENCE_SECONDS: Final = 20.0
"""Longer than connecting, logging in and asking a silent notebook take together."""


class _NoPins:
    """Remembers no host key: a check leaves no trace, and trusts what a first dial would trust."""

    def pinned(self, remote: RemoteName) -> str | None:  # noqa: ARG002
        return None

    async def pin(self, remote: RemoteName, fingerprint: str) -> None:
        pass


async def connect_check(
    inventory: Inventory,
) -> tuple[tuple[TunnelStatus, ...], tuple[NotebookStatus, ...]]:
    """Dial every tunnel and ask every notebook, and return how they stand."""
    tunnels = Tunnels(pins=_NoPins())
    tunnels.apply(inventory)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(tunnels.run(), name="tunnels")
        await tunnels.settled(within_seconds=PATIENCE_SECONDS)
        found = map(tunnels.status, inventory.notebooks)
        statuses = tuple(status for status in found if status is not None)
        dialled = tunnels.tunnel_statuses()
        running.cancel()
    return dialled, statuses
