"""Turning a SQLite file to its write-ahead log, once, when nobody else is doing the same."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

RETRY_SECONDS: Final = 0.01


def write_ahead(
    path: Path, *, busy_seconds: float, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Make the file keep a write-ahead log; it stays so for all who open it later.

    SQLite turns a file only for the one who is alone on it. Two who try at once would wait for each
    other for ever, so it says that the file is locked without waiting (seen with 3.40 when gateways
    start together on an empty file): the waiting is ours. Raises sqlite3.Error when it can't be done within ``busy_seconds``.
    """
    give_up = time.monotonic() + busy_seconds
    while not _turned(path, last=time.monotonic() >= give_up):
        sleep(RETRY_SECONDS)


def _turned(path: Path, *, last: bool) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as exc:
        if last or exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
