"""gateway.tunnels.lookout and files: what a login can see of who listens, and what it takes to see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.core.listener import Verdict
from gateway.errors import UpstreamTimedOut
from gateway.tunnels import files
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.windows import Windows
from tests.tunnels.fakes import FakePins, Keys, alices
from tests.tunnels.proc import Proc
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio

PORT = 7001
NOTEBOOK = alices(PORT)
IP = "127.0.0.1"


@pytest.fixture
def proc(remote: FakeRemote) -> Proc:
    """The tables of a remote at which nobody listens."""
    assert remote.home is not None
    return Proc(remote.home)


@pytest.fixture
async def connection(keys: Keys, remote: FakeRemote) -> AsyncIterator[Connection]:
    """A connection of alice's."""
    async with AsyncExitStack() as stack:
        yield await connected(stack, keys, remote)


async def connected(stack: AsyncExitStack, keys: Keys, remote: FakeRemote) -> Connection:
    dialer = Dialer(pins=FakePins(), windows=Windows())
    way = Way(remote.config(keys), NOTEBOOK.login)
    return await stack.enter_async_context(await dialer.dial(way, None))


async def test_own(connection: Connection, proc: Proc) -> None:
    """The listener's uid is that of the login's own process."""
    proc.listen(PORT, proc.uid)

    assert (await connection.lookout.look(NOTEBOOK, IP)).verdict is Verdict.OWN


async def test_foreign(connection: Connection, proc: Proc) -> None:
    """Somebody else's, with both uids in the sentence for the administrator."""
    proc.listen(PORT, proc.uid + 1)

    sighting = await connection.lookout.look(NOTEBOOK, IP)

    assert sighting.verdict is Verdict.FOREIGN
    assert f"held by uid {proc.uid + 1}, not by alice (uid {proc.uid})" in sighting.detail


async def test_nobody(connection: Connection, proc: Proc) -> None:
    """What listens elsewhere does not count; it is read anew each time."""
    proc.listen(PORT + 1, proc.uid)
    assert (await connection.lookout.look(NOTEBOOK, IP)).verdict is Verdict.NOBODY

    proc.listen(PORT, proc.uid)

    assert (await connection.lookout.look(NOTEBOOK, IP)).verdict is Verdict.OWN


@pytest.mark.parametrize(
    ("listener", "uid", "verdict"),
    [
        ("1002", 1002, Verdict.OWN),
        ("1002", 1003, Verdict.FOREIGN),
        ("bob", 1002, Verdict.OWN),
        ("bob", 1003, Verdict.FOREIGN),
        ("root", 0, Verdict.OWN),
        ("nobody-knows", 1002, Verdict.UNSURE),
        ("any", 1003, Verdict.UNCHECKED),
    ],
)
async def test_whom_to_expect(
    connection: Connection, proc: Proc, listener: str, uid: int, verdict: Verdict
) -> None:
    """A uid, a name of /etc/passwd, or anybody."""
    proc.listen(PORT, uid)
    proc.write("etc/passwd", "root:x:0:0::/:/bin/sh\nbob:x:1002:1002::/home/bob:/bin/sh\n")

    sighting = await connection.lookout.look(alices(PORT, listener=listener), IP)

    assert sighting.verdict is verdict


async def test_no_sftp(keys: Keys) -> None:
    """Who may not use SFTP sees nothing, and is not asked to again at once."""
    async with FakeRemote(keys) as remote, AsyncExitStack() as stack:
        connection = await connected(stack, keys, remote)
        sightings = [await connection.lookout.look(NOTEBOOK, IP) for _ in range(3)]

    assert {sighting.verdict for sighting in sightings} == {Verdict.UNSEEN}
    assert "port 7001 of lab: alice: there is no SFTP" in sightings[0].detail


