"""The tunnels against OpenSSH's own sshd, keys, certificates and agent."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from gateway.core.inventory import HostKeyPolicy, Notebook, Remote
from gateway.core.names import NotebookName, RemoteName
from gateway.core.ssh_credential import AgentKeys, KeyFile
from gateway.core.status import NotebookState
from gateway.core.upstream import TokenOrigin
from gateway.errors import (
    ForwardingRefused,
    NotebookStopped,
    Reason,
    TunnelDown,
    UpstreamError,
)
from gateway.tunnels import algorithms
from gateway.tunnels.tunnels import Tunnels
from tests import requires
from tests.tunnels.fakes import ALICE, LAB, FakePins, FakeTime, Keys, Listener, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.openssh import SFTP_SERVER, Sshd, keygen, login, sshd
from tests.tunnels.running import running, until_state

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]


@pytest.fixture
async def server(keys: Keys, tmp_path: Path) -> AsyncIterator[Sshd]:
    async with sshd(tmp_path / "sshd", keys) as running_sshd:
        yield running_sshd


def mine(port: int | None, **options: object) -> Notebook:
    """Return a notebook of the account that the tests run as."""
    return alices(port, **{"login": login(), **options})


async def reached(notebook: Notebook, *remotes: Remote, **options: object) -> None:
    """Reach a notebook through remotes, and get an answer of it."""
    async with running(inventory(notebook, remotes=remotes), **options) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        await answered(tunnels)


async def answered(tunnels: Tunnels) -> None:
    listener = Listener()
    transport = await tunnels.open_channel(ALICE, lambda: listener)
    transport.write(b"GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert await listener.lost is None
    assert listener.got.endswith(b'{"version": "2.21.1"}')


async def refused(notebook: Notebook, *remotes: Remote, **options: object) -> UpstreamError:
    """Return why a notebook can't be had."""
    time = FakeTime()
    wanted = inventory(notebook, remotes=remotes)
    async with running(wanted, **{**time.injected, **options}) as tunnels:
        with pytest.raises(UpstreamError) as raised:
            await tunnels.upstream(ALICE, within_seconds=10)
    return raised.value


async def test_key(server: Sshd, notebook: FakeNotebook) -> None:
    """A plain private key file."""
    await reached(mine(notebook.port), server.config())


@pytest.mark.parametrize("format_", ["OpenSSH", "PKCS8", "PEM"])
async def test_encrypted_key(
    server: Sshd, notebook: FakeNotebook, tmp_path: Path, format_: str
) -> None:
    """A key that ssh-keygen encrypted, and its passphrase in a file."""
    key, passphrase = tmp_path / "key", tmp_path / "passphrase"
    kind = ["-t", "ed25519"] if format_ == "OpenSSH" else ["-t", "rsa", "-m", format_]
    keygen(*kind, "-N", "open sesame", "-f", key)
    passphrase.write_text("open sesame\n")
    authorize(server, key)
    config = server.config(credential=KeyFile(str(key), str(passphrase)))

    await reached(mine(notebook.port), config)


async def test_wrong_passphrase(server: Sshd, tmp_path: Path) -> None:
    """A passphrase that does not open the key is named, and nothing is sent to the remote."""
    key, passphrase = tmp_path / "key", tmp_path / "passphrase"
    keygen("-t", "ed25519", "-N", "open sesame", "-f", key)
    passphrase.write_text("open barley\n")

    error = await refused(mine(1), server.config(credential=KeyFile(str(key), str(passphrase))))

    assert error.reason is Reason.IDENTITY_UNUSABLE
    assert str(key) in error.detail
    assert "barley" not in error.detail


async def test_certificate(server: Sshd, notebook: FakeNotebook, tmp_path: Path) -> None:
    """A certificate beside a key; the key alone is not let in."""
    authority, key = tmp_path / "ca", tmp_path / "key"
    keygen("-t", "ed25519", "-N", "", "-f", authority)
    keygen("-t", "ed25519", "-N", "", "-f", key)
    keygen("-s", authority, "-I", "alice", "-n", login(), "-V", "+1h", f"{key}.pub")
    trust(server, authority)

    await reached(
        mine(notebook.port),
        server.config(credential=KeyFile(str(key), certificate=f"{key}-cert.pub")),
    )

    error = await refused(mine(notebook.port), server.config(credential=KeyFile(str(key))))
    assert error.reason is Reason.LOGIN_REFUSED


