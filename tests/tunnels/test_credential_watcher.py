"""gateway.tunnels.credential_watcher: the end of a credential is shown, said in time, and followed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.core.inventory import Remote
from gateway.core.names import LoginName
from gateway.core.status import CredentialStatus
from gateway.errors import Reason, RemoteRejected
from gateway.tunnels.credential_watcher import CredentialWatcher
from gateway.tunnels.dialing import Way
from gateway.tunnels.gate import Gate
from gateway.tunnels.keeper import Keeper
from tests.tunnels.fakes import LAB, FakeTime

pytestmark = pytest.mark.anyio

HOUR = 3600.0
CERTIFICATE = CredentialStatus("certificate", "alice", starts_at=0.0, expires_at=10 * HOUR)


class FakeFile:
    """What is looked at; counts the looks."""

    def __init__(self, *seen: CredentialStatus | RemoteRejected) -> None:
        self.seen = list(seen)
        self.looks = 0

    async def look(self, remote: Remote, login: LoginName) -> CredentialStatus:
        self.looks += 1
        found = self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]
        if isinstance(found, RemoteRejected):
            raise found
        return found


@asynccontextmanager
async def looking(file: FakeFile, time: FakeTime) -> AsyncIterator[CredentialWatcher]:
    gate = Gate(clock=time.clock, sleep=time.sleep)
    keeper = Keeper(
        Way(Remote(LAB, "lab"), LoginName("alice")), dialer=None, gate=gate, time=time.time
    )
    changed = asyncio.Event()
    watcher = CredentialWatcher(keeper, file.look, time=time.time, on_change=changed.set)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(watcher.run())
        await changed.wait()
        yield watcher
        task.cancel()


async def test_shows_what_it_sees(time: FakeTime) -> None:
    async with looking(FakeFile(CERTIFICATE), time) as watcher:
        assert watcher.looked
        assert watcher.keeper.status.credential == CERTIFICATE


async def test_says_each_threshold_once(time: FakeTime, caplog: pytest.LogCaptureFixture) -> None:
    """Two warnings and an error; a renewed one is told, and counts anew."""
    caplog.set_level(logging.INFO, "gateway.tunnels.credential_watcher")
    file = FakeFile(CERTIFICATE)
    async with looking(file, time):
        for now in (7.9, 8.1, 8.2, 9.6, 9.7, 10.1, 10.2):
            await look_at(time, now * HOUR)
        said = [(record.levelname, record.message.partition(": ")[2]) for record in caplog.records]
        file.seen = [CredentialStatus("certificate", "alice", 10 * HOUR, 20 * HOUR)]
        await look_at(time, 11 * HOUR)

    assert said == [
        ("WARNING", "its certificate alice, ends in 114 min; renew it"),
        ("WARNING", "its certificate alice, ends in 24 min; renew it"),
        ("ERROR", "its certificate alice, ended 6 min ago; renew it"),
    ]
    assert caplog.records[-1].message.endswith("ends in 9 h; it was renewed")


async def test_a_tickets_life_is_reckoned_from_first_sight(time: FakeTime) -> None:
    """The library tells whole seconds of what is left, and nothing of the beginning."""
    end = time.now + 10 * HOUR
    file = FakeFile(
        *(CredentialStatus("Kerberos ticket", "a@B", None, end + i) for i in (0, 1, 60))
    )
    async with looking(file, time) as watcher:
        first = watcher.keeper.status.credential
        await look_at(time, time.now + 60)
        assert watcher.keeper.status.credential == first
        await look_at(time, time.now + 60)
        renewed = watcher.keeper.status.credential

    assert first == CredentialStatus("Kerberos ticket", "a@B", 1000.0, end)
    assert renewed == CredentialStatus("Kerberos ticket", "a@B", 1120.0, end + 60)


async def test_what_can_not_be_seen_is_looked_for_again(time: FakeTime) -> None:
    """What was shown stays; whoever dials says what is wrong."""
    gone = RemoteRejected(Reason.IDENTITY_UNUSABLE, "gone")
    file = FakeFile(gone, CERTIFICATE, gone)
    async with looking(file, time) as watcher:
        assert watcher.keeper.status.credential is None
        await look_at(time, time.now + 60)
        await look_at(time, time.now + 60)

        assert watcher.keeper.status.credential == CERTIFICATE


async def test_a_plain_key_is_not_read_every_minute(time: FakeTime) -> None:
    """Decrypting it takes its time on purpose."""
    file = FakeFile(CredentialStatus("key", "SHA256:x"))
    async with looking(file, time):
        await asyncio.sleep(0)

        assert time.waits == []
    assert file.looks == 1


async def look_at(time: FakeTime, moment: float) -> None:
    """Let the next look be at ``moment``."""
    await time.asleep()
    time.pass_by(moment - time.now)
    await time.asleep()