async def test_sftp_that_does_not_begin(
    keys: Keys, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key's command that just sleeps holds nobody up for long."""
    monkeypatch.setattr(files, "START_SECONDS", 0.0)
    async with AsyncExitStack() as stack:
        connection = await connected(stack, keys, remote)
        sighting = await connection.lookout.look(NOTEBOOK, IP)

    assert sighting.verdict is Verdict.UNSEEN
    assert "SFTP did not begin" in sighting.detail


async def test_no_linux(connection: Connection) -> None:
    """Without /proc there is nothing to see."""
    sighting = await connection.lookout.look(NOTEBOOK, IP)

    assert sighting.verdict is Verdict.UNSEEN
    assert "alice can't read /proc/net/tcp there" in sighting.detail


async def test_a_look_that_fails_is_no_answer(connection: Connection, proc: Proc) -> None:
    """Where the login may look and the look fails, nothing is taken for seen, nor for unseen."""
    proc.listen(PORT, proc.uid)
    proc.tables["tcp"].unlink()
    proc.tables["tcp"].mkdir()

    with pytest.raises(UpstreamTimedOut, match=r"lab does not say who listens at port 7001"):
        await connection.lookout.look(NOTEBOOK, IP)


async def test_a_table_without_end(
    connection: Connection, proc: Proc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes the table longer than we read has not made us believe anything."""
    monkeypatch.setattr(files, "LARGEST_TABLE", 50_000)
    for port in range(10_000, 10_600):
        proc.listen(port, 1002)

    assert (await connection.lookout.look(NOTEBOOK, IP)).verdict is Verdict.UNSURE


async def test_a_long_table_is_read_whole(connection: Connection, proc: Proc) -> None:
    """The last of many rows counts; the second time all pieces are asked for at once."""
    for port in range(10_000, 10_600):
        proc.listen(port, 1002)
    proc.listen(PORT, proc.uid)

    sightings = [await connection.lookout.look(NOTEBOOK, IP) for _ in range(2)]

    assert [sighting.verdict for sighting in sightings] == [Verdict.OWN] * 2


async def test_a_table_that_shrinks_and_grows(connection: Connection, proc: Proc) -> None:
    """What is remembered of a table's length is only a guess."""
    for count in (700, 1, 700, 300, 700):
        proc.clear()
        for port in range(10_000, 10_000 + count):
            proc.listen(port, 1002)
        proc.listen(PORT, proc.uid)

        assert (await connection.lookout.look(NOTEBOOK, IP)).verdict is Verdict.OWN


async def test_one_session_for_all_looks(
    connection: Connection, remote: FakeRemote, proc: Proc
) -> None:
    """A session is a process on the remote; a look is not."""
    proc.listen(PORT, proc.uid)

    for _ in range(5):
        await connection.lookout.look(NOTEBOOK, IP)

    assert remote.sftp_sessions == 1


async def test_a_session_that_ended_is_begun_again(
    connection: Connection, remote: FakeRemote, proc: Proc
) -> None:
    """The remote may end it whenever it likes."""
    proc.listen(PORT, proc.uid)
    await connection.lookout.look(NOTEBOOK, IP)

    remote.end_sftp()

    assert (await connection.lookout.look(NOTEBOOK, IP)).verdict is Verdict.OWN
    assert remote.sftp_sessions == 2


async def test_looks_at_the_same_time_are_shared(
    connection: Connection, remote: FakeRemote, proc: Proc
) -> None:
    """A hundred channels that open together cost two readings: one under way may be too old for most."""
    proc.listen(PORT, proc.uid)
    await connection.lookout.look(NOTEBOOK, IP)
    before = remote.sftp_reads

    async with asyncio.TaskGroup() as tasks:
        looks = [tasks.create_task(connection.lookout.look(NOTEBOOK, IP)) for _ in range(100)]

    one_look = 1  # the row is in the first piece
    assert {look.result().verdict for look in looks} == {Verdict.OWN}
    assert remote.sftp_reads - before <= 2 * one_look


async def test_who_gives_up_leaves_the_others_their_answer(
    connection: Connection, proc: Proc
) -> None:
    """The one that reads for all may be cancelled."""
    proc.listen(PORT, proc.uid)
    await connection.lookout.look(NOTEBOOK, IP)

    async with asyncio.TaskGroup() as tasks:
        first, second, third = (
            tasks.create_task(connection.lookout.look(NOTEBOOK, IP)) for _ in range(3)
        )
        await asyncio.sleep(0)
        first.cancel()

    assert first.cancelled()
    assert [task.result().verdict for task in (second, third)] == [Verdict.OWN] * 2


@pytest.mark.parametrize(
    ("mode", "folder_mode", "verdict"),
    [(0o600, 0o700, Verdict.OWN), (0o666, 0o700, Verdict.OWN), (0o660, 0o755, Verdict.UNSURE)],
)
async def test_socket(
    connection: Connection, proc: Proc, mode: int, folder_mode: int, verdict: Verdict
) -> None:
    """A socket's file and its folder, as SFTP shows them."""
    path = await proc.socket("run/j.sock", mode=mode, folder_mode=folder_mode)

    sighting = await connection.lookout.look(alices(None, socket=path), IP)

    assert sighting.verdict is verdict


async def test_socket_of_another(connection: Connection, proc: Proc) -> None:
    """Expected to be bob's, and is ours."""
    path = await proc.socket("run/j.sock")

    sighting = await connection.lookout.look(alices(None, socket=path, listener="1002"), IP)

    assert sighting.verdict is Verdict.FOREIGN


async def test_no_socket_yet(connection: Connection, proc: Proc) -> None:
    """A folder that waits for it, and one that isn't there: nobody listens."""
    (proc.home / "run").mkdir()

    for path in ("/run/j.sock", "/gone/j.sock"):
        sighting = await connection.lookout.look(alices(None, socket=path), IP)
        assert sighting.verdict is Verdict.NOBODY


async def test_socket_outside_of_what_sftp_shows(
    connection: Connection, remote: FakeRemote
) -> None:
    """Where SFTP is shut up in a folder, its word about others is none."""
    sighting = await connection.lookout.look(alices(None, socket="/gone/j.sock"), IP)

    assert sighting.verdict is Verdict.UNSEEN
    assert isinstance(remote.home, Path)
