"""The lines of core.least_privilege against OpenSSH's own sshd: the way to the notebook, and nothing beside it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from gateway.core.inventory import Notebook, TokenSource
from gateway.core.least_privilege import Needs, authorized_key, needs_of, sshd_block
from gateway.core.names import RemoteName
from gateway.core.ssh_credential import KeyFile
from gateway.core.upstream import TokenOrigin
from gateway.tunnels.own_keys import own_keys
from gateway.tunnels.probing import HOSTS
from tests import requires
from tests.tunnels.attempts import Thief
from tests.tunnels.fakes import ALICE, LAB, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.openssh import SFTP_SERVER, Sshd, keygen, login, sshd
from tests.tunnels.running import running

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]

LISTENS = "listen at a unix socket"
"""What no option of a key forbids."""


def mine(notebook: FakeNotebook, **options: object) -> Notebook:
    return alices(notebook.port, **{"login": login(), **options})


def needed(server: Sshd, notebook: Notebook) -> Needs:
    wanted = inventory(notebook, remotes=(server.config(),))
    return needs_of(wanted, notebook.tunnel, HOSTS)


async def line_for(server: Sshd, notebook: Notebook, **changes: object) -> str:
    """Return the line for authorized_keys, as the command prints it."""
    (own,) = await own_keys(server.config(**changes), login())
    return authorized_key(needed(server, notebook), own.key, authority=own.authority)


def authorize(server: Sshd, line: str) -> None:
    (server.folder / "authorized_keys").write_text(f"{line}\n")


def configure(server: Sshd, block: str) -> None:
    with (server.folder / "sshd_config").open("a") as file:
        file.write(f"{block}\n")


@dataclass
class Remote:
    """A remote with what a thief would like to reach."""

    server: Sshd
    folder: Path
    beside: FakeNotebook

    async def allowed(self, key: str, certificate: str | None = None) -> set[str]:
        """Return all that can be done with a key, but for the forward to the notebook."""
        client_keys = [key if certificate is None else (key, certificate)]
        async with asyncssh.connect(
            "127.0.0.1",
            self.server.port,
            username=login(),
            client_keys=client_keys,
            known_hosts=None,
            config=None,
            agent_path=None,
        ) as connection:
            thief = Thief(
                connection,
                str(self.folder / f"thief-{self.server.port}"),
                ("127.0.0.1", self.beside.port),
                str(self.folder / "jupyter.sock"),
            )
            return await thief.succeeds()


@pytest.fixture
async def stage(keys: Keys, tmp_path: Path) -> AsyncIterator[Remote]:
    requires.file(SFTP_SERVER, package="openssh-sftp-server")
    subsystem = f"Subsystem sftp {SFTP_SERVER}"
    x11 = ("X11Forwarding yes", "XAuthLocation /bin/true")
    async with (
        sshd(tmp_path / "sshd", keys, subsystem, *x11) as server,
        FakeNotebook() as beside,
        FakeNotebook(socket=tmp_path / "jupyter.sock"),
    ):
        yield Remote(server, tmp_path, beside)


async def reached(server: Sshd, notebook: Notebook, **changes: object) -> TokenOrigin:
    """Reach the notebook as the gateway does; return where its token came from."""
    async with running(inventory(notebook, remotes=(server.config(**changes),))) as tunnels:
        return (await tunnels.upstream(ALICE, within_seconds=10)).token_origin


async def test_what_an_open_key_allows(stage: Remote, keys: Keys) -> None:
    """The attempts are real: without any restriction, all of them succeed."""
    everything = await stage.allowed(keys.path("member"))

    assert everything >= {
        "shell",
        "exec",
        "terminal",
        "read a file",
        "write a file",
        "another port",
        "a unix socket",
        "listen",
        "listen at a unix socket",
        "agent",
        "x11",
    }


@pytest.mark.parametrize("form", ["line", "block"])
async def test_f8_with_a_token_to_look_up(
    stage: Remote, keys: Keys, notebook: FakeNotebook, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threat T6, case F8: the forward works, the token is found, files can be read; nothing else can be done."""
    wanted = mine(notebook)
    await restrict(stage.server, wanted, form)
    notebook.write_runtime_file(stage.folder, pid=1)
    runtime = stage.folder / ".local/share/jupyter/runtime"
    monkeypatch.setattr("gateway.tunnels.runtime_files.FOLDERS", (str(runtime),))

    assert await reached(stage.server, wanted) is TokenOrigin.RUNTIME_FILE

    left_open = {"read a file"} | ({LISTENS} if form == "line" else set())
    assert await stage.allowed(keys.path("member")) == left_open


