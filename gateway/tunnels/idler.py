"""The idler: lets one tunnel sleep when nobody has used it for long."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from gateway.core.inventory import Inventory
from gateway.core.names import NotebookName
from gateway.core.quantities import duration_text
from gateway.core.status import TunnelState
from gateway.tunnels.keeper import Keeper, Time

Quiet: TypeAlias = Callable[[frozenset[NotebookName]], float]
"""Says for how many seconds nobody has used any of these notebooks; 0 while somebody does."""


def never_quiet(_: frozenset[NotebookName]) -> float:
    """Say that somebody uses them, where nobody knows."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Idler:
    """Looks when a tunnel could have been idle for its time; equal ones are one and the same."""

    keeper: Keeper
    seconds: float
    """How long it may be idle."""
    notebooks: frozenset[NotebookName]
    """Those that it leads to."""
    riders: tuple[Keeper, ...]
    """The tunnels that lead through it."""
    quiet: Quiet
    time: Time

    async def run(self) -> None:
        """Put the tunnel to sleep whenever nobody has used it for its time, until cancelled."""
        while True:
            await self.keeper.until_up()
            await self._unused()
            self.keeper.fall_asleep(f"nobody has used it for {duration_text(self.seconds)}")

    async def _unused(self) -> None:
        """Return when a tunnel that is up has not been used for its time."""
        left = self.seconds
        while left > 0:
            await self.time.sleep(left)
            left = self.seconds - self._quiet_seconds()

    def _quiet_seconds(self) -> float:
        ridden = any(rider.status.state is not TunnelState.ASLEEP for rider in self.riders)
        if ridden or self.keeper.connection is None:
            return 0.0
        return self.quiet(self.notebooks)


def idlers(
    inventory: Inventory, keepers: Collection[Keeper], *, quiet: Quiet, time: Time
) -> Iterator[Idler]:
    """Yield one for each tunnel that its remote lets sleep."""
    for keeper in keepers:
        seconds = inventory.remotes[keeper.id.remote].idle_seconds
        if seconds is not None:
            notebooks = {n.name for n in inventory.notebooks.values() if n.tunnel == keeper.id}
            riders = [rider for rider in keepers if rider.jump is keeper]
            yield Idler(keeper, seconds, frozenset(notebooks), tuple(riders), quiet, time)
