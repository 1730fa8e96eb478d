"""gateway.tunnels.approach: what another account's process gets at a notebook's place, which is nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.core.inventory import Notebook, Scheme, TokenSource
from gateway.core.listener import Verdict
from gateway.core.status import NotebookState
from gateway.errors import ListenerChanged, ListenerRefused, Reason, UpstreamError
from gateway.tunnels.tunnels import Tunnels
from tests.tunnels.fakes import ALICE, FakeTime, Keys, Listener, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.proc import Proc
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, until, until_state

pytestmark = pytest.mark.anyio


@pytest.fixture
def proc(remote: FakeRemote, notebook: FakeNotebook) -> Proc:
    """A remote at which the login itself listens at the notebook's port."""
    proc = Proc(remote.home or Path())
    proc.listen(notebook.port, proc.uid)
    return proc


async def refusal(tunnels: Tunnels) -> UpstreamError:
    """Return why a visitor is not let through."""
    with pytest.raises(UpstreamError) as raised:
        await tunnels.upstream(ALICE, within_seconds=10)
    return raised.value


async def test_own(keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc) -> None:
    """All is as it should be: the token is used, and bytes go both ways."""
    notebook.write_runtime_file(proc.home)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        upstream = await tunnels.upstream(ALICE, within_seconds=10)
        listener = Listener()
        transport = await tunnels.open_channel(ALICE, lambda: listener)
        transport.write(b"GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert await listener.lost is None

    assert (upstream.token, upstream.listener) == ("t0ken", Verdict.OWN)
    assert listener.got.startswith(b"HTTP/1.1 200")
    assert listener.told == ["made", "eof", "lost"]


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_f7_a_squatter_is_not_even_connected_to(
    keys: Keys,
    remote: FakeRemote,
    notebook: FakeNotebook,
    proc: Proc,
    caplog: pytest.LogCaptureFixture,
    scheme: Scheme,
) -> None:
    """Threat F7: bob was there first, and speaks perfect Jupyter; said once in the log, however often it is tried."""
    notebook.write_runtime_file(proc.home)
    proc.held_by(notebook.port, proc.uid + 1)
    token_file = proc.home / "token"
    token_file.write_text("t0ken")
    mine = alices(notebook.port, scheme=scheme, token_file=str(token_file))
    with caplog.at_level(logging.WARNING):
        async with running(inventory(mine, remotes=(remote.config(keys),))) as tunnels:
            error = await refusal(tunnels)
            tunnels.suspect(ALICE)
            assert await refusal(tunnels) is not error

    assert isinstance(error, ListenerRefused)
    assert error.reason is Reason.FOREIGN_LISTENER
    assert f"port {notebook.port} of lab is held by uid {proc.uid + 1}" in error.detail
    assert notebook.connections == 0
    assert [record.getMessage() for record in caplog.records] == [
        f"notebook alice: now refused: {error.detail}"
    ]


async def test_a_squatter_who_leaves(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc
) -> None:
    """The route opens by itself, soon after the login's own notebook is there again."""
    proc.held_by(notebook.port, proc.uid + 1)
    time = FakeTime()
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted, **time.injected) as tunnels:
        await until_state(tunnels, NotebookState.REFUSED)
        proc.held_by(notebook.port, proc.uid)

        wait = await time.asleep()
        time.pass_by(wait)

        await until_state(tunnels, NotebookState.READY)
    assert wait <= 2


async def swapped(remote: FakeRemote, tunnels: Tunnels, swap: Callable[[], None]) -> Listener:
    """Open a channel, and ``swap`` who listens while the remote opens it."""
    remote.answers_opens.clear()
    remote.opening.clear()
    listener = Listener()
    opening = asyncio.create_task(tunnels.open_channel(ALICE, lambda: listener))
    await remote.opening.wait()
    swap()
    remote.answers_opens.set()
    with pytest.raises(ListenerChanged, match="another process listens at port"):
        await opening
    return listener


async def test_taken_over_while_a_channel_opens(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc
) -> None:
    """The last moment there is: bob has the connection, and gets no byte of what was to go through it."""
    notebook.write_runtime_file(proc.home)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        asked = len(notebook.asked)

        listener = await swapped(remote, tunnels, lambda: proc.held_by(notebook.port, proc.uid + 1))

        status = await until_state(tunnels, NotebookState.REFUSED)
        assert status.reason is Reason.FOREIGN_LISTENER
    assert listener.told == []
    assert len(notebook.asked) == asked


