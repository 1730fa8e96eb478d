"""The members that these tests act as."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder needs the engine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def alice_token(stack: Stack) -> str:
    return stack.new_token("alice")


@pytest.fixture(scope="session")
def bob_token(stack: Stack) -> str:
    return stack.new_token("bob")


@pytest.fixture
def alice(stack: Stack, alice_token: str) -> Iterator[httpx2.Client]:
    """Alice's API client; her notebook is ready, whatever the test before has done."""
    with stack.client(alice_token) as client:
        stack.wait_ready(client)
        yield client


@pytest.fixture
def bob(stack: Stack, bob_token: str) -> Iterator[httpx2.Client]:
    """Bob's API client."""
    with stack.client(bob_token) as client:
        yield client