@pytest.mark.parametrize("form", ["line", "block"])
async def test_f8_without_a_token_to_look_up(
    stage: Remote, keys: Keys, notebook: FakeNotebook, form: str
) -> None:
    """Case F8: the forward works, and not even files can be read."""
    wanted = mine(notebook, token=TokenSource.NONE)
    await restrict(stage.server, wanted, form)

    assert await reached(stage.server, wanted) is TokenOrigin.NOT_NEEDED

    assert await stage.allowed(keys.path("member")) == ({LISTENS} if form == "line" else set())


@pytest.mark.parametrize("form", ["line", "block"])
async def test_a_socket(stage: Remote, keys: Keys, form: str) -> None:
    """Sshd can't name sockets: other forwards are open then, and still no command and no listening."""
    wanted = alices(
        None, login=login(), socket=str(stage.folder / "jupyter.sock"), token=TokenSource.NONE
    )
    await restrict(stage.server, wanted, form)

    assert await reached(stage.server, wanted) is TokenOrigin.NOT_NEEDED

    left_open = {"a unix socket", "another port"} | ({LISTENS} if form == "line" else set())
    assert await stage.allowed(keys.path("member")) == left_open


async def test_a_jump(stage: Remote, keys: Keys, notebook: FakeNotebook, tmp_path: Path) -> None:
    """The remote on the way needs to allow the forward to the next one's sshd alone."""
    async with sshd(tmp_path / "inner", keys) as inner:
        bastion = stage.server.config(login=login())
        target = inner.config(name=RemoteName("inner"), jump=LAB)
        wanted = inventory(
            mine(notebook, remote=target.name, token=TokenSource.NONE), remotes=(bastion, target)
        )
        (own,) = await own_keys(bastion, login())
        tunnel = alices(1, login=login()).tunnel
        authorize(stage.server, authorized_key(needs_of(wanted, tunnel, HOSTS), own.key))

        async with running(wanted) as tunnels:
            await tunnels.upstream(ALICE, within_seconds=10)

        assert await stage.allowed(keys.path("member")) == {LISTENS}


async def test_a_certificate(stage: Remote, notebook: FakeNotebook, tmp_path: Path) -> None:
    """The line is the authority's, and binds all to whom it gives certificates."""
    authority, key = tmp_path / "ca", tmp_path / "key"
    keygen("-t", "ed25519", "-N", "", "-f", authority)
    keygen("-t", "ed25519", "-N", "", "-f", key)
    keygen("-s", authority, "-I", "alice", "-n", login(), "-V", "+1h", f"{key}.pub")
    wanted = mine(notebook, token=TokenSource.NONE)
    identity = {"credential": KeyFile(str(key), certificate=f"{key}-cert.pub")}
    authorize(stage.server, await line_for(stage.server, wanted, **identity))

    assert await reached(stage.server, wanted, **identity) is TokenOrigin.NOT_NEEDED

    assert await stage.allowed(str(key), f"{key}-cert.pub") == {LISTENS}


async def restrict(server: Sshd, notebook: Notebook, form: str) -> None:
    """Allow what the gateway needs for ``notebook``, by a line beside the key or a block in sshd_config."""
    if form == "line":
        authorize(server, await line_for(server, notebook))
    else:
        configure(server, sshd_block(needed(server, notebook)))