async def test_taken_over_and_given_back_while_a_channel_opens(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc
) -> None:
    """Though the port is the login's again when we look, the channel may lead to bob: the listener is another."""
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        asked = len(notebook.asked)

        listener = await swapped(remote, tunnels, lambda: proc.held_by(notebook.port, proc.uid))

        assert listener.told == []
        await probed(tunnels)
        assert len(notebook.asked) > asked
        assert (await tunnels.upstream(ALICE, within_seconds=10)).listener is Verdict.OWN


async def test_started_again(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc
) -> None:
    """The token of its last life is not tried on a new listener."""
    notebook.write_runtime_file(proc.home, pid=1)
    time = FakeTime()
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted, **time.injected) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        proc.held_by(notebook.port, proc.uid)
        notebook.token = "new"
        notebook.write_runtime_file(proc.home, pid=2)
        asked = len(notebook.asked)

        time.pass_by(await time.asleep())

        await until(
            tunnels, lambda: (found := tunnels.upstream_nowait(ALICE)) and found.token == "new"
        )
    assert {token for _, _, token in notebook.asked[asked:]} == {None, "token new"}


async def test_an_idle_notebook_that_was_taken_over(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc
) -> None:
    """The first visitor after a while makes us look; bob does not even see a connection."""
    notebook.write_runtime_file(proc.home)
    time = FakeTime()
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted, **time.injected) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        connections = notebook.connections
        proc.held_by(notebook.port, proc.uid + 1)
        time.now += 3

        error = await refusal(tunnels)

    assert error.reason is Reason.FOREIGN_LISTENER
    assert notebook.connections == connections


async def test_a_port_that_answers_for_nobody(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc
) -> None:
    """No process listens and still something answers: nothing vouches for it."""
    proc.clear()
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        error = await refusal(tunnels)

    assert error.reason is Reason.UNSURE_LISTENER
    assert "notebooks.alice.listener: any" in error.detail
    assert notebook.asked == []


async def test_anybody(keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc) -> None:
    """The administrator may say that whoever listens is right."""
    proc.clear()
    mine = alices(notebook.port, listener="any")
    async with running(inventory(mine, remotes=(remote.config(keys),))) as tunnels:
        upstream = await tunnels.upstream(ALICE, within_seconds=10)

    assert upstream.listener is Verdict.UNCHECKED
    assert remote.sftp_reads == 0


@pytest.mark.parametrize(
    ("options", "state"),
    [
        ({}, NotebookState.READY),
        ({"token": TokenSource.NONE}, NotebookState.READY),
        ({"listener": "alice"}, NotebookState.REFUSED),
    ],
)
async def test_where_nobody_may_look(
    keys: Keys,
    notebook: FakeNotebook,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, object],
    state: NotebookState,
) -> None:
    """A key without SFTP is enough, and the log says once what that means; unless somebody is named."""
    mine: Notebook = alices(notebook.port, **options)
    time = FakeTime()
    async with FakeRemote(keys) as remote:
        wanted = inventory(mine, remotes=(remote.config(keys),))
        with caplog.at_level(logging.WARNING):
            async with running(wanted, **time.injected) as tunnels:
                status = await until_state(tunnels, state)
                for _ in range(2):
                    time.pass_by(1)
                    tunnels.suspect(ALICE)
                    await probed(tunnels)

    (line,) = (record.getMessage() for record in caplog.records)
    assert (
        f"it can't be seen who listens at port {notebook.port} of lab: alice: there is no" in line
    )
    if state is NotebookState.REFUSED:
        assert status.reason is Reason.UNSURE_LISTENER
        assert notebook.connections == 0


async def probed(tunnels: Tunnels) -> None:
    """Return when the next probe is over."""
    wait: Callable[[], Awaitable[None]] = tunnels._probers[ALICE]._looked.wait  # noqa: SLF001  nothing changes that could be waited for
    await wait()


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"A" * 100_000])
async def test_what_speaks_first_is_heard_after_the_look(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, proc: Proc, greeting: bytes
) -> None:
    """What comes while we look is neither lost nor taken for something else."""
    notebook.greeting = greeting
    assert proc.uid >= 0
    mine = alices(notebook.port, scheme=Scheme.HTTP)
    async with running(inventory(mine, remotes=(remote.config(keys),))) as tunnels:
        error = await refusal(tunnels)

    assert error.reason is Reason.NOT_HTTP
