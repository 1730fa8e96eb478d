"""pytest-docker over compose/test.yaml: built and started once, gone when the tests end."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import httpx2
import pytest

from tests.docker.stack import Stack

ROOT = Path(__file__).parents[2]
SYSTEM_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder needs the engine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.docker)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _base_image() -> str:
    """Return the image that our own are built on: made of Debian packages where we may do that."""
    given = os.environ.get("GATEWAY_BASE_IMAGE")
    if given is not None or os.geteuid() != 0 or not Path("/usr/sbin/debootstrap").exists():
        return given or "python:3.13-slim"
    made = subprocess.run(
        [ROOT / "images/base/build"], stdout=subprocess.PIPE, text=True, check=True
    )
    return made.stdout.strip()


@pytest.fixture(scope="session")
def ports() -> Iterator[tuple[int, int]]:
    """Tell Compose what it takes from the environment; return the two ports that it publishes."""
    chosen = (_free_port(), _free_port())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATEWAY_BASE_IMAGE", _base_image())
        patch.setenv("GATEWAY_TEST_PORT", str(chosen[0]))
        patch.setenv("GATEWAY_TEST_HOST_PORT", str(chosen[1]))
        if "BUILD_CA_BUNDLE" not in os.environ and SYSTEM_CA_BUNDLE.exists():
            patch.setenv("BUILD_CA_BUNDLE", str(SYSTEM_CA_BUNDLE))
        yield chosen


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(ROOT / "compose/test.yaml")


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    return f"notebook-gateway-test-{os.getpid()}"


@pytest.fixture(scope="session")
def docker_setup(ports: tuple[int, int]) -> list[str]:
    return ["up --build --wait --quiet-pull"]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return ["down --volumes --timeout 20"]


@pytest.fixture(scope="session")
def stack(
    ports: tuple[int, int],
    docker_compose_file: str,
    docker_compose_project_name: str,
    docker_services: object,
) -> Iterator[Stack]:
    """The deployment, healthy."""
    project = docker_compose_project_name
    compose = ("docker", "compose", "-f", docker_compose_file, "-p", project)
    engine = docker.from_env()
    yield Stack(compose, project, engine, *ports)
    engine.close()


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
