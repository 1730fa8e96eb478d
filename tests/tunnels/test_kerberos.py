"""gateway.tunnels.kerberos against a real KDC, and OpenSSH's own sshd."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.inventory import Notebook, Remote
from gateway.core.names import RemoteName
from gateway.core.ssh_credential import Kerberos
from gateway.core.status import CredentialStatus
from gateway.errors import Reason, RemoteError, RemoteRejected, RemoteUnreachable
from gateway.tunnels.identities import Prover
from gateway.tunnels.tunnels import Tunnels
from tests.tunnels.fakes import ALICE, LAB, Keys, alices, inventory
from tests.tunnels.kdc import HOST, REALM, Kdc, kdc
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.openssh import Sshd, login, sshd
from tests.tunnels.running import running, until
from tests.tunnels.test_openssh import answered, reached, refused

pytest.importorskip("gssapi")
pytestmark = [pytest.mark.anyio, pytest.mark.kerberos]

ONLY_KERBEROS = (
    "GSSAPIAuthentication yes",
    "GSSAPIStrictAcceptorCheck no",
    "PubkeyAuthentication no",
)


@pytest.fixture
async def realm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kdc]:
    """A realm with alice in it, who may be this account on the remote; this process knows it."""
    async with kdc(tmp_path / "kdc") as running_kdc:
        for name, value in running_kdc.environment.items():
            monkeypatch.setenv(name, value)
        running_kdc.add("alice", running_kdc.folder / "alice.keytab")
        yield running_kdc


@pytest.fixture
async def server(realm: Kdc, keys: Keys, tmp_path: Path) -> AsyncIterator[Sshd]:
    folder = tmp_path / "sshd"
    async with sshd(folder, keys, *ONLY_KERBEROS, environment=realm.environment) as running_sshd:
        yield running_sshd


def by(server: Sshd, **how: str) -> Remote:
    """Return the remote, with Kerberos as its credential."""
    return server.config(host=HOST, credential=Kerberos(**how))


def mine(port: int | None, **options: object) -> Notebook:
    return alices(port, **{"login": login(), **options})


def keytab(realm: Kdc) -> str:
    return str(realm.folder / "alice.keytab")


async def test_keytab(realm: Kdc, server: Sshd, notebook: FakeNotebook) -> None:
    """With a keytab alone, whoever is its first; or with the principal that is named."""
    await reached(mine(notebook.port), by(server, keytab=keytab(realm)))
    await reached(mine(notebook.port), by(server, keytab=keytab(realm), principal=f"alice@{REALM}"))


async def test_ccache(realm: Kdc, server: Sshd, notebook: FakeNotebook, tmp_path: Path) -> None:
    """With a ticket that somebody else got; the file is left as it is."""
    ccache = realm.kinit(Path(keytab(realm)), "alice", tmp_path / "ccache")
    ccache.chmod(0o400)
    before = ccache.read_bytes()

    await reached(mine(notebook.port), by(server, ccache=str(ccache)))

    assert ccache.read_bytes() == before


async def test_environment(
    realm: Kdc,
    server: Sshd,
    notebook: FakeNotebook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the ticket of KRB5CCNAME."""
    ccache = realm.kinit(Path(keytab(realm)), "alice", tmp_path / "ccache")
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{ccache}")

    await reached(mine(notebook.port), by(server))
