"""gateway.tunnels.lookout and approach against OpenSSH's own sshd and SFTP, and Linux's own tables."""

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.core.listener import Verdict
from gateway.errors import ListenerChanged, Reason
from tests import requires
from tests.tunnels.fakes import ALICE, Keys, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.openssh import SFTP_SERVER, login, sshd
from tests.tunnels.running import running
from tests.tunnels.test_openssh import answered, mine, refused

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]


@pytest.mark.parametrize("subsystem", ["internal-sftp -R", f"{SFTP_SERVER} -R"])
async def test_who_listens(
    keys: Keys, notebook: FakeNotebook, tmp_path: Path, subsystem: str
) -> None:
    """Linux's own tables, by OpenSSH's own SFTP: whose listener it is, and whose it would have to be."""
    requires.file(SFTP_SERVER, package="openssh-sftp-server")
    async with sshd(tmp_path / "sshd", keys, f"Subsystem sftp {subsystem}") as server:
        wanted = inventory(mine(notebook.port), remotes=(server.config(),))
        async with running(wanted) as tunnels:
            upstream = await tunnels.upstream(ALICE, within_seconds=10)
            await answered(tunnels)
        asked = notebook.connections

        error = await refused(mine(notebook.port, listener="4242"), server.config())

    assert upstream.listener is Verdict.OWN
    assert error.reason is Reason.FOREIGN_LISTENER
    assert f"is held by uid {os.getuid()}, not by uid 4242" in error.detail
    assert notebook.connections == asked


async def test_who_listens_among_many(keys: Keys, notebook: FakeNotebook, tmp_path: Path) -> None:
    """A table of many pages is read to the row that counts, in one round trip the second time."""
    with ExitStack() as held:
        for _ in range(200):
            held.enter_context(socket.create_server(("127.0.0.1", 0)))
        await notebook.stop()
        await notebook.start()
        async with sshd(tmp_path / "sshd", keys, "Subsystem sftp internal-sftp") as server:
            wanted = inventory(mine(notebook.port, listener=login()), remotes=(server.config(),))
            async with running(wanted) as tunnels:
                upstream = await tunnels.upstream(ALICE, within_seconds=10)
                for _ in range(5):
                    await answered(tunnels)

    assert upstream.listener is Verdict.OWN


async def test_started_again_at_once(keys: Keys, notebook: FakeNotebook, tmp_path: Path) -> None:
    """Between one request and the next: a new listener, met with a look and not with the old token."""
    async with sshd(tmp_path / "sshd", keys, "Subsystem sftp internal-sftp") as server:
        wanted = inventory(mine(notebook.port), remotes=(server.config(),))
        async with running(wanted) as tunnels:
            await tunnels.upstream(ALICE, within_seconds=10)
            await notebook.stop()
            await notebook.start()

            with pytest.raises(ListenerChanged):
                await answered(tunnels)

            await tunnels._probers[ALICE]._looked.wait()  # noqa: SLF001  nothing changes that could be waited for
            await answered(tunnels)


async def test_socket_of_the_login(keys: Keys, tmp_path: Path) -> None:
    """A socket is looked at, too: whose file it is, and who may write its folder."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    path = folder / "j.sock"
    async with (
        sshd(tmp_path / "sshd", keys, "Subsystem sftp internal-sftp") as server,
        FakeNotebook(socket=path) as notebook,
    ):
        wanted = inventory(mine(None, socket=str(path)), remotes=(server.config(),))
        async with running(wanted) as tunnels:
            upstream = await tunnels.upstream(ALICE, within_seconds=10)
            await answered(tunnels)
        asked = notebook.connections

        foreign = await refused(mine(None, socket=str(path), listener="4242"), server.config())
        folder.chmod(0o777)
        unsure = await refused(mine(None, socket=str(path)), server.config())

    assert upstream.listener is Verdict.OWN
    assert foreign.reason is Reason.FOREIGN_LISTENER
    assert unsure.reason is Reason.UNSURE_LISTENER
    assert "chmod 700" in unsure.detail
    assert notebook.connections == asked
