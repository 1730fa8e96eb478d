"""What the door's tests share: uvloop, two notebooks that log what reaches them, and a door."""

from collections.abc import AsyncIterator

import pytest

from tests.door.backend import Backend
from tests.door.fakes import House, house


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def alice() -> AsyncIterator[Backend]:
    async with Backend("alice") as backend:
        yield backend


@pytest.fixture
async def bob() -> AsyncIterator[Backend]:
    async with Backend("bob") as backend:
        yield backend


@pytest.fixture
async def control() -> AsyncIterator[Backend]:
    async with Backend("control") as backend:
        yield backend


@pytest.fixture
async def gateway(alice: Backend, bob: Backend, control: Backend) -> AsyncIterator[House]:
    async with house(alice=alice, bob=bob, control=control) as opened:
        yield opened
