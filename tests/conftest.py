"""What holds for every suite, and the deployment that those on containers stand on."""

import os
import socket
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import docker
import pytest
from hypothesis import HealthCheck, settings

from tests.stack import Entry, Stack

ROOT = Path(__file__).parent.parent
DEBOOTSTRAP = Path("/usr/sbin/debootstrap")
SYSTEM_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")

# A busy machine is no bug.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a coroutine that hangs end the run: uvloop swallows the signal that ends other tests."""
    for item in items:
        if item.get_closest_marker("anyio") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(120, method="thread"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be left out, a skipped test has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and _nothing_may_be_left_out():
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} was skipped, and GATEWAY_TEST_REQUIRE_ALL=1: {call.excinfo}"
        )
    return report


def _nothing_may_be_left_out() -> bool:
    return os.environ.get("GATEWAY_TEST_REQUIRE_ALL") == "1"


def free_port() -> int:
    """Return a port of this machine at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _choose_base_image(patch: pytest.MonkeyPatch) -> None:
    """Build on an image made of Debian packages, where we may make one; else on the official ones."""
    if "GATEWAY_BASE_IMAGE" in os.environ or os.geteuid() != 0 or not DEBOOTSTRAP.exists():
        return
    made = subprocess.run(
        [ROOT / "images/base/build"], stdout=subprocess.PIPE, text=True, check=True
    )
    patch.setenv("GATEWAY_BASE_IMAGE", made.stdout.strip())


@pytest.fixture(scope="session")
def ports() -> Iterator[tuple[int, int]]:
    """Tell Compose what it takes from the environment; return the two ports that it publishes."""
    chosen = (free_port(), free_port())
    with pytest.MonkeyPatch.context() as patch:
        _choose_base_image(patch)
        patch.setenv("GATEWAY_TEST_PORT", str(chosen[0]))
        patch.setenv("GATEWAY_TEST_HOST_PORT", str(chosen[1]))
        for name in ("OIDC", "PROVIDER"):
            patch.setenv(f"GATEWAY_TEST_{name}_PORT", str(free_port()))
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
def docker_setup(
    ports: tuple[int, int], docker_compose_file: str, docker_compose_project_name: str
) -> list[str]:
    """Build, start and wait; what comes to nothing is shown, and cleared away."""
    compose = f"docker compose -f {docker_compose_file} -p {docker_compose_project_name}"
    return [
        f"up --build --wait || ({compose} logs --tail 50; {compose} down --volumes -t 5; false)"
    ]


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
    """The deployment, healthy; alice, bob and carol have passwords."""
    project = docker_compose_project_name
    compose = ("docker", "compose", "-f", docker_compose_file, "-p", project)
    engine = docker.from_env()
    stack = Stack(
        compose, project, engine, Entry(ports[0], by_host=False), Entry(ports[1], by_host=True)
    )
    for service in ("gateway", "gateway-host"):
        for member in ("alice", "bob", "carol"):
            stack.set_password(member, service=service)  # once: a new password ends every token
    yield stack
    engine.close()


@pytest.fixture(scope="session")
def path_entry(stack: Stack) -> Entry:
    """The way into the gateway in path routing."""
    return stack.path_entry


@pytest.fixture(scope="session")
def host_entry(stack: Stack) -> Entry:
    """The way into the gateway in host routing."""
    return stack.host_entry
