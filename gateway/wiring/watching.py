"""Watching files: the configuration and the certificate, however they are replaced."""

from collections.abc import Callable, Iterable
from pathlib import Path

from watchfiles import awatch


async def watch(files: Iterable[Path], changed: Callable[[], None]) -> None:
    """Call ``changed`` whenever one of ``files`` may have: until cancelled.

    Editors, Compose and Kubernetes replace files and links rather than write into them, so the
    folders are watched; a file that is mounted by itself is written in place, and only a watch on the
    file notices that. What changes in the folder beside the files is for ``changed`` to ignore.
    """
    places = {place for file in files for place in (file.absolute(), file.absolute().parent)}
    async for _ in awatch(*places, recursive=False, step=200):
        changed()
