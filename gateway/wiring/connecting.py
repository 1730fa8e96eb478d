"""Connecting once to everything that is configured, to see whether it can be done."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from gateway.core.inventory import Inventory
from gateway.core.names import NotebookName, RemoteName
from gateway.core.status import NotebookStatus, TunnelStatus
from gateway.tunnels.tunnels import Tunnels

PATIENCE_SECONDS: Final = 30.0
"""Time to connect and log in through one jump, and to probe."""


class Keeping(Protocol):
    """What is needed of the tunnels."""

    def apply(self, inventory: Inventory) -> None:
        """Take the wanted state."""

    async def run(self) -> None:
        """Keep tunnels until cancelled."""

    async def settled(self, *, within_seconds: float) -> None:
        """Return when every notebook has left STARTING, or time is up."""

    def tunnel_statuses(self) -> tuple[TunnelStatus, ...]:
        """Return how the tunnels stand."""

    def status(self, name: NotebookName) -> NotebookStatus | None:
        """Return how a notebook stands."""


class Forgetful:
    """Pins for a check: it leaves no trace, so a key under accept-new is taken as it comes."""

    def pinned(self, remote: RemoteName) -> str | None:
        """Return None: nothing was seen before."""

    async def pin(self, remote: RemoteName, fingerprint: str) -> None:
        """Keep nothing."""


async def connect_check(
    inventory: Inventory,
    *,
    tunnels: Callable[[], Keeping] | None = None,
    within_seconds: float = PATIENCE_SECONDS,
) -> list[TunnelStatus | NotebookStatus]:
    """Return how every tunnel and notebook stands after one honest try."""
    kept = _tunnels() if tunnels is None else tunnels()
    kept.apply(inventory)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(kept.run(), name="tunnels")
        try:
            await kept.settled(within_seconds=within_seconds)
        except TimeoutError:
            pass  # those still STARTING say so themselves
        finally:
            found = [*kept.tunnel_statuses(), *map(kept.status, inventory.notebooks)]
            running.cancel()
    return [status for status in found if status is not None]


def _tunnels() -> Keeping:
    return Tunnels(pins=Forgetful())
