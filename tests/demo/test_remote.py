"""gateway.demo.remote: what a login may do at the stand-in, and all that it may not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from gateway.demo.remote import Account, read_accounts, serve
from gateway.demo.stage import listening_socket

pytestmark = pytest.mark.anyio

ALICE_KEY, BOB_KEY = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")

SftpDeed = Callable[[asyncssh.SFTPClient], Awaitable[object]]


class Remote:
    """A running stand-in with two logins, and a notebook for each that says its owner's name."""

    def __init__(self, port: int, ports: dict[str, int]) -> None:
        self.port = port
        self.ports = ports

    def connect(
        self, login: str = "alice", key: asyncssh.SSHKey = ALICE_KEY
    ) -> "asyncssh.misc._ACMWrapper[asyncssh.SSHClientConnection]":
        return asyncssh.connect(
            "127.0.0.1",
            self.port,
            username=login,
            client_keys=[key],
            known_hosts=([HOST_KEY.convert_to_public()], [], []),
            agent_path=None,
            config=[],
        )


@asynccontextmanager
async def naming(name: str) -> AsyncIterator[int]:
    """Serve ``name`` at a port of loopback."""

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name.encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def remote(tmp_path: Path) -> AsyncIterator[Remote]:
    host_key = tmp_path / "host_key"
    HOST_KEY.write_private_key(host_key)
    for login in ("alice", "bob"):
        (tmp_path / login).mkdir()
        (tmp_path / login / "note.txt").write_text(f"of {login}")
    async with naming("alice") as alice, naming("bob") as bob, asyncio.TaskGroup() as tasks:
        accounts = {
            "alice": account(ALICE_KEY, tmp_path / "alice", alice),
            "bob": account(BOB_KEY, tmp_path / "bob", bob),
        }
        listener: socket.socket = listening_socket(0)
        port = listener.getsockname()[1]
        serving = tasks.create_task(serve(accounts, host_key=str(host_key), listener=listener))
        yield Remote(port, {"alice": alice, "bob": bob})
        serving.cancel()


def account(key: asyncssh.SSHKey, home: Path, port: int) -> Account:
    return Account(key.export_public_key().decode(), str(home), port)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_forwards_to_the_logins_own_notebook(remote: Remote, host: str) -> None:
    """A channel to the own port reaches the notebook."""
    async with remote.connect() as connection:
        reader, _ = await connection.open_connection(host, remote.ports["alice"])

        assert await reader.read() == b"alice"


async def test_refuses_another_logins_port(remote: Remote) -> None:
    """Alice's login does not reach Bob's notebook."""
    async with remote.connect() as connection:
        with pytest.raises(asyncssh.ChannelOpenError) as caught:
            await connection.open_connection("localhost", remote.ports["bob"])

    assert caught.value.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.2", "192.0.2.1", "::1", ""])  # noqa: S104
async def test_refuses_other_hosts(remote: Remote, host: str) -> None:
    """The own port is allowed on loopback's usual names and nowhere else."""
    async with remote.connect() as connection:
        with pytest.raises(asyncssh.ChannelOpenError) as caught:
            await connection.open_connection(host, remote.ports["alice"])

    assert caught.value.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED


@pytest.mark.parametrize(
    ("login", "key"),
    [
        ("alice", BOB_KEY),
        ("bob", ALICE_KEY),
        ("mallory", ALICE_KEY),
        ("root", ALICE_KEY),
        ("alice", HOST_KEY),
    ],
)
async def test_refuses_any_other_key(remote: Remote, login: str, key: asyncssh.SSHKey) -> None:
    """Each login has one key; another's does not count, and an unknown login has none."""
    with pytest.raises(asyncssh.PermissionDenied):
        async with remote.connect(login, key):
            pass


@pytest.mark.parametrize("login", ["alice", "mallory"])
async def test_offers_nothing_but_public_keys(remote: Remote, login: str) -> None:
    """What is offered is the same whether a login exists or not."""
    offered = await asyncssh.get_server_auth_methods("127.0.0.1", remote.port, login)

    assert offered == ["publickey"]


@pytest.mark.parametrize("command", [None, "id", "scp -f note.txt"])
async def test_runs_nothing(remote: Remote, command: str | None) -> None:
    """There is no shell and no command."""
    async with remote.connect() as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process(command)


async def test_listens_for_nobody(remote: Remote) -> None:
    """A login can't have the stand-in listen, at a port or at a path."""
    async with remote.connect() as connection:
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 9)
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_path("/nowhere.sock", "/nowhere.sock")


async def test_opens_no_unix_sockets(remote: Remote) -> None:
    """The demo's notebooks listen at ports; a path leads nowhere."""
    async with remote.connect() as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_unix_connection("/var/run/docker.sock")


@pytest.mark.parametrize(
    "path", ["note.txt", "/note.txt", "../note.txt", "../../alice/../note.txt"]
)
async def test_shows_the_home_and_no_more(remote: Remote, path: str) -> None:
    """The home is the root of all paths; there is no way up."""
    async with remote.connect() as connection, connection.start_sftp_client() as sftp:
        async with sftp.open(path) as file:
            assert await file.read() == "of alice"
        assert await sftp.realpath(".") == "/"


@pytest.mark.parametrize("target", ["../bob/note.txt", "/etc/hostname"])
async def test_follows_no_link_out_of_the_home(remote: Remote, tmp_path: Path, target: str) -> None:
    """A link that the notebook made does not lead the login's SFTP elsewhere."""
    (tmp_path / "alice" / "out").symlink_to(target)

    async with remote.connect() as connection, connection.start_sftp_client() as sftp:
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await sftp.open("out")


@pytest.mark.parametrize(
    "deed",
    [
        lambda sftp: sftp.open("new.txt", "w"),
        lambda sftp: sftp.open("note.txt", "r+"),
        lambda sftp: sftp.open("note.txt", "a"),
        lambda sftp: sftp.open("new.txt", "x"),
        lambda sftp: sftp.remove("note.txt"),
        lambda sftp: sftp.mkdir("new"),
        lambda sftp: sftp.rmdir("/"),
        lambda sftp: sftp.rename("note.txt", "new.txt"),
        lambda sftp: sftp.posix_rename("note.txt", "new.txt"),
        lambda sftp: sftp.symlink("note.txt", "new.txt"),
        lambda sftp: sftp.link("note.txt", "new.txt"),
        lambda sftp: sftp.chmod("note.txt", 0o777),
        lambda sftp: sftp.truncate("note.txt", 0),
        lambda sftp: sftp.utime("note.txt", (0, 0)),
    ],
)
async def test_changes_nothing_in_the_home(remote: Remote, tmp_path: Path, deed: SftpDeed) -> None:
    """Whatever SFTP has to change files is refused."""
    before = (tmp_path / "alice" / "note.txt").stat()

    async with remote.connect() as connection, connection.start_sftp_client() as sftp:
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await deed(sftp)

    assert (tmp_path / "alice" / "note.txt").stat() == before
    assert [entry.name for entry in (tmp_path / "alice").iterdir()] == ["note.txt"]


def test_accounts_are_read_from_a_document() -> None:
    """The document that the stage writes says all there is to know."""
    text = (
        '{"host_key": "/k", "logins": {"alice": {"authorized_key": "K", "home": "/h", "port": 7}}}'
    )

    assert read_accounts(text) == ("/k", {"alice": Account("K", "/h", 7)})
