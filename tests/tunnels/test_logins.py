"""Logins of one remote, each with its own credential; and what a changed one does to the others."""

from dataclasses import replace

import pytest

from gateway.core.names import LoginName, NotebookName
from gateway.core.ssh_credential import KeyFile
from gateway.core.status import TunnelState
from tests.tunnels.fakes import ALICE, LAB, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, tunnel_states, until

pytestmark = pytest.mark.anyio

BOB = LoginName("bob")


async def test_each_with_its_own(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """Bob's key lets nobody else in; and a new key of his leaves the others' tunnels up."""
    remote.allowed["bob"] = {keys.stranger.public_data}
    config = remote.config(keys, logins={BOB: KeyFile(keys.path("stranger"))})
    bobs = alices(notebook.port, name=NotebookName("bob"), login=BOB)
    wanted = inventory(alices(notebook.port), bobs, remotes=(config,))
    async with running(wanted) as tunnels:
        await until(tunnels, lambda: set(tunnel_states(tunnels).values()) == {TunnelState.UP})
        (alice,) = (c for c in remote.connections if c.get_extra_info("username") == "alice")
        remote.log_ins.clear()

        changed = replace(config, logins={BOB: KeyFile(keys.path("member"))})
        tunnels.apply(inventory(alices(notebook.port), bobs, remotes=(changed,)))
        await until(tunnels, lambda: tunnel_states(tunnels)["bob@lab"] is TunnelState.PARKED)

        assert set(remote.log_ins) == {"bob"}
        assert alice in remote.connections
        assert tunnel_states(tunnels)["alice@lab"] is TunnelState.UP
        await tunnels.upstream(ALICE, within_seconds=1)


async def test_what_is_shown_is_each_logins_own(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """The fingerprint of the key that it logs in with."""
    remote.allowed["bob"] = {keys.stranger.public_data}
    config = remote.config(keys, logins={BOB: KeyFile(keys.path("stranger"))})
    bobs = alices(notebook.port, name=NotebookName("bob"), login=BOB)
    async with running(inventory(alices(notebook.port), bobs, remotes=(config,))) as tunnels:
        await until(tunnels, lambda: all(s.credential for s in tunnels.tunnel_statuses()))

        shown = {s.id.login: s.credential for s in tunnels.tunnel_statuses()}

    assert {login: c.name for login, c in shown.items() if c is not None} == {
        "alice": keys.member.get_fingerprint(),
        "bob": keys.stranger.get_fingerprint(),
    }


@pytest.mark.parametrize("how", ["a file changed", "somebody looked"])
async def test_what_is_mended_is_tried_at_once(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, how: str
) -> None:
    """A parked tunnel does not wait out its minute when its key is another, or a doctor was let in."""
    remote.allowed["alice"] = set()
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted) as tunnels:
        await until(tunnels, lambda: tunnel_states(tunnels)["alice@lab"] is TunnelState.PARKED)
        tunnels.credentials_changed(["elsewhere"])
        remote.allowed["alice"] = {keys.member.public_data}

        if how == "a file changed":
            tunnels.credentials_changed([LAB])
        else:
            await tunnels.diagnose(ALICE, with_rights=False)

        await until(tunnels, lambda: tunnel_states(tunnels)["alice@lab"] is TunnelState.UP)
        assert len(remote.log_ins) == (2 if how == "a file changed" else 3)