async def test_agent(server: Sshd, notebook: FakeNotebook, keys: Keys, tmp_path: Path) -> None:
    """Keys that only an ssh-agent holds."""
    async with ssh_agent(tmp_path) as agent:
        ssh_add(agent, keys.path("member"))

        config = server.config(credential=AgentKeys())
        await reached(mine(notebook.port), config, agent_path=str(agent))


async def test_agent_without_keys(server: Sshd, tmp_path: Path) -> None:
    """An agent that holds nothing, and one that isn't there, are told apart."""
    config = server.config(credential=AgentKeys())
    async with ssh_agent(tmp_path) as agent:
        error = await refused(mine(1), config, agent_path=str(agent))
        assert error.reason is Reason.IDENTITY_UNUSABLE
        assert "ssh-add" in error.detail

    error = await refused(mine(1), config, agent_path=str(tmp_path / "gone"))
    assert error.reason is Reason.IDENTITY_UNUSABLE
    assert "SSH_AUTH_SOCK" in error.detail


async def test_wrong_key(server: Sshd, keys: Keys) -> None:
    """A key that sshd does not know."""
    error = await refused(mine(1), server.config(credential=KeyFile(keys.path("stranger"))))

    assert isinstance(error, TunnelDown)
    assert error.reason is Reason.LOGIN_REFUSED
    assert keys.path("stranger") in error.detail


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
async def test_any_of_the_host_keys_may_be_pinned(
    keys: Keys, notebook: FakeNotebook, tmp_path: Path, kind: str
) -> None:
    """A remote has keys of several kinds, and a fingerprint does not say of which it is."""
    folder = tmp_path / "sshd"
    for each in ("rsa", "ecdsa"):
        keygen("-t", each, "-N", "", "-f", tmp_path / each)
    pins = {each: asyncssh.read_public_key(tmp_path / f"{each}.pub") for each in ("rsa", "ecdsa")}
    pins["ed25519"] = keys.host.convert_to_public()
    options = [f"HostKey {tmp_path / each}" for each in ("rsa", "ecdsa")]
    async with sshd(folder, keys, *options) as server:
        await reached(mine(notebook.port), server.config(host_key=pins[kind].get_fingerprint()))

        known_hosts = tmp_path / "known_hosts"
        public = pins[kind].export_public_key().decode()
        known_hosts.write_text(f"[127.0.0.1]:{server.port} {public}")
        config = server.config(host_key=None, known_hosts=str(known_hosts))
        await reached(mine(notebook.port), config)


async def test_hashed_known_hosts(
    server: Sshd, keys: Keys, notebook: FakeNotebook, tmp_path: Path
) -> None:
    """What ssh-keygen -H makes of a known_hosts file is understood."""
    known_hosts = tmp_path / "known_hosts"
    public = keys.host.export_public_key().decode()
    known_hosts.write_text(f"[127.0.0.1]:{server.port} {public}")
    keygen("-H", "-f", known_hosts)

    await reached(mine(notebook.port), server.config(host_key=None, known_hosts=str(known_hosts)))


async def test_f1_changed_host_key(server: Sshd, keys: Keys, tmp_path: Path) -> None:
    """A pin, a known_hosts entry and a first sight that say another key: each refuses."""
    other = keys.other_host.get_fingerprint()
    known_hosts = tmp_path / "known_hosts"
    public = keys.other_host.export_public_key().decode()
    known_hosts.write_text(f"[127.0.0.1]:{server.port} {public}")
    accepting = server.config(host_key=None, host_key_policy=HostKeyPolicy.ACCEPT_NEW)

    errors = [
        await refused(mine(1), server.config(host_key=other)),
        await refused(mine(1), server.config(host_key=None, known_hosts=str(known_hosts))),
        await refused(mine(1), accepting, pins=FakePins(lab=other)),
    ]

    assert [error.reason for error in errors] == [Reason.HOST_KEY_CHANGED] * 3
    assert str(known_hosts) in errors[1].detail


