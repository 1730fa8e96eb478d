"""The database: its connections, its transactions, and its failures in our own words."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from alembic.util import CommandError
from sqlalchemy import URL, Connection, PoolProxiedConnection, event, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimedOut
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from gateway.errors import ConfigurationInvalid, StoreUnavailable
from gateway.store.address import file_of, parse, prepare_file, shown
from gateway.store.upgrade import UPGRADE_LOCK, is_newest, upgrade
from gateway.store.write_ahead import write_ahead

log = logging.getLogger(__name__)

BUSY_SECONDS: Final = 5.0
"""How long a write waits for another process's to end."""
CONNECTIONS: Final = 4
_WRITES: Final = "gateway_writes"

_POSTGRES_ARGUMENTS: Final[dict[str, object]] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "notebook-gateway",
}


class Database:
    """One SQLite file or PostgreSQL database."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = parse(url)
        self.name = shown(self.url)
        self.file = file_of(self.url)
        self.busy_seconds = busy_seconds
        self._engine = _engine(self.url, busy_seconds)
        self._failing: set[str] = set()

    async def open(self) -> None:
        """Make the file where there is none, and bring the schema up to date."""
        if self.file is not None:
            await asyncio.to_thread(prepare_file, self.file)
            with self._translating("read"):
                await asyncio.to_thread(write_ahead, self.file, busy_seconds=self.busy_seconds)
        try:
            async with self.reading() as connection:
                newest = await connection.run_sync(is_newest)
            if not newest:
                async with self.writing() as connection:
                    await self._lock_schema(connection)
                    await connection.run_sync(upgrade)
        except CommandError as exc:
            raise StoreUnavailable(
                f"the store {self.name} has a schema that this gateway does not know"
            ) from exc

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Hold a transaction for reading."""
        with self._translating("read"):
            async with self._engine.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Hold a transaction for writing; it is committed unless the block raises."""
        with self._translating("written"):
            async with self._engine.connect() as connection:
                writer = await connection.execution_options(**{_WRITES: True})
                async with writer.begin():
                    yield writer

    @asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[AsyncIterator[object]]:
        """Hold a PostgreSQL connection of its own, and what is notified on its ``channel``."""
        engine = create_async_engine(
            self.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args=_POSTGRES_ARGUMENTS,
        )
        with self._translating("followed"):
            async with engine.connect() as connection:
                await connection.exec_driver_sql(f"LISTEN {channel}")
                driver = (await connection.get_raw_connection()).driver_connection
                if driver is None:
                    raise StoreUnavailable(f"the store {self.name} can't be followed")
                yield driver.notifies()

    async def _lock_schema(self, connection: AsyncConnection) -> None:
        if self.file is None:
            lock = text("SELECT pg_advisory_xact_lock(:key)")
            await connection.execute(lock, {"key": UPGRADE_LOCK})

    @contextmanager
    def _translating(self, done: str) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, DataError):
            raise  # the statement's fault, not the database's
        except self._foreign() as exc:
            why = _why(exc)
            if done not in self._failing:
                log.error("store %s: can't be %s: %s", self.name, done, why)  # noqa: TRY400 - no bug
            self._failing.add(done)
            raise StoreUnavailable(f"the store {self.name} can't be {done} now: {why}") from exc
        if done in self._failing:
            log.info("store %s: can be %s again", self.name, done)
        self._failing.discard(done)

    def _foreign(self) -> tuple[type[Exception], ...]:
        driver = self._engine.dialect.loaded_dbapi.Error
        return (DBAPIError, PoolTimedOut, OSError, driver)


def _engine(url: URL, busy_seconds: float) -> AsyncEngine:
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite(url, busy_seconds)
        return create_async_engine(
            url,
            hide_parameters=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=busy_seconds,
            pool_pre_ping=True,
            connect_args=_POSTGRES_ARGUMENTS | {"options": _postgres_limits(busy_seconds)},
        )
    except ModuleNotFoundError as exc:
        raise ConfigurationInvalid(
            ("store: PostgreSQL needs the extra: pip install 'notebook-gateway[postgres]'",)
        ) from exc


def _postgres_limits(busy_seconds: float) -> str:
    milliseconds = int(busy_seconds * 1000)
    return f"-c lock_timeout={milliseconds} -c statement_timeout={2 * milliseconds}"


def _sqlite(url: URL, busy_seconds: float) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=busy_seconds,
        connect_args={"timeout": busy_seconds},
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_up(connection: PoolProxiedConnection, _entry: ConnectionPoolEntry) -> None:
    # A lost log-out would be a session risen from the dead: FULL, not NORMAL, beside the WAL.
    connection.isolation_level = None  # type: ignore[attr-defined]  # we begin transactions ourselves
    cursor = connection.cursor()
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A write transaction that begins as a reader fails at once where it should wait for its turn.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _why(exc: Exception) -> str:
    """Return the database's own reason in one short line, without statement and values."""
    original = exc.orig if isinstance(exc, DBAPIError) else exc
    if isinstance(exc, SQLAlchemyError) and not isinstance(exc, DBAPIError):
        return "no connection became free"
    return " ".join(str(original).split())[:200]
