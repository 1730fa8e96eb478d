"""Watching the known_hosts files of the inventory in force: a tunnel that one of them stopped dials again."""

import asyncio
import logging
from collections.abc import Callable, Collection
from pathlib import Path

from gateway.core.names import RemoteName
from gateway.wiring.wanted import Wanted
from gateway.wiring.watching import watch

log = logging.getLogger(__name__)


class KnownHosts:
    """Says which remotes' known_hosts files have changed, whatever the configuration names just now."""

    def __init__(self, wanted: Wanted, changed: Callable[[Collection[RemoteName]], None]) -> None:
        self._wanted = wanted
        self._changed = changed
        self._renewed = asyncio.Event()
        wanted.followers.append(lambda _: self._renewed.set())

    async def run(self) -> None:
        """Watch until cancelled; the files are others once the configuration is."""
        while True:
            self._renewed.clear()
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch(), name="known_hosts")
                await self._renewed.wait()
                watching.cancel()

    async def _watch(self) -> None:
        files = sorted({file for file in self._files().values() if file.exists()})
        try:
            if files:
                await watch(files, self._tell)
        except (OSError, RuntimeError) as exc:  # the kernel's watches may be used up
            log.warning(
                "known_hosts files: looked at once a minute, as they can't be watched: %s", exc
            )

    def _tell(self) -> None:
        self._changed(self._files().keys())

    def _files(self) -> dict[RemoteName, Path]:
        remotes = self._wanted.inventory.remotes.values()
        return {r.name: Path(r.known_hosts) for r in remotes if r.known_hosts is not None}