async def test_f2_unknown_host_key(server: Sshd, tmp_path: Path) -> None:
    """Threat F2: with no word about the key, no connection; ~/.ssh does not count."""
    empty = tmp_path / "known_hosts"
    empty.write_text("")

    errors = [
        await refused(mine(1), server.config(host_key=None)),
        await refused(mine(1), server.config(host_key=None, known_hosts=str(empty))),
        await refused(mine(1), server.config(host_key=None, known_hosts=str(tmp_path / "gone"))),
    ]

    assert [error.reason for error in errors] == [Reason.HOST_KEY_UNKNOWN] * 3


async def test_jump(server: Sshd, keys: Keys, notebook: FakeNotebook, tmp_path: Path) -> None:
    """A remote behind a remote."""
    async with sshd(tmp_path / "inner", keys) as inner:
        bastion = server.config(login=login())
        target = inner.config(name=RemoteName("inner"), jump=LAB)

        await reached(mine(notebook.port, remote=target.name), bastion, target)


async def test_socket(server: Sshd, tmp_path: Path) -> None:
    """A notebook at a Unix socket."""
    path = tmp_path / "jupyter.sock"
    async with FakeNotebook(socket=path):
        await reached(mine(None, socket=str(path)), server.config())

    error = await refused(mine(None, socket=str(tmp_path / "gone")), server.config())
    assert isinstance(error, NotebookStopped)
    assert "any PermitOpen, or permitopen= beside the key, closes every socket" in error.detail


@pytest.mark.parametrize(
    "option", ["AllowTcpForwarding no", "PermitOpen 127.0.0.1:9", "DisableForwarding yes"]
)
async def test_forwarding_forbidden(
    keys: Keys, notebook: FakeNotebook, tmp_path: Path, option: str
) -> None:
    """Fault 22: each way to forbid it is told from a notebook that isn't running."""
    async with sshd(tmp_path / "sshd", keys, option) as server:
        error = await refused(mine(notebook.port), server.config())

    assert isinstance(error, ForwardingRefused)


async def test_no_session_is_needed(keys: Keys, notebook: FakeNotebook, tmp_path: Path) -> None:
    """Fault 23: with MaxSessions 0 there is no SFTP, and everything else works."""
    async with sshd(tmp_path / "sshd", keys, "MaxSessions 0") as server:
        await reached(mine(notebook.port), server.config())


async def test_nothing_listens(server: Sshd) -> None:
    """OpenSSH's word for a refused connection."""
    assert isinstance(await refused(mine(1), server.config()), NotebookStopped)


async def test_token_by_sftp(keys: Keys, notebook: FakeNotebook, tmp_path: Path) -> None:
    """With OpenSSH's SFTP subsystem, the token comes from Jupyter's own file."""
    requires.file(SFTP_SERVER, package="openssh-sftp-server")
    home = tmp_path / "home"
    notebook.write_runtime_file(home, pid=1, token="stale")
    notebook.write_runtime_file(home, pid=2)
    subsystem = f"Subsystem sftp {SFTP_SERVER} -d {home}"
    async with (
        sshd(tmp_path / "sshd", keys, subsystem) as server,
        running(inventory(mine(notebook.port), remotes=(server.config(),))) as tunnels,
    ):
        upstream = await tunnels.upstream(ALICE, within_seconds=10)

    assert (upstream.token, upstream.token_origin) == ("t0ken", TokenOrigin.RUNTIME_FILE)


