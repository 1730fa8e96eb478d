"""gateway.tunnels.dialing, identities, known_hosts and translate: how dialing fails, and what is said."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from gateway.core.inventory import HostKeyPolicy, Remote
from gateway.core.names import LoginName, RemoteName
from gateway.core.ssh_credential import Credential, Kerberos, KeyFile
from gateway.errors import Reason, RemoteError, RemoteRejected, RemoteUnreachable, StoreUnavailable
from gateway.tunnels.dialing import Dialer, Pins, Way
from gateway.tunnels.translate import remote_error
from gateway.tunnels.windows import Windows
from tests.tunnels.fakes import LAB, FakePins, Keys
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio

ALICE = LoginName("alice")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def failed(remote: Remote, pins: Pins | None = None) -> RemoteError:
    """Dial in vain; return why."""
    dialer = Dialer(pins=pins or FakePins(), windows=Windows())
    with pytest.raises(RemoteError) as raised:
        await dialer.dial(Way(remote, ALICE), None)
    return raised.value


@asynccontextmanager
async def impostor(keys: Keys, serve: Serve) -> AsyncIterator[Remote]:
    """Run what is no SSH server; yield how to reach it."""

    async def serve_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve_and_close, "127.0.0.1", 0)
    async with server:
        port, key = server.sockets[0].getsockname()[1], KeyFile(keys.path("member"))
        yield Remote(LAB, "127.0.0.1", port, credential=key, host_key="SHA256:whatever")


async def test_web_server(keys: Keys) -> None:
    """Something answers, and it is no SSH."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2000)
        await writer.drain()

    async with impostor(keys, answer) as remote:
        error = await failed(remote)

    assert isinstance(error, RemoteUnreachable)
    assert error.reason in {Reason.NOT_SSH, Reason.BUSY}


async def test_remote_that_greets_and_hangs_up_is_met_once(keys: Keys) -> None:
    """Fault 38: it has no process for us, which is not for want of a kind of host key; each meeting is fined."""
    met: list[bytes] = []

    async def greet_and_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_10.0p2\r\n")
        met.append(await reader.readline())

    async with impostor(keys, greet_and_hang_up) as remote:
        error = await failed(remote)

    assert error.reason is Reason.BUSY
    assert len(met) == 1


