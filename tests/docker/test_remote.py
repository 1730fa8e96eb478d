"""The stand-in remote allows what the gateway needs, and nothing beside it."""

from collections.abc import AsyncIterator

import asyncssh
import pytest

from tests.stack import Stack

pytestmark = pytest.mark.anyio

ADMINISTRATIVELY_PROHIBITED = 1  # RFC 4254, section 5.1


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def connection(stack: Stack) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A connection as alice, with the gateway's key."""
    key = asyncssh.import_private_key(stack.run_in("gateway", "cat /run/secrets/remote_key"))
    known_hosts = stack.run_in("gateway", "cat /run/secrets/known_hosts").encode()
    async with asyncssh.connect(
        stack.address("remote"),
        username="alice",
        client_keys=[key],
        known_hosts=known_hosts,
        host_key_alias="remote",
        config=None,
    ) as connection:
        yield connection


async def test_login_reaches_its_own_notebook(connection: asyncssh.SSHClientConnection) -> None:
    reader, writer = await connection.open_connection("localhost", 7001)
    writer.write(b"GET /api HTTP/1.0\r\n\r\n")

    assert (await reader.readline()).split()[1] == b"200"
    writer.close()


@pytest.mark.parametrize(
    ("host", "port"), [("localhost", 7002), ("localhost", 22), ("gateway", 8000)]
)
async def test_login_reaches_nothing_else(
    connection: asyncssh.SSHClientConnection, host: str, port: int
) -> None:
    with pytest.raises(asyncssh.ChannelOpenError) as refusal:
        await connection.open_connection(host, port)

    assert refusal.value.code == ADMINISTRATIVELY_PROHIBITED


async def test_login_runs_nothing(connection: asyncssh.SSHClientConnection) -> None:
    done = await connection.run("id")

    assert done.exit_status != 0
    assert "uid=" not in str(done.stdout)


async def test_login_reads_files_and_writes_none(connection: asyncssh.SSHClientConnection) -> None:
    async with connection.start_sftp_client() as sftp:
        runtime = await sftp.listdir(".local/share/jupyter/runtime")
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await sftp.mkdir("x")

    assert any(name.startswith("jpserver-") for name in runtime)
