"""The line that "gateway remotes key" prints, on the stand-in remote's own OpenSSH (10 or newer)."""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncssh
import pytest

from gateway.core.least_privilege import Needs, authorized_key, sshd_block
from gateway.core.names import LoginName, NotebookName, RemoteName, TunnelId
from tests.stack import Stack, eventually, greets
from tests.tunnels.attempts import Thief

pytestmark = pytest.mark.anyio

PORT = 2222
FOLDER = "/tmp/least-privilege"
OPEN = [
    "AuthorizedKeysFile {folder}/keys",
    "HostKey /etc/ssh/keys/ssh_host_ed25519_key",
    "Subsystem sftp internal-sftp",
    "PidFile {folder}/pid",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitTTY no",  # the container may not give terminals away
    "PerSourcePenalties no",
]
ALICE = TunnelId(RemoteName("remote"), LoginName("alice"))
LISTENS = "listen at a unix socket"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def needs(*, reads_files: bool) -> Needs:
    opens = ("127.0.0.1:7001", "localhost:7001")
    reads = ("the token",) if reads_files else ()
    return Needs(ALICE, opens, (), reads, notebooks=(NotebookName("alice"),))


@dataclass(frozen=True)
class Second:
    """A second sshd in the remote's container, which allows all that a key and a block do not forbid."""

    stack: Stack
    key: asyncssh.SSHKey

    @property
    def public(self) -> str:
        return self.key.export_public_key().decode().strip()

    def start(self, line: str, block: str) -> None:
        """Listen with this authorized_keys and this end of sshd_config."""
        config = "\n".join([*(option.format(folder=FOLDER) for option in OPEN), block, ""])
        self.stack.run_in("remote", f"mkdir -p {FOLDER}")
        for name, text in (("keys", f"{line}\n"), ("config", config)):
            self.stack.run_in("remote", f"tee {FOLDER}/{name}", stdin=text)
        self.stack.run_in("remote", f"/usr/sbin/sshd -f {FOLDER}/config -p {PORT}")
        address = self.stack.address("remote")
        eventually(lambda: greets(address, PORT, greeting=b"SSH-2.0-"), within_seconds=10)

    def stop(self) -> None:
        self.stack.run_in("remote", f"sh -c 'kill $(cat {FOLDER}/pid); rm -rf {FOLDER}'")
        self.stack.run_in("remote", "sh -c 'rm -rf /home/alice/thief-*'", user="alice")

    @asynccontextmanager
    async def thief(self) -> AsyncIterator[Thief]:
        async with asyncssh.connect(
            self.stack.address("remote"),
            PORT,
            username="alice",
            client_keys=[self.key],
            known_hosts=None,
            config=None,
            agent_path=None,
        ) as connection:
            place = f"/home/alice/thief-{secrets.token_hex(4)}"
            yield Thief(connection, place, ("127.0.0.1", 7002), "/nonexistent")


@asynccontextmanager
async def second(stack: Stack, line: str, block: str = "") -> AsyncIterator[Thief]:
    """Serve with a fresh key; ``line`` is completed with it."""
    sshd = Second(stack, asyncssh.generate_private_key("ssh-ed25519"))
    sshd.start(line.replace("KEY", sshd.public), block)
    try:
        async with sshd.thief() as thief:
            yield thief
    finally:
        sshd.stop()


def test_it_is_a_newer_openssh(stack: Stack) -> None:
    """The other half of the proof is in tests/tunnels, with the OpenSSH of this machine."""
    version = stack.run_in("remote", "sh -c '/usr/sbin/sshd -V 2>&1'")
    found = re.search(r"OpenSSH_(\d+)", version)

    assert found is not None
    assert int(found[1]) >= 10


async def test_what_an_open_key_allows(stack: Stack) -> None:
    """The attempts are real."""
    async with second(stack, "KEY") as thief:
        everything = {"shell", "exec", "read a file", "write a file", "another port", "listen"}
        assert await thief.succeeds() >= {*everything, LISTENS, "agent"}


@pytest.mark.parametrize("form", ["line", "block"])
@pytest.mark.parametrize("reads_files", [True, False])
async def test_f8_what_is_needed_and_nothing_else(
    stack: Stack, form: str, *, reads_files: bool
) -> None:
    """Threat T6, case F8: the forward works, and Jupyter's files can be read only where they are needed."""
    wanted = needs(reads_files=reads_files)
    line, block = authorized_key(wanted, "KEY"), ""
    if form == "block":
        line, block = "KEY", sshd_block(wanted)
    async with second(stack, line, block) as thief:
        assert await thief.forwards("127.0.0.1", 7001)
        assert await thief.forwards("localhost", 7001)

        left_open = {"read a file"} if reads_files else set()
        assert await thief.succeeds() == left_open | ({LISTENS} if form == "line" else set())
        if reads_files:
            async with thief.connection.start_sftp_client() as sftp:
                runtime = await sftp.listdir(".local/share/jupyter/runtime")
            assert any(str(name).startswith("jpserver-") for name in runtime)
