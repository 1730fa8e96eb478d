"""Many notebooks over a few remotes, in small: no storm, one connection for each tunnel, all ready."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.core.inventory import Inventory, Notebook, Remote
from gateway.core.listener import Verdict
from gateway.core.names import LoginName, NotebookName, RemoteName
from gateway.core.ssh_credential import KeyFile
from gateway.core.status import NotebookState
from gateway.core.upstream import TokenOrigin
from gateway.tunnels.gate import DIALS
from gateway.tunnels.tunnels import Tunnels
from tests.scale.farm import Farm, Shape, most_within
from tests.tunnels.fakes import inventory
from tests.tunnels.running import running, until

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]

SHAPES = [Shape(remotes=4, notebooks=10, logins=10), Shape(remotes=4, notebooks=10, logins=1)]


@pytest.fixture(params=SHAPES, ids=["a login for each notebook", "one login for all of a remote"])
async def farm(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Farm]:
    async with Farm(tmp_path / "farm", request.param) as running_farm:
        yield running_farm


@asynccontextmanager
async def all_ready(farm: Farm) -> AsyncIterator[Tunnels]:
    async with running(wanted(farm)) as tunnels:
        await until(tunnels, lambda: standing(farm, tunnels) == {NotebookState.READY})
        yield tunnels


def wanted(farm: Farm) -> Inventory:
    farm.client_key.write_private_key(farm.folder / "key")
    remotes = [
        Remote(
            RemoteName(one.name),
            "127.0.0.1",
            one.port,
            credential=KeyFile(str(farm.folder / "key")),
            host_key=one.host_key.get_fingerprint(),
        )
        for one in farm.remotes
    ]
    notebooks = [
        Notebook(name(remote.name, port), remote.name, LoginName(login), port=port)
        for remote in remotes
        for login, port in farm.shape.places()
    ]
    return inventory(*notebooks, remotes=tuple(remotes))


def name(remote: str, port: int) -> NotebookName:
    return NotebookName(f"n{port}-{remote}")


def names(farm: Farm) -> list[NotebookName]:
    return [name(one.name, port) for one in farm.remotes for _, port in farm.shape.places()]


def standing(farm: Farm, tunnels: Tunnels) -> set[NotebookState]:
    statuses = [tunnels.status(each) for each in names(farm)]
    return {status.state for status in statuses if status is not None}


async def test_starts_without_a_storm(farm: Farm) -> None:
    """Each tunnel is dialled once, few at a time; each notebook is found, with its own token."""
    async with all_ready(farm) as tunnels:
        seen = farm.report()
        upstreams = [tunnels.upstream_nowait(each) for each in names(farm)]

        assert seen["dials"] == seen["log_ins"] == seen["logged_in"] == farm.shape.tunnels
        assert seen["most_dialling"] <= DIALS
        tokens = {each.token for each in upstreams if each is not None}
        origins = {each.token_origin for each in upstreams if each is not None}
        assert len(tokens) == farm.shape.all_notebooks
        assert origins == {TokenOrigin.RUNTIME_FILE}
        assert {each.listener for each in upstreams if each is not None} == {Verdict.OWN}


async def test_comes_back_without_a_storm(farm: Farm) -> None:
    """All remotes go at once, and come back: again one connection for each tunnel, few dials at a time."""
    async with all_ready(farm) as tunnels:
        await farm.go_down()
        await until(tunnels, lambda: standing(farm, tunnels) == {NotebookState.RECONNECTING})
        farm.forget()

        await farm.come_up()

        await until(tunnels, lambda: standing(farm, tunnels) == {NotebookState.READY})
        seen = farm.report()
        assert seen["log_ins"] == seen["logged_in"] == farm.shape.tunnels
        assert seen["most_dialling"] <= DIALS


@pytest.mark.parametrize(
    ("moments", "most"),
    [([], 0), ([5.0], 1), ([0.0, 0.9, 1.0, 1.1], 3), ([0.0, 1.0, 2.0], 1), ([3.0, 3.0, 3.0], 3)],
)
def test_counts_the_worst_second(moments: list[float], most: int) -> None:
    """A second ends before the next begins."""
    assert most_within(moments, 1.0) == most
