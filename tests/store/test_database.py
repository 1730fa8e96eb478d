"""gateway.store.database: the file, the schema's steps, and failures in our own words."""

import asyncio
import logging
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from gateway.errors import ConfigurationInvalid, GatewayError, StoreUnavailable
from gateway.store.database import Database
from gateway.store.tables import metadata
from tests.store.fakes import ALICE, World, joined

pytestmark = pytest.mark.anyio


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


async def refusal(url: str) -> GatewayError:
    """Return how a store of that URL fails to open."""
    with pytest.raises(GatewayError) as refused:
        async with World(url, busy_seconds=0.1).store():
            pass
    return refused.value


async def test_steps_lead_to_the_tables(url: str) -> None:
    """Starting from nothing, the migrations make exactly the tables that the code knows."""
    database = Database(url)
    await database.open()

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_opening_again_keeps_everything(world: World) -> None:
    """A schema that is the newest is left alone, and what is in it too."""
    async with world.store() as store:
        opened = await joined(store)

    for _ in range(3):
        async with world.store() as store:
            assert store.session(opened.secret) == opened.identity


async def test_two_gateways_make_one_schema(world: World) -> None:
    """Both may find the database empty; the second waits, and finds nothing left to do."""
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(open_and_invite(world))

    async with world.store() as store:
        assert len(await store.accounts()) == 1


async def open_and_invite(world: World) -> None:
    async with world.store() as store:
        await store.invite(ALICE)


async def test_unknown_schema_is_refused(world: World) -> None:
    """A database that a newer gateway has written is not touched."""
    async with world.store():
        pass
    database = Database(world.url)
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()

    refused = await refusal(world.url)

    assert isinstance(refused, StoreUnavailable)
    assert "has a schema that this gateway does not know" in str(refused)


async def test_files_are_for_us_alone(sqlite_url: str) -> None:
    """The directory is made; nobody else may read the database, nor what SQLite puts beside it."""
    async with World(sqlite_url).store() as store:
        await joined(store)
        file = file_of(sqlite_url)
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in file.parent.iterdir()}

    assert modes == dict.fromkeys(["gateway.db", "gateway.db-wal", "gateway.db-shm"], 0o600)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_open_mode_is_tightened(sqlite_url: str) -> None:
    """A file that everybody could read is closed to them."""
    file = file_of(sqlite_url)
    file.parent.mkdir()
    file.touch(0o644)

    async with World(sqlite_url).store():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_sqlite_writes_ahead_and_checks_keys(sqlite_url: str) -> None:
    """WAL, durable commits, and foreign keys are on for each connection."""
    database = Database(sqlite_url)
    await database.open()
    async with database.reading() as connection:
        pragmas = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"]
        found = [await connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]
    await database.close()

    assert found == ["wal", 2, 1, 5000]


async def test_nothing_secret_is_in_the_file(sqlite_url: str) -> None:
    """Who reads a stolen database can log in with nothing in it."""
    async with World(sqlite_url).store() as store:
        opened = await joined(store)
        token, _ = await store.create_token(opened.identity.member, label="", lifetime_seconds=None)
        invite = await store.invite(opened.identity.member)
        held = b"".join(p.read_bytes() for p in file_of(sqlite_url).parent.iterdir())

    assert b"alice" in held
    assert all(s.encode() not in held for s in (opened.secret, token, token[4:], invite))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "this is not a database URL"),
        ("gateway.db", "this is not a database URL"),
        ("mysql://u:s3cr3t@h/d", "mysql is no database that we know; sqlite and postgresql are"),
        ("postgresql://u:s3cr3t@h:port/d", "this is not a database URL"),
        ("sqlite://", "sqlite takes a file, as in sqlite:////var/lib/x.db"),
        ("sqlite:///:memory:", "sqlite takes a file, as in sqlite:////var/lib/x.db"),
    ],
)
async def test_wrong_url_is_the_configurations_fault(url: str, problem: str) -> None:
    """The administrator reads which key it is, and no password."""
    refused = await refusal(url)

    assert isinstance(refused, ConfigurationInvalid)
    assert refused.problems == (f"store: {problem}",)


async def test_directory_that_can_not_be_made(tmp_path: Path) -> None:
    """The reason names the file."""
    (tmp_path / "file").touch()

    refused = await refusal(f"sqlite:///{tmp_path}/file/state/gateway.db")

    assert isinstance(refused, StoreUnavailable)
    assert str(refused).endswith("file/state/gateway.db can't be opened: Not a directory")


async def test_file_that_is_no_database(tmp_path: Path) -> None:
    """Somebody else's file is left as it is."""
    file = tmp_path / "notes.txt"
    file.write_text("something else entirely " * 100)

    refused = await refusal(f"sqlite:///{file}")

    assert isinstance(refused, StoreUnavailable)
    assert "file is not a database" in str(refused)
    assert file.read_text() == "something else entirely " * 100


async def test_password_of_the_url_stays_out_of_errors_and_logs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing that we say when PostgreSQL is not there has the password in it."""
    with caplog.at_level(logging.DEBUG):
        refused = await refusal("postgresql://gw:s3cr3t@127.0.0.1:1/gateway?password=s3cr3t")

    assert isinstance(refused, StoreUnavailable)
    assert "postgresql://127.0.0.1:1/gateway can't be read now" in str(refused)
    told = caplog.text + str(refused) + repr(refused) + str(refused.__cause__)
    assert "s3cr3t" not in told


async def test_opening_a_locked_empty_database_fails_in_time(sqlite_url: str) -> None:
    """Nobody waits for ever for the schema's turn."""
    file = file_of(sqlite_url)
    file.parent.mkdir()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        refused = await refusal(sqlite_url)

    assert isinstance(refused, StoreUnavailable)
    assert "database is locked" in str(refused)
