"""Each test of the store runs on SQLite and on PostgreSQL, but where it is about one of them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.store.store import Store
from tests.requires import require
from tests.store import postgres
from tests.store.fakes import World


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    binaries = postgres.programs()
    require(binaries is not None, "PostgreSQL")
    assert binaries is not None
    with postgres.server(binaries) as running:
        yield running


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state/gateway.db"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    if request.param == "sqlite":
        return sqlite_url
    made: postgres.Server = request.getfixturevalue("server")
    return made.new_database()


@pytest.fixture
def world(url: str) -> World:
    return World(url)


@pytest.fixture
async def store(world: World) -> AsyncIterator[Store]:
    async with world.store() as held:
        yield held
