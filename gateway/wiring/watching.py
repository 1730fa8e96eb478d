"""Watching files: the configuration and the certificate, however they are replaced."""

from collections.abc import Callable, Sequence
from pathlib import Path

from watchfiles import awatch


async def watch(files: Sequence[Path], changed: Callable[[], None]) -> None:
    """Call ``changed`` whenever one of ``files`` has, until cancelled.

    Editors, Compose and Kubernetes replace files and links rather than write into them, so the
    folders are watched; a file that is mounted by itself is written in place, and only a watch on the
    file notices that. Whatever else happens in the folder (a database may live there) is no news.
    """
    named = {place for file in files for place in (file.absolute(), file.absolute().parent)}
    places = [place for place in named if place.exists()]  # a file may be made later
    seen = look(files)
    async for _ in awatch(*places, recursive=False, step=200):
        if (now := look(files)) != seen:
            seen = now
            changed()


def look(files: Sequence[Path]) -> list[tuple[int, int, int] | None]:
    """Return what tells one state of the files, links followed, from another."""
    return [_identity(file) for file in files]


def _identity(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
