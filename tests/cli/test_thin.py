"""gateway serve, demo and check --connect: what they hand on, and what they end with."""

import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from types import ModuleType

import pytest

from gateway.core.inventory import Inventory, Scheme
from gateway.core.names import LoginName, NotebookName, RemoteName, TunnelId
from gateway.core.status import (
    CredentialStatus,
    NotebookState,
    NotebookStatus,
    TunnelState,
    TunnelStatus,
)
from gateway.core.upstream import Upstream
from gateway.errors import Reason, StoreUnavailable
from tests.cli.conftest import Run

LAB = TunnelId(RemoteName("lab"), LoginName("gateway"))
ALICE = NotebookName("alice")


class FakeWiring(ModuleType):
    """Stands in for what puts the parts together."""

    def __init__(self) -> None:
        super().__init__("gateway.wiring")
        self.served: list[Path] = []
        self.failure: Exception | None = None
        self.tunnel, self.notebook = TunnelState.UP, NotebookState.READY
        self.credential: CredentialStatus | None = None

    def serve(self, path: Path) -> int:
        self.served.append(path)
        if self.failure is not None:
            raise self.failure
        return 0

    def connect_check(
        self, inventory: Inventory
    ) -> Awaitable[tuple[tuple[TunnelStatus, ...], tuple[NotebookStatus, ...]]]:
        async def found() -> tuple[tuple[TunnelStatus, ...], tuple[NotebookStatus, ...]]:
            failed = None if self.tunnel is TunnelState.UP else Reason.LOGIN_REFUSED
            detail = "" if failed is None else "no such key"
            tunnel = TunnelStatus(LAB, self.tunnel, 0.0, failed, detail, self.credential)
            upstream = Upstream(ALICE, b"localhost:7001", Scheme.HTTP, version="2.21.1")
            return (tunnel,), (NotebookStatus(ALICE, self.notebook, 0.0, upstream=upstream),)

        return found()


@pytest.fixture
def wiring(monkeypatch: pytest.MonkeyPatch) -> FakeWiring:
    """A wiring that only remembers."""
    import gateway  # noqa: PLC0415 - to put the fake where the package keeps its parts

    fake = FakeWiring()
    monkeypatch.setitem(sys.modules, "gateway.wiring", fake)
    monkeypatch.setattr(gateway, "wiring", fake, raising=False)
    return fake


def test_serve_runs_what_the_configuration_says(run: Run, config: Path, wiring: FakeWiring) -> None:
    assert run("serve", "--config", config).exit_code == 0
    assert wiring.served == [config]


def test_serve_reports_what_stands_in_the_way(run: Run, config: Path, wiring: FakeWiring) -> None:
    wiring.failure = StoreUnavailable("the disk is full")

    result = run("serve", "--config", config)

    assert (result.exit_code, result.stderr) == (1, "gateway: the disk is full\n")


def test_check_connect_lists_what_it_tried(run: Run, config: Path, wiring: FakeWiring) -> None:
    result = run("check", "--connect", "--config", config)

    assert result.exit_code == 0
    assert [line.split()[:3] for line in result.stdout.splitlines()] == [
        ["WHAT", "NAME", "STATE"],
        ["tunnel", "gateway@lab", "up"],
        ["notebook", "alice", "ready"],
    ]
    assert "other 2.21.1, http, base URL /" in result.stdout


def test_check_connect_fails_where_something_is_not_as_wanted(
    run: Run, config: Path, wiring: FakeWiring
) -> None:
    wiring.tunnel, wiring.notebook = TunnelState.PARKED, NotebookState.REFUSED

    result = run("check", "--connect", "--config", config)

    assert result.exit_code == 7
    assert "no such key" in result.stdout
    assert result.stderr.endswith("gateway: not as wanted: gateway@lab, alice\n")


def test_check_connect_warns_of_what_ends_soon(run: Run, config: Path, wiring: FakeWiring) -> None:
    now = time.time()
    wiring.credential = CredentialStatus("certificate", "lab-cert", now - 86_400, now + 630)

    result = run("check", "--connect", "--config", config)

    assert result.exit_code == 0
    assert "certificate lab-cert, ends in 10 min" in result.stdout
    assert "warning: gateway@lab: certificate lab-cert, ends in 10 min; renew it\n" in result.stderr


def test_demo_gets_port_and_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fake, given = ModuleType("gateway.demo.run"), list[tuple[int | None, str | None]]()

    def main(port: int | None, password: str | None) -> int:
        given.append((port, password))
        return 1

    monkeypatch.setattr(fake, "main", main, raising=False)
    monkeypatch.setitem(sys.modules, "gateway.demo.run", fake)
    monkeypatch.setenv("GATEWAY_DEMO_PASSWORD", "correct horse battery 9")
    monkeypatch.setenv("GATEWAY_DEMO_PORT", "18000")

    assert run("demo").exit_code == 1
    assert given == [(18000, "correct horse battery 9")]
