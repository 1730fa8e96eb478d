"""Following files that the inventory in force names: a tunnel that one of them stopped dials again."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from gateway.core.inventory import Inventory
from gateway.core.names import RemoteName
from gateway.core.ssh_credential import Credential, Kerberos, KeyFile
from gateway.wiring.wanted import Wanted
from gateway.wiring.watching import watch

log = logging.getLogger(__name__)

Files: TypeAlias = Callable[[Inventory], Iterator[tuple[RemoteName, str]]]


class FollowedFiles:
    """Says which remotes' files have changed, whatever the configuration names just now."""

    def __init__(
        self,
        wanted: Wanted,
        files: Files,
        changed: Callable[[Collection[RemoteName]], None],
        *,
        name: str,
    ) -> None:
        self._wanted = wanted
        self._files = files
        self._changed = changed
        self._name = name
        self._renewed = asyncio.Event()
        wanted.followers.append(lambda _: self._renewed.set())

    async def run(self) -> None:
        """Watch until cancelled; the files are others once the configuration is."""
        while True:
            self._renewed.clear()
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch(), name=self._name)
                await self._renewed.wait()
                watching.cancel()

    async def _watch(self) -> None:
        named = {Path(file) for _, file in self._files(self._wanted.inventory)}
        files = sorted(file for file in named if file.absolute().parent.exists())
        try:
            if files:
                await watch(files, self._tell)
        except (OSError, RuntimeError) as exc:  # the kernel's watches may be used up
            log.warning(
                "%s: looked at once a minute, as they can't be watched: %s", self._name, exc
            )

    def _tell(self) -> None:
        self._changed({remote for remote, _ in self._files(self._wanted.inventory)})


def known_hosts_files(inventory: Inventory) -> Iterator[tuple[RemoteName, str]]:
    """Yield what says which host keys are known."""
    for remote in inventory.remotes.values():
        if remote.known_hosts is not None:
            yield remote.name, remote.known_hosts


def credential_files(inventory: Inventory) -> Iterator[tuple[RemoteName, str]]:
    """Yield what logins prove themselves with."""
    for remote in inventory.remotes.values():
        for credential in (remote.credential, *remote.logins.values()):
            yield from ((remote.name, file) for file in _files_of(credential) if file is not None)


def _files_of(credential: Credential | None) -> Sequence[str | None]:
    match credential:
        case KeyFile(identity, passphrase, certificate):
            return identity, passphrase, certificate
        case Kerberos(ccache, keytab):
            return ccache, keytab
        case _:
            return ()
