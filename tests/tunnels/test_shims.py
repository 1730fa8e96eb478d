"""The shims that reach into asyncssh: known to fit this version, and loudly not any other."""

import asyncio
import re
from pathlib import Path
from types import SimpleNamespace

import asyncssh
import pytest

from gateway.core.names import LoginName
from gateway.tunnels import algorithms
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.full_socket import watch_socket
from gateway.tunnels.joined_writes import join_writes
from gateway.tunnels.lean_arrivals import receive_lean
from gateway.tunnels.lean_packets import MSG_IGNORE, send_lean
from gateway.tunnels.pulse import ping, pulse
from gateway.tunnels.versions import shims_fit
from gateway.tunnels.windows import Windows
from tests.tunnels.fakes import FakePins, Keys, Listener, alices
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


def test_asyncssh_is_the_one_that_the_shims_know() -> None:
    """When this fails, read each shim's target in the new asyncssh, then raise ``SERIES``."""
    assert shims_fit(), f"asyncssh {asyncssh.__version__} is new to the shims"


def test_the_package_asks_for_that_asyncssh() -> None:
    """No other series may be installed beside this code."""
    wanted = re.search(r'"asyncssh>=([0-9.]+),<([0-9.]+)"', (ROOT / "pyproject.toml").read_text())

    assert wanted is not None
    assert wanted.groups() == ("2.24.1", "2.25")


@pytest.mark.parametrize(
    "name",
    [
        "send_packet",
        "_send",
        "_recv_pkthdr",
        "pause_writing",
        "resume_writing",
        "_make_global_request",
    ],
)
def test_what_is_replaced_is_there(name: str) -> None:
    """An asyncssh that renames these would make the shims do nothing, silently."""
    assert callable(getattr(asyncssh.SSHClientConnection, name))


async def test_an_unknown_asyncssh_is_left_alone(
    keys: Keys, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another version each shim says no, and the connection works as asyncssh made it."""
    monkeypatch.setattr(asyncssh, "__version__", "2.25.0")
    dialer = Dialer(pins=FakePins(), windows=Windows())

    async with await dialer.dial(Way(remote.config(keys), LoginName("alice")), None) as connection:
        ssh = connection.ssh
        assert not send_lean(ssh)
        assert not receive_lean(ssh)
        assert not join_writes(ssh)
        assert not watch_socket(ssh, _nothing, _nothing)
        assert pulse(ssh) == (0, 0)
        await ping(ssh)
        assert "send_packet" not in vars(ssh)
        assert "_send" not in vars(ssh)
        assert "_recv_pkthdr" not in vars(ssh)


async def test_no_packet_is_sent_for_nothing(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """With an AEAD cipher, no MSG_IGNORE; and what one turn of the loop writes is one write."""
    dialer = Dialer(pins=FakePins(), windows=Windows())
    async with await dialer.dial(Way(remote.config(keys), LoginName("alice")), None) as connection:
        received = _received_by(remote.connections[0])
        before = _packets_sent(connection)
        listener = Listener()

        channel = await connection.open(alices(notebook.port), lambda: listener)
        for _ in range(10):
            channel.write(b"GET")
        channel.close()
        await listener.lost
        await ping(connection.ssh)

        assert connection.ssh.get_extra_info("send_cipher") in algorithms.AEAD
        assert MSG_IGNORE not in received
        # open, ten pieces, close, ping
        assert _packets_sent(connection) - before == 13


class FakeSocket:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closing


async def test_writes_are_joined() -> None:
    """The packets of one turn reach the socket as one piece, those of the next as another."""
    socket = FakeSocket()
    connection = SimpleNamespace(_transport=socket, _send=None)
    assert join_writes(connection)  # type: ignore[arg-type]  # as much of one as the shim touches

    for turn in (b"one", b"two", b"three"):
        connection._send(turn)  # noqa: SLF001  what asyncssh calls
        connection._send(b"!")  # noqa: SLF001  the same
        await asyncio.sleep(0)
        socket.closing = turn == b"two"

    assert socket.written == [b"one!", b"two!"]


async def test_pulse_beats_when_something_arrives(keys: Keys, remote: FakeRemote) -> None:
    """An answer changes the pulse."""
    dialer = Dialer(pins=FakePins(), windows=Windows())
    async with await dialer.dial(Way(remote.config(keys), LoginName("alice")), None) as connection:
        before = pulse(connection.ssh)
        assert pulse(connection.ssh) == before

        await ping(connection.ssh)

        assert pulse(connection.ssh) != before


def _packets_sent(connection: Connection) -> int:
    return connection.ssh._send_seq  # noqa: SLF001  asyncssh counts for us


def _received_by(connection: asyncssh.SSHServerConnection) -> list[int]:
    """Return a list that grows by the type of each packet that the remote takes in."""
    types: list[int] = []
    plain = connection.log_received_packet

    def note(pkttype: int, *args: object) -> None:
        types.append(pkttype)
        plain(pkttype, *args)  # type: ignore[arg-type]  # passed on as it came

    connection.log_received_packet = note  # type: ignore[method-assign]  # of this one connection
    return types


def _nothing() -> None:
    """Do nothing."""