async def test_many_notebooks_of_one_login(keys: Keys, tmp_path: Path) -> None:
    """Sshd allows ten sessions on a connection (MaxSessions): each of two dozen notebooks gets its own token."""
    requires.file(SFTP_SERVER, package="openssh-sftp-server")
    subsystem = f"Subsystem sftp {SFTP_SERVER} -d {tmp_path / 'home'}"
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(sshd(tmp_path / "sshd", keys, subsystem))
        tokens, notebooks = {}, []
        for number in range(24):
            name = NotebookName(f"n{number}")
            fake = await stack.enter_async_context(FakeNotebook(token=f"token{number}"))
            fake.write_runtime_file(tmp_path / "home", pid=number)
            tokens[name] = fake.token
            notebooks.append(mine(fake.port, name=name))

        async with running(inventory(*notebooks, remotes=(server.config(),))) as tunnels:
            found = {name: await tunnels.upstream(name, within_seconds=10) for name in tokens}

    assert {name: upstream.token for name, upstream in found.items()} == tokens


async def test_no_sftp(server: Sshd, notebook: FakeNotebook, tmp_path: Path) -> None:
    """Without the subsystem: the administrator's file, or else Jupyter's own page."""
    token_file = tmp_path / "token"
    token_file.write_text("t0ken\n")
    for options, origin in [
        ({"token_file": str(token_file)}, TokenOrigin.TOKEN_FILE),
        ({}, TokenOrigin.PASSTHROUGH),
    ]:
        wanted = inventory(mine(notebook.port, **options), remotes=(server.config(),))
        async with running(wanted) as tunnels:
            upstream = await tunnels.upstream(ALICE, within_seconds=10)

        assert upstream.token_origin is origin


async def test_ten_channels(server: Sshd, notebook: FakeNotebook) -> None:
    """Ten streams at a time through one connection, though MaxSessions is ten and MaxStartups too."""
    wanted = inventory(mine(notebook.port), remotes=(server.config(),))
    async with running(wanted) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(10):
                tasks.create_task(answered(tunnels))


async def test_f3_modern_algorithms(server: Sshd, notebook: FakeNotebook) -> None:
    """Threat F3: what is agreed on is of our lists."""
    wanted = inventory(mine(notebook.port), remotes=(server.config(),))
    async with running(wanted) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        listener = Listener()
        transport = await tunnels.open_channel(ALICE, lambda: listener)

        assert transport.get_extra_info("send_cipher") == algorithms.CIPHERS[0]
        assert transport.get_extra_info("recv_cipher") == algorithms.CIPHERS[0]
        assert transport.get_extra_info("send_compression") == "none"
        transport.abort()


async def test_comes_back_with_sshd(server: Sshd, notebook: FakeNotebook) -> None:
    """Fault 2: a dead listener harms no live connection; a dead session is dialed anew."""
    wanted = inventory(mine(notebook.port), remotes=(server.config(),))
    async with running(wanted) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        server.stop()
        await answered(tunnels)
        listener = Listener()
        transport = await tunnels.open_channel(ALICE, lambda: listener)

        ssh = transport.get_extra_info("connection")
        assert isinstance(ssh, asyncssh.SSHClientConnection)
        ssh.abort()
        await until_state(tunnels, NotebookState.RECONNECTING)
        server.start()

        await until_state(tunnels, NotebookState.READY)
        await answered(tunnels)


def authorize(server: Sshd, key: Path) -> None:
    with (server.folder / "authorized_keys").open("a") as file:
        file.write(Path(f"{key}.pub").read_text())


def trust(server: Sshd, authority: Path) -> None:
    line = f"cert-authority {Path(f'{authority}.pub').read_text()}"
    (server.folder / "authorized_keys").write_text(line)


@asynccontextmanager
async def ssh_agent(folder: Path) -> AsyncIterator[Path]:
    """Run an ssh-agent; yield its socket."""
    program = requires.program("ssh-agent", package="openssh-client")
    path = folder / "agent.sock"
    process = await asyncio.create_subprocess_exec(
        program, "-D", "-a", str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield path
    finally:
        process.terminate()
        await process.communicate()


def ssh_add(agent: Path, key: str) -> None:
    program = requires.program("ssh-add", package="openssh-client")
    subprocess.run([program, "-q", key], check=True, env={"SSH_AUTH_SOCK": str(agent)})
