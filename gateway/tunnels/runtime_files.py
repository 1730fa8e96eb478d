"""Jupyter's own runtime files, read over SFTP in the login's home."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

import asyncssh

from gateway.core.inventory import Notebook
from gateway.core.probe import (
    RuntimeFile,
    candidates,
    is_runtime_file,
    read_listeners,
    read_runtime_file,
)
from gateway.tunnels.connection import Connection

log = logging.getLogger(__name__)

FOLDERS: Final = (".local/share/jupyter/runtime", "Library/Jupyter/runtime")
"""Where Jupyter keeps them on Linux and on macOS, below the login's home."""
MOST_FILES: Final = 16
LARGEST_FILE: Final = 64 * 1024
LARGEST_TABLE: Final = 1024 * 1024
TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
"""Where Linux tells everybody who listens."""
SFTP_SECONDS: Final = 5.0


async def runtime_tokens(
    connection: Connection, notebook: Notebook, base_path: str
) -> Sequence[str]:
    """Return the tokens that may be right; none where the login may not use SFTP."""
    try:
        async with asyncio.timeout(SFTP_SECONDS), connection.ssh.start_sftp_client() as sftp:
            files = await _files(sftp)
            listeners = await _listeners(sftp, notebook.port)
    except (asyncssh.Error, OSError) as exc:
        log.debug("no runtime files over SFTP: %s", exc)
        return ()
    return candidates(files, notebook, base_path, listeners)


async def _files(sftp: asyncssh.SFTPClient) -> list[RuntimeFile]:
    for folder in FOLDERS:
        if found := await _in_folder(sftp, folder):
            return found
    return []


async def _in_folder(sftp: asyncssh.SFTPClient, folder: str) -> list[RuntimeFile]:
    try:
        entries = await sftp.readdir(folder)
    except asyncssh.SFTPError:
        return []
    named = {str(entry.filename): entry.attrs for entry in entries}
    names = sorted(filter(is_runtime_file, named), key=lambda name: -(named[name].mtime or 0))
    files = [
        read_runtime_file(
            await _read(sftp, f"{folder}/{name}"), named[name].mtime or 0, named[name].uid
        )
        for name in names[:MOST_FILES]
    ]
    return [file for file in files if file is not None]


async def _listeners(sftp: asyncssh.SFTPClient, port: int | None) -> frozenset[int]:
    """Return who listens at ``port``; nobody where it can't be known, or it is a socket."""
    if port is None:
        return frozenset()
    tables = [(await _read(sftp, path, LARGEST_TABLE)).decode("latin-1") for path in TABLES]
    return frozenset().union(*(read_listeners(table, port) for table in tables))


async def _read(sftp: asyncssh.SFTPClient, path: str, size: int = LARGEST_FILE) -> bytes:
    """Return what a file holds, or nothing if it can't be read."""
    try:
        async with sftp.open(path, "rb") as file:
            return await file.read(size)
    except asyncssh.SFTPError:
        return b""
