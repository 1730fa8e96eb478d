"""Jupyter's own runtime files, read over SFTP in the login's home."""

import asyncio
import logging
from typing import Final

import asyncssh

from gateway.core.probe import RuntimeFile, is_runtime_file, read_runtime_file
from gateway.tunnels.connection import Connection

log = logging.getLogger(__name__)

FOLDERS: Final = (".local/share/jupyter/runtime", "Library/Jupyter/runtime")
"""Where Jupyter keeps them on Linux and on macOS, below the login's home."""
MOST_FILES: Final = 16
LARGEST_FILE: Final = 64 * 1024
SFTP_SECONDS: Final = 5.0


async def runtime_files(connection: Connection) -> list[RuntimeFile]:
    """Return what the newest runtime files say; nothing where the login may not use SFTP."""
    try:
        async with asyncio.timeout(SFTP_SECONDS), connection.ssh.start_sftp_client() as sftp:
            for folder in FOLDERS:
                if found := await _in_folder(sftp, folder):
                    return found
    except (asyncssh.Error, OSError) as exc:
        log.debug("no runtime files over SFTP: %s", exc)
    return []


async def _in_folder(sftp: asyncssh.SFTPClient, folder: str) -> list[RuntimeFile]:
    try:
        entries = await sftp.readdir(folder)
    except asyncssh.SFTPError:
        return []
    named = {str(entry.filename): entry.attrs.mtime or 0 for entry in entries}
    names = sorted(filter(is_runtime_file, named), key=lambda name: -named[name])
    files = [await _read(sftp, f"{folder}/{name}", named[name]) for name in names[:MOST_FILES]]
    return [file for file in files if file is not None]


async def _read(sftp: asyncssh.SFTPClient, path: str, changed_at: float) -> RuntimeFile | None:
    try:
        async with sftp.open(path, "rb") as file:
            return read_runtime_file(await file.read(LARGEST_FILE), changed_at)
    except asyncssh.SFTPError:
        return None
