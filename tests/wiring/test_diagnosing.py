"""gateway.wiring.diagnosing: from here, with what the gateway remembers, and without a trace."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.hop import Hop
from gateway.core.inventory import HostKeyPolicy, Inventory
from gateway.core.names import LoginName, NotebookName
from gateway.errors import Reason
from gateway.store.store import open_store
from gateway.wiring.diagnosing import diagnose, diagnose_all
from tests.tunnels.fakes import ALICE, LAB, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio


def wanted(remote: FakeRemote, keys: Keys, port: int, store: Path) -> Inventory:
    """Return an inventory whose remote's key is taken at first sight."""
    config = remote.config(keys, host_key=None, host_key_policy=HostKeyPolicy.ACCEPT_NEW)
    bob = alices(1, name=NotebookName("bob"), login=LoginName("bob"))
    declared = inventory(alices(port), bob, remotes=(config,))
    return replace(declared, store=f"sqlite:///{store}")


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """No store is made for it, and no key is remembered."""
    keys = Keys.made_in(tmp_path)
    async with FakeRemote(keys) as remote, FakeNotebook() as notebook:
        found = await diagnose(
            wanted(remote, keys, notebook.port, tmp_path / "gateway.db"),
            ALICE,
            list[object]().append,
        )

    assert found.failed is None
    assert found.rights
    assert not (tmp_path / "gateway.db").exists()


async def test_remembered_host_key_counts(tmp_path: Path) -> None:
    """What the gateway took at first sight is what it expects, here too."""
    keys, store = Keys.made_in(tmp_path), tmp_path / "gateway.db"
    async with open_store(f"sqlite:///{store}") as opened:
        await opened.pin(LAB, keys.other_host.get_fingerprint())

    async with FakeRemote(keys) as remote, FakeNotebook() as notebook:
        declared = wanted(remote, keys, notebook.port, store)
        found = await diagnose(declared, ALICE, list[object]().append)

    assert found.failed is not None
    assert found.failed.step is Hop.HOST_KEY
    assert found.failed.reason is Reason.HOST_KEY_CHANGED


async def test_all_in_the_order_of_the_configuration(tmp_path: Path) -> None:
    keys = Keys.made_in(tmp_path)
    async with FakeRemote(keys) as remote, FakeNotebook() as notebook:
        found = await diagnose_all(wanted(remote, keys, notebook.port, tmp_path / "gateway.db"))

    assert [(each.notebook, each.failed is None) for each in found] == [
        ("alice", True),
        ("bob", False),
    ]
    assert not any(each.rights for each in found)
