"""gateway.tunnels.prober: a notebook that was started again is met with its new token."""

from pathlib import Path

import pytest

from gateway.core.status import NotebookState
from gateway.tunnels import prober
from tests.tunnels.fakes import ALICE, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, until, until_state

pytestmark = pytest.mark.anyio


async def test_notices_a_new_token(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """A restarted Jupyter has a new token; a suspicion is enough to find it."""
    home = remote.home or Path()
    notebook.write_runtime_file(home, pid=1)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        notebook.token = "new"
        notebook.write_runtime_file(home, pid=2)

        tunnels.suspect(ALICE)

        await until(
            tunnels, lambda: (found := tunnels.upstream_nowait(ALICE)) and found.token == "new"
        )


async def test_idle_notebook_is_asked_before_it_is_used(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started again while nobody used it, it is not met with the token of its last life."""
    home = remote.home or Path()
    notebook.write_runtime_file(home, pid=1)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        notebook.token = "new"
        notebook.write_runtime_file(home, pid=2)
        monkeypatch.setattr(prober, "LOOK_SECONDS", 0.0)  # a while has passed

        found = await tunnels.upstream(ALICE, within_seconds=10)

    assert found.token == "new"


async def test_token_is_remembered_over_a_cut(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """A notebook that runs on needs no second look for it, which a slow line may not allow."""
    file = notebook.write_runtime_file(remote.home or Path())
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        before = await tunnels.upstream(ALICE, within_seconds=10)
        file.unlink()

        await remote.stop()
        await until_state(tunnels, NotebookState.RECONNECTING)
        await remote.start()

        after = await tunnels.upstream(ALICE, within_seconds=10)
        assert after.token == before.token == notebook.token
