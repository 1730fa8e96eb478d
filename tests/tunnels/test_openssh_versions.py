"""Every way in, into an old and into a new OpenSSH: this machine's, and that of Debian trixie in a container."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from gateway.core.names import RemoteName
from gateway.core.ssh_credential import AgentKeys, Kerberos, KeyFile
from tests import requires
from tests.conftest import ROOT
from tests.tunnels.fakes import LAB, Keys
from tests.tunnels.kdc import HOST, Kdc, kdc
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.openssh import Sshd, in_container, keygen, login, sshd
from tests.tunnels.test_kerberos import ONLY_KERBEROS
from tests.tunnels.test_openssh import authorize, mine, reached, ssh_add, ssh_agent, trust

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]

Serve = Callable[..., AbstractAsyncContextManager[Sshd]]


@pytest.fixture(scope="session")
def image(ports: tuple[int, int]) -> str:
    """The image with the new sshd; ``ports`` has told Compose what to build on."""
    compose = ("docker", "compose", "--file", str(ROOT / "compose/kerberos.yaml"))
    built = subprocess.run([*compose, "build", "kdc"], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-4000:]
    return f"notebook-gateway/realm:{os.environ.get('GATEWAY_VERSION', 'latest')}"


@pytest.fixture(params=["old", pytest.param("new", marks=pytest.mark.docker)])
def serve(request: pytest.FixtureRequest, keys: Keys, tmp_path: Path) -> Serve:
    """How to run an sshd that sees the test's folder."""
    if request.param == "old":
        return sshd
    requires.require(os.geteuid() == 0, "root, whom the container knows too,")
    image = request.getfixturevalue("image")

    def in_its_container(
        folder: Path, keys: Keys, *options: str, environment: dict[str, str] | None = None
    ) -> AbstractAsyncContextManager[Sshd]:
        program = in_container(image, tmp_path, keys.folder, environment=environment or {})
        return sshd(folder, keys, *options, program=program)

    return in_its_container


@pytest.fixture
async def server(serve: Serve, keys: Keys, tmp_path: Path) -> AsyncIterator[Sshd]:
    async with serve(tmp_path / "sshd", keys) as running_sshd:
        yield running_sshd


@pytest.fixture
async def realm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kdc]:
    async with kdc(tmp_path / "kdc") as running_kdc:
        for name, value in running_kdc.environment.items():
            monkeypatch.setenv(name, value)
        yield running_kdc


def made_keys(folder: Path) -> Keys:
    folder.mkdir()
    return Keys.made_in(folder)


async def test_it_is_what_it_is_said_to_be(server: Sshd, request: pytest.FixtureRequest) -> None:
    """The matrix has two rows indeed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    greeting = await reader.readline()
    writer.close()

    number = float(greeting.split(b"_")[1].split(b"p")[0])
    new = "new" in request.node.name
    assert (number >= 10.0) is new


async def test_key(server: Sshd, notebook: FakeNotebook) -> None:
    await reached(mine(notebook.port), server.config())


async def test_encrypted_key(server: Sshd, notebook: FakeNotebook, tmp_path: Path) -> None:
    key, passphrase = tmp_path / "key", tmp_path / "passphrase"
    keygen("-t", "ed25519", "-N", "open sesame", "-f", key)
    passphrase.write_text("open sesame\n")
    authorize(server, key)

    await reached(mine(notebook.port), server.config(credential=KeyFile(str(key), str(passphrase))))


async def test_certificate(server: Sshd, notebook: FakeNotebook, tmp_path: Path) -> None:
    authority, key = tmp_path / "ca", tmp_path / "key"
    for each in (authority, key):
        keygen("-t", "ed25519", "-N", "", "-f", each)
    keygen("-s", authority, "-I", "alice", "-n", login(), "-V", "+1h", f"{key}.pub")
    trust(server, authority)

    certified = KeyFile(str(key), certificate=f"{key}-cert.pub")
    await reached(mine(notebook.port), server.config(credential=certified))


async def test_agent(server: Sshd, notebook: FakeNotebook, keys: Keys, tmp_path: Path) -> None:
    async with ssh_agent(tmp_path) as agent:
        ssh_add(agent, keys.path("member"))

        await reached(mine(notebook.port), server.config(credential=AgentKeys(str(agent))))


async def test_jump(
    server: Sshd, serve: Serve, keys: Keys, notebook: FakeNotebook, tmp_path: Path
) -> None:
    """Two hops, with another key and another host key each."""
    second, third = tmp_path / "second", made_keys(tmp_path / "third")
    keygen("-t", "ed25519", "-N", "", "-f", second)
    async with serve(tmp_path / "inner", third) as inner:
        authorize(inner, second)
        bastion = server.config(login=login())
        credential = KeyFile(str(second))
        target = inner.config(name=RemoteName("inner"), jump=LAB, credential=credential)

        await reached(mine(notebook.port, remote=target.name), bastion, target)


async def test_socket(server: Sshd, tmp_path: Path) -> None:
    """A notebook at a Unix socket."""
    path = tmp_path / "jupyter.sock"
    async with FakeNotebook(socket=path):
        await reached(mine(None, socket=str(path)), server.config())


@pytest.mark.kerberos
async def test_kerberos(
    realm: Kdc, serve: Serve, keys: Keys, notebook: FakeNotebook, tmp_path: Path
) -> None:
    keytab = realm.add("alice", realm.folder / "alice.keytab")
    environment = dict(realm.environment)
    async with serve(tmp_path / "sshd", keys, *ONLY_KERBEROS, environment=environment) as server:
        by_keytab = server.config(host=HOST, credential=Kerberos(keytab=str(keytab)))

        await reached(mine(notebook.port), by_keytab)
