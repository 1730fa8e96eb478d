"""gateway.tunnels.overhearing: what a server says while we log in, and that asyncssh hears it all the same."""

from pathlib import Path

import asyncssh
import pytest

from gateway.tunnels.overhearing import overhear
from gateway.tunnels.versions import shims_fit
from tests.tunnels.fakes import Keys
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio


class Ear(asyncssh.SSHClient):
    """Writes down what it hears, in its order."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        known = overhear(
            conn,
            greeted=lambda: self.heard.append("greeted"),
            keyed=lambda: self.heard.append("keyed"),
            offered=self.heard.append,
        )
        assert known


async def test_what_is_heard(keys: Keys, remote: FakeRemote, tmp_path: Path) -> None:
    """The greeting, the proof of the host key, the methods offered; and the log-in goes on as ever."""
    ear = Ear()

    async with asyncssh.connect(
        "127.0.0.1",
        remote.port,
        username="alice",
        client_keys=[keys.member],
        known_hosts=None,
        config=None,
        client_factory=lambda: ear,
    ):
        assert shims_fit()

    assert ear.heard == ["greeted", "keyed", ("publickey",)]


async def test_refused_log_in_is_heard_too(keys: Keys, remote: FakeRemote) -> None:
    """What is offered is told at each refusal."""
    ear = Ear()

    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(
            "127.0.0.1",
            remote.port,
            username="alice",
            client_keys=[keys.stranger],
            known_hosts=None,
            config=None,
            client_factory=lambda: ear,
        )

    assert ear.heard[2:] == [("publickey",), ("publickey",)]
