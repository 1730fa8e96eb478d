"""Jupyter's own runtime files, read over SFTP in the login's home."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

import asyncssh

from gateway.core.inventory import Notebook
from gateway.core.probe import RuntimeFile, candidates, is_runtime_file, read_runtime_file
from gateway.tunnels.files import Files

log = logging.getLogger(__name__)

FOLDERS: Final = (".local/share/jupyter/runtime", "Library/Jupyter/runtime")
"""Where Jupyter keeps them on Linux and on macOS, below the login's home."""
MOST_FILES: Final = 16
READ_SECONDS: Final = 6.0
"""More than it takes to begin a session."""


async def runtime_tokens(files: Files, notebook: Notebook, base_path: str) -> Sequence[str]:
    """Return the tokens that may be right; none where the login may not use SFTP."""
    return candidates(await runtime_files(files), notebook, base_path)


async def runtime_files(files: Files) -> Sequence[RuntimeFile]:
    """Return what Jupyter wrote of the login's servers, the newest first; nothing where that can't be read."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _files(files)
    except (asyncssh.Error, OSError) as exc:
        log.debug("no runtime files over SFTP: %s", exc)
        return ()


async def _files(files: Files) -> list[RuntimeFile]:
    for folder in FOLDERS:
        if found := await _in_folder(files, folder):
            return found
    return []


async def _in_folder(files: Files, folder: str) -> list[RuntimeFile]:
    ages = {name: age for name, age in (await files.ages(folder)).items() if is_runtime_file(name)}
    newest = sorted(ages, key=lambda name: -ages[name])[:MOST_FILES]
    found = [read_runtime_file(await files.read(f"{folder}/{name}"), ages[name]) for name in newest]
    return [file for file in found if file is not None]
