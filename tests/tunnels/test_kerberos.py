"""gateway.tunnels.kerberos against a real KDC, and OpenSSH's own sshd."""

import asyncio
import importlib.util
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.inventory import Notebook, Remote
from gateway.core.names import RemoteName
from gateway.core.ssh_credential import Kerberos
from gateway.core.status import CredentialStatus, TunnelStatus
from gateway.errors import Reason, RemoteError, RemoteRejected, RemoteUnreachable
from gateway.tunnels.identities import Prover
from gateway.tunnels.tunnels import Tunnels
from tests import requires
from tests.tunnels.fakes import ALICE, LAB, Keys, alices, inventory
from tests.tunnels.kdc import HOST, REALM, Kdc, kdc
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.openssh import Sshd, login, sshd
from tests.tunnels.running import running, until
from tests.tunnels.test_openssh import answered, reached, refused

pytestmark = [pytest.mark.anyio, pytest.mark.kerberos]

ONLY_KERBEROS = (
    "GSSAPIAuthentication yes",
    "GSSAPIStrictAcceptorCheck no",
    "PubkeyAuthentication no",
)


@pytest.fixture
async def realm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kdc]:
    """A realm with alice in it, who may be this account on the remote; this process knows it."""
    requires.require(importlib.util.find_spec("gssapi") is not None, "gssapi")
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


async def test_expired_ticket(realm: Kdc, server: Sshd, tmp_path: Path) -> None:
    """A ticket whose time is over is not shown to the remote, and it is said whose task it is."""
    ccache = realm.kinit(Path(keytab(realm)), "alice", tmp_path / "ccache", "-l", "1s")
    await asyncio.sleep(1.1)  # the KDC counts whole seconds, and nothing tells when one is over

    error = await refused(mine(1), by(server, ccache=str(ccache)))

    assert error.reason is Reason.CREDENTIAL_EXPIRED
    assert str(ccache) in error.detail
    assert "kinit" in error.detail
    assert not (server.folder / "log").exists()


async def test_renewal(realm: Kdc, server: Sshd, notebook: FakeNotebook) -> None:
    """From a keytab a new ticket comes in time; the connection stays the very same, and the next dial is fine."""
    realm.administer('modprinc -maxlife "6 seconds" alice')
    wanted = inventory(mine(notebook.port), remotes=(by(server, keytab=keytab(realm)),))
    async with running(wanted) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        await until(tunnels, lambda: credential(tunnels) is not None)
        first, since = expiry(tunnels), status(tunnels).since

        await until(tunnels, lambda: expiry(tunnels) > first + 2)

        assert status(tunnels).since == since
        await answered(tunnels)
        assert (server.folder / "log").read_text().count("Accepted gssapi-with-mic") == 1


async def test_followed(realm: Kdc, server: Sshd, notebook: FakeNotebook, tmp_path: Path) -> None:
    """The shown end of a ticket that somebody else renews follows, with no new dial."""
    ccache = realm.kinit(Path(keytab(realm)), "alice", tmp_path / "ccache", "-l", "10s")
    wanted = inventory(mine(notebook.port), remotes=(by(server, ccache=str(ccache)),))
    async with running(wanted) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        await until(tunnels, lambda: credential(tunnels) is not None)
        first = expiry(tunnels)
        realm.kinit(Path(keytab(realm)), "alice", ccache, "-l", "1h")

        await until(tunnels, lambda: expiry(tunnels) > first + 3000)

        shown = credential(tunnels)
        assert shown is not None
        assert (shown.kind, shown.name) == ("Kerberos ticket", f"alice@{REALM}")


async def test_not_let_in(realm: Kdc, server: Sshd) -> None:
    """A principal that the remote does not take for the login."""
    bobs = realm.add("bob", realm.folder / "bob.keytab")

    error = await refused(mine(1), by(server, keytab=str(bobs)))

    assert error.reason is Reason.LOGIN_REFUSED
    assert ".k5login" in error.detail


