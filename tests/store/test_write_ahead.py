"""gateway.store.write_ahead: SQLite does not wait when it turns a file, so we do."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store.write_ahead import RETRY_SECONDS, write_ahead


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a database that is not written ahead yet."""
    path = tmp_path / "gateway.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (c)")
    return path


@pytest.fixture
def reader(file: Path) -> Iterator[sqlite3.Connection]:
    """Yield somebody else's connection, in the middle of a transaction."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM t")
        yield connection


def mode(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_it_waits_for_others_to_end(file: Path, reader: sqlite3.Connection) -> None:
    """Another gateway that starts at the same time is no failure."""
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        reader.rollback()

    write_ahead(file, busy_seconds=5, sleep=sleep)

    assert slept == [RETRY_SECONDS]
    assert mode(file) == "wal"


@pytest.mark.usefixtures("reader")
def test_it_does_not_wait_for_ever(file: Path) -> None:
    """Somebody who holds the file is told of."""
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        write_ahead(file, busy_seconds=0)


def test_what_is_no_database_is_not_tried_twice(tmp_path: Path) -> None:
    """Waiting does not mend it."""
    path = tmp_path / "gateway.db"
    path.write_bytes(b"no database, but long enough to be looked at" * 4)

    with pytest.raises(sqlite3.DatabaseError, match="file is not a database"):
        write_ahead(path, busy_seconds=5, sleep=pytest.fail)  # type: ignore[arg-type]
