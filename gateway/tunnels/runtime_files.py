"""Jupyter's own runtime files, read over SFTP in the login's home."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

import asyncssh

from gateway.core.inventory import Notebook
from gateway.core.probe import RuntimeFile, candidates, is_runtime_file, read_runtime_file
from gateway.tunnels.files import Files, at_once
from gateway.tunnels.sharing import Shared

log = logging.getLogger(__name__)

FOLDERS: Final = (".local/share/jupyter/runtime", "Library/Jupyter/runtime")
"""Where Jupyter keeps them on Linux and on macOS, below the login's home."""
MOST_FILES: Final = 64
"""Notebooks that share a login share its home, and servers that died leave theirs behind."""
READ_SECONDS: Final = 6.0
"""More than it takes to begin a session."""


class RuntimeFiles:
    """The runtime files of one login, read once for all its notebooks that ask at the same time."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._found = Shared(self._find)

    async def tokens(self, notebook: Notebook, base_path: str) -> Sequence[str]:
        """Return the tokens that may be right; none where the login may not use SFTP."""
        return candidates(await self.all(), notebook, base_path)

    async def all(self) -> Sequence[RuntimeFile]:
        """Return what Jupyter wrote of the login's servers, the newest first; nothing where that can't be read."""
        return await self._found.fresh()

    async def _find(self) -> Sequence[RuntimeFile]:
        try:
            async with asyncio.timeout(READ_SECONDS):
                for folder in FOLDERS:
                    if found := await self._in_folder(folder):
                        return found
        except (asyncssh.Error, OSError) as exc:
            log.debug("no runtime files over SFTP: %s", exc)
        return ()

    async def _in_folder(self, folder: str) -> Sequence[RuntimeFile]:
        entries = await self._files.ages(folder)
        ages = {name: age for name, age in entries.items() if is_runtime_file(name)}
        newest = sorted(ages, key=lambda name: -ages[name])[:MOST_FILES]
        texts = await at_once(*(self._files.read(f"{folder}/{name}") for name in newest))
        found = [
            read_runtime_file(text, ages[name]) for name, text in zip(newest, texts, strict=True)
        ]
        return [file for file in found if file is not None]