async def test_busy(keys: Keys) -> None:
    """Fault 24: a remote that hangs up before the log-in has no room, or punishes us."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with impostor(keys, hang_up) as remote:
        error = await failed(remote)

    assert error.reason is Reason.BUSY


async def test_black_hole(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 16: a remote that says nothing is given up in time."""
    monkeypatch.setattr("gateway.tunnels.dialing.LOG_IN_SECONDS", 0.1)

    async def ponder(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with impostor(keys, ponder) as remote:
        error = await failed(remote)

    assert isinstance(error, RemoteUnreachable)
    assert error.reason is Reason.TIMED_OUT


async def test_nobody_there(keys: Keys) -> None:
    """A refused connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    remote = Remote(LAB, "127.0.0.1", port, credential=KeyFile(keys.path("member")))

    error = await failed(remote)

    assert error.reason is Reason.UNREACHABLE
    assert f"port {port}" in error.detail


async def test_unknown_name(keys: Keys) -> None:
    """A name that does not resolve is named."""
    remote = Remote(LAB, "no-such-host.invalid", credential=KeyFile(keys.path("member")))

    error = await failed(remote)

    assert error.reason is Reason.NAME_NOT_FOUND
    assert "no-such-host.invalid" in error.detail


@pytest.mark.parametrize(
    ("credential", "said"),
    [
        (KeyFile("/nonexistent/key"), "/nonexistent/key"),
        (KeyFile("/etc/hostname"), "/etc/hostname"),
        (KeyFile("member", certificate="/nonexistent/cert"), "/nonexistent/cert"),
        (KeyFile("member", passphrase_file="/nonexistent/phrase"), "/nonexistent/phrase"),
        (Kerberos(), "gssapi"),
        (None, "set identity"),
    ],
)
async def test_unusable_identities(
    keys: Keys,
    remote: FakeRemote,
    credential: Credential | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What can't be used is named, and the remote is left alone."""
    monkeypatch.setitem(sys.modules, "gssapi", None)
    monkeypatch.chdir(keys.folder)

    error = await failed(remote.config(keys, credential=credential))

    assert isinstance(error, RemoteRejected)
    assert error.reason is Reason.IDENTITY_UNUSABLE
    assert said in error.detail
    assert remote.log_ins == []


async def test_foreign_certificate(keys: Keys, remote: FakeRemote, tmp_path: Path) -> None:
    """A certificate of another key would be ignored silently; so it is refused loudly."""
    authority = keys.stranger
    certificate = authority.generate_user_certificate(
        keys.stranger.convert_to_public(), "x", principals=["alice"]
    )
    path = tmp_path / "cert.pub"
    certificate.write_certificate(path)

    error = await failed(
        remote.config(keys, credential=KeyFile(keys.path("member"), certificate=str(path)))
    )

    assert error.reason is Reason.IDENTITY_UNUSABLE
    assert "not of the key" in error.detail


async def test_f4_nothing_at_home_counts(
    keys: Keys, remote: FakeRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threat F4: neither ~/.ssh nor the environment has a say, whatever they hold."""
    folder = tmp_path / ".ssh"
    folder.mkdir()
    (folder / "config").write_text("Host *\n  ProxyCommand touch /tmp/owned\n  User root\n")
    keys.member.write_private_key(folder / "id_ed25519")
    public = keys.host.export_public_key().decode()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{remote.port} {public}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))

    unknown = await failed(remote.config(keys, host_key=None))
    refused = await failed(remote.config(keys, credential=KeyFile(keys.path("stranger"))))

    assert unknown.reason is Reason.HOST_KEY_UNKNOWN
    assert refused.reason is Reason.LOGIN_REFUSED


async def test_f10_the_remote_may_open_nothing(keys: Keys, remote: FakeRemote) -> None:
    """Threat F10: channels that the remote wants to open to us are refused, and no more happens."""
    dialer = Dialer(pins=FakePins(), windows=Windows())
    async with await dialer.dial(Way(remote.config(keys), ALICE), None) as connection:
        server = remote.connections[0]

        for open_channel in (
            lambda: server.create_connection(asyncssh.SSHTCPSession, "127.0.0.1", 22),
            lambda: server.create_unix_connection(asyncssh.SSHUNIXSession, "/tmp/agent"),
            lambda: server.create_x11_channel().open(asyncssh.SSHTCPSession, "127.0.0.1", 1),
            lambda: server.create_agent_channel().open(asyncssh.SSHUNIXSession),
        ):
            with pytest.raises(asyncssh.ChannelOpenError):
                await open_channel()

        assert connection.alive


async def test_giving_up_through_a_jump_leaks_nothing(
    keys: Keys, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A jump that answers too late finds its channel closed again."""
    hung_up = asyncio.Event()

    async def note(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        hung_up.set()

    dialer = Dialer(pins=FakePins(), windows=Windows())
    async with (
        impostor(keys, note) as target,
        await dialer.dial(Way(remote.config(keys), ALICE), None) as jump,
    ):
        remote.answers_opens.clear()
        monkeypatch.setattr("gateway.tunnels.dialing.LOG_IN_SECONDS", 0.1)
        with pytest.raises(RemoteUnreachable) as raised:
            await dialer.dial(Way(target, ALICE), jump)

        remote.answers_opens.set()

        await hung_up.wait()
        assert jump.alive
    assert raised.value.reason is Reason.TIMED_OUT


async def test_a_forbidden_jump(keys: Keys, remote: FakeRemote) -> None:
    """A jump that does not forward needs a person; a target that isn't there does not."""
    dialer = Dialer(pins=FakePins(), windows=Windows())
    target = remote.config(keys, port=1, jump=LAB)
    async with await dialer.dial(Way(remote.config(keys), ALICE), None) as jump:
        with pytest.raises(RemoteUnreachable, match="can't be reached from lab"):
            await dialer.dial(Way(target, ALICE), jump)
        remote.forwards = False

        with pytest.raises(RemoteRejected) as raised:
            await dialer.dial(Way(target, ALICE), jump)

    assert raised.value.reason is Reason.FORWARDING_REFUSED


async def test_pin_that_can_not_be_kept(keys: Keys, remote: FakeRemote) -> None:
    """A first key that can't be remembered is not accepted; another try may help."""

    class Broken(FakePins):
        async def pin(self, remote: RemoteName, fingerprint: str) -> None:
            raise StoreUnavailable("disk full")

    config = remote.config(keys, host_key=None, host_key_policy=HostKeyPolicy.ACCEPT_NEW)

    error = await failed(config, Broken())

    assert isinstance(error, RemoteUnreachable)
    assert "disk full" in error.detail
    await remote.until_connected(0)


async def test_two_first_sights(keys: Keys, remote: FakeRemote) -> None:
    """Of two keys seen first at the same time, the second is not accepted."""

    class Raced(FakePins):
        looks = 0

        def pinned(self, remote: RemoteName) -> str | None:
            self.looks += 1
            return None if self.looks == 1 else "SHA256:another"

    config = remote.config(keys, host_key=None, host_key_policy=HostKeyPolicy.ACCEPT_NEW)

    error = await failed(config, Raced())

    assert error.reason is Reason.HOST_KEY_CHANGED


REMOTE = Remote(
    LAB, "lab.example.org", credential=KeyFile("/run/secrets/key"), known_hosts="/etc/kh"
)


@pytest.mark.parametrize(
    ("exc", "reason", "rejected"),
    [
        (asyncssh.PermissionDenied("no"), Reason.LOGIN_REFUSED, True),
        (asyncssh.ProtocolError("Too many authentication failures"), Reason.LOGIN_REFUSED, True),
        (asyncssh.ConnectionLost("Connection lost"), Reason.BUSY, False),
        (asyncssh.ServiceNotAvailable("later"), Reason.BUSY, False),
        (asyncssh.KeyExchangeFailed("No matching cipher"), Reason.NOT_SSH, False),
        (asyncssh.ProtocolNotSupported("SSH-1.5"), Reason.NOT_SSH, False),
        (asyncssh.MACError("bad"), Reason.NOT_SSH, False),
        (socket.gaierror(-2, "Name or service not known"), Reason.NAME_NOT_FOUND, False),
        (ConnectionRefusedError(111, "Connection refused"), Reason.UNREACHABLE, False),
        (TimeoutError(), Reason.TIMED_OUT, False),
        (asyncssh.ChannelOpenError(1, "prohibited"), Reason.FORWARDING_REFUSED, True),
        (asyncssh.ChannelOpenError(2, "refused"), Reason.UNREACHABLE, False),
    ],
)
def test_translation(*, exc: Exception, reason: Reason, rejected: bool) -> None:
    """Each foreign failure has its reason; only what a person must mend parks."""
    error = remote_error(exc, replace(REMOTE, jump=RemoteName("bastion")), ALICE)

    assert error.reason is reason
    assert isinstance(error, RemoteRejected) is rejected
    assert "lab" in error.detail


def test_a_reset_after_the_greeting_is_busy() -> None:
    """A connection reset in the middle of the log-in is not a missing remote."""
    error = remote_error(ConnectionResetError(104, "reset"), REMOTE, ALICE, greeted=True)

    assert error.reason is Reason.BUSY