async def failed(remote: Remote) -> RemoteError:
    """Return why a ticket can't be had."""
    with pytest.raises(RemoteError) as raised:
        async with Prover().proof(remote, login()):
            pass
    return raised.value


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"keytab": "alice.keytab", "principal": f"bob@{REALM}"}, f"bob@{REALM}; klist -k"),
        ({"keytab": "alice.keytab", "principal": "alice@OTHER.TEST"}, "klist -k"),
        ({"keytab": "gone.keytab"}, "klist -k"),
        ({"keytab": "krb5.conf", "principal": f"alice@{REALM}"}, "key table format"),
        ({"ccache": "gone.ccache"}, "kinit"),
        ({"ccache": "krb5.conf"}, "kinit"),
        ({}, "kinit"),
    ],
)
async def test_of_no_use(realm: Kdc, how: dict[str, str], said: str) -> None:
    """What can't be used is named, with the fix; a person must help."""
    files = {"keytab", "ccache"}
    given = {k: str(realm.folder / v) if k in files else v for k, v in how.items()}

    error = await failed(Remote(LAB, HOST, credential=Kerberos(**given)))

    assert isinstance(error, RemoteRejected)
    assert error.reason is Reason.IDENTITY_UNUSABLE
    assert said in error.detail
    assert all(value in error.detail for value in given.values())


@pytest.mark.parametrize(
    ("query", "reason", "said"),
    [
        ("cpw -randkey alice", Reason.IDENTITY_UNUSABLE, "ktadd"),
        ("delprinc -force alice", Reason.IDENTITY_UNUSABLE, "not found in Kerberos database"),
        ("modprinc -allow_tix alice", Reason.IDENTITY_UNUSABLE, "unlock"),
        ("modprinc -expire yesterday alice", Reason.CREDENTIAL_EXPIRED, "prolong"),
        ("modprinc -pwexpire yesterday alice", Reason.CREDENTIAL_EXPIRED, "prolong"),
    ],
)
async def test_refused_by_the_kdc(realm: Kdc, query: str, reason: Reason, said: str) -> None:
    """A keytab that was good once."""
    realm.administer(query)

    error = await failed(Remote(LAB, HOST, credential=Kerberos(keytab=keytab(realm))))

    assert isinstance(error, RemoteRejected)
    assert error.reason is reason
    assert said in error.detail


async def test_unknown_service(realm: Kdc) -> None:
    """The KDC knows the remote under another name."""
    remote = Remote(LAB, "elsewhere.lab.test", credential=Kerberos(keytab=keytab(realm)))

    error = await failed(remote)

    assert isinstance(error, RemoteRejected)
    assert "host/elsewhere.lab.test" in error.detail
    assert "dns_canonicalize_hostname" in error.detail


async def test_no_kdc(realm: Kdc) -> None:
    """A KDC that is down may come back by itself."""
    await realm.stop()

    error = await failed(Remote(LAB, HOST, credential=Kerberos(keytab=keytab(realm))))

    assert isinstance(error, RemoteUnreachable)
    assert error.reason is Reason.KDC_UNREACHABLE


async def test_silent_kdc(realm: Kdc, monkeypatch: pytest.MonkeyPatch) -> None:
    """A KDC that says nothing is given up in time, and holds up nobody else meanwhile."""
    monkeypatch.setattr("gateway.tunnels.identities.TICKET_SECONDS", 0.2)
    await realm.stop()
    with socket.create_server(("127.0.0.1", realm.port)):
        error = await failed(Remote(LAB, HOST, credential=Kerberos(keytab=keytab(realm))))

    assert error.reason is Reason.KDC_UNREACHABLE
    assert "0 s" in error.detail


async def test_own_tickets(realm: Kdc, server: Sshd, notebook: FakeNotebook) -> None:
    """Two logins' tickets do not meet: a tunnel's cache is its own."""
    bobs = str(realm.add("bob", realm.folder / "bob.keytab"))
    other = by(server, keytab=bobs)
    async with Prover().proof(other, login()):
        await reached(mine(notebook.port), by(server, keytab=keytab(realm)))


async def test_jump(
    realm: Kdc, server: Sshd, keys: Keys, notebook: FakeNotebook, tmp_path: Path
) -> None:
    """Three deep: a key, then a ticket, then a key again."""
    middle, inner = RemoteName("middle"), RemoteName("inner")
    async with sshd(tmp_path / "outer", keys) as first, sshd(tmp_path / "inner", keys) as third:
        way = (
            first.config(login=login()),
            server.config(
                name=middle,
                jump=LAB,
                host=HOST,
                login=login(),
                credential=Kerberos(keytab=keytab(realm)),
            ),
            third.config(name=inner, jump=middle),
        )

        await reached(mine(notebook.port, remote=inner), *way)


def status(tunnels: Tunnels) -> TunnelStatus:
    return tunnels.tunnel_statuses()[0]


def credential(tunnels: Tunnels) -> CredentialStatus | None:
    return status(tunnels).credential


def expiry(tunnels: Tunnels) -> float:
    shown = credential(tunnels)
    return 0.0 if shown is None or shown.expires_at is None else shown.expires_at
