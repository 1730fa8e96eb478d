"""What the tests of the tunnels share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.tunnels.fakes import FakePins, FakeTime, Keys
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return ("asyncio", {"use_uvloop": True})


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys of a member, of a stranger and of remotes; made for this run."""
    return Keys.made_in(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def pins() -> FakePins:
    return FakePins()


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
async def remote(keys: Keys, tmp_path: Path) -> AsyncIterator[FakeRemote]:
    """A remote that lets alice and bob in with the member's key."""
    async with FakeRemote(keys, home=tmp_path / "home") as running:
        yield running


@pytest.fixture
async def notebook() -> AsyncIterator[FakeNotebook]:
    """A Jupyter at the root, with a token."""
    async with FakeNotebook() as running:
        yield running
