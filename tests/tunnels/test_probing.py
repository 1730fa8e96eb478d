"""gateway.tunnels.probing, asking, runtime_files and prober: what a notebook turns out to be."""

import asyncio
from pathlib import Path

import pytest

from gateway.core.inventory import Scheme, TokenSource
from gateway.core.status import NotebookState
from gateway.core.upstream import Kind, TokenOrigin
from gateway.errors import NotebookStopped, Reason, UpstreamMalformed, UpstreamTimedOut
from gateway.tunnels.prober import GAP_SECONDS
from tests.tunnels.fakes import ALICE, FakeTime, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, until, until_state

pytestmark = pytest.mark.anyio


async def test_base_url(keys: Keys, remote: FakeRemote) -> None:
    """A Jupyter below /alice/ is found there, with version and token."""
    async with FakeNotebook(base_path="/alice/") as notebook:
        notebook.write_runtime_file(remote.home or Path())
        wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
        async with running(wanted) as tunnels:
            upstream = await tunnels.upstream(ALICE, within_seconds=10)

    assert upstream.base_path == b"/alice/"
    assert upstream.version == "2.21.1"
    assert upstream.token_origin is TokenOrigin.RUNTIME_FILE


async def test_socket(keys: Keys, remote: FakeRemote, tmp_path: Path) -> None:
    """A notebook at a Unix socket; its runtime file is known by the path."""
    path = tmp_path / "jupyter.sock"
    async with FakeNotebook(socket=path) as notebook:
        notebook.write_runtime_file(remote.home or Path())
        wanted = inventory(alices(None, socket=str(path)), remotes=(remote.config(keys),))
        async with running(wanted) as tunnels:
            upstream = await tunnels.upstream(ALICE, within_seconds=10)

    assert upstream.authority == b"localhost"
    assert upstream.token == "t0ken"


async def test_f7_not_jupyter(keys: Keys, remote: FakeRemote) -> None:
    """Threat F7: whatever else speaks HTTP there is passed through, and is never sent a token."""
    async with FakeNotebook(version=None) as other:
        other.write_runtime_file(remote.home or Path())
        wanted = inventory(alices(other.port), remotes=(remote.config(keys),))
        async with running(wanted) as tunnels:
            upstream = await tunnels.upstream(ALICE, within_seconds=10)

    assert (upstream.kind, upstream.token) == (Kind.OTHER, None)
    assert {authorization for _, _, authorization in other.asked} == {None}


async def test_the_host_is_localhost(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """A loopback-bound Jupyter refuses any other name."""
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)

    assert {host for _, host, _ in notebook.asked} == {f"localhost:{notebook.port}"}


@pytest.mark.parametrize(
    ("source", "file_says", "written", "expected"),
    [
        (TokenSource.AUTO, None, "t0ken", TokenOrigin.RUNTIME_FILE),
        (TokenSource.AUTO, "t0ken", "t0ken", TokenOrigin.RUNTIME_FILE),
        (TokenSource.AUTO, "t0ken", "stale", TokenOrigin.TOKEN_FILE),
        (TokenSource.AUTO, "t0ken", None, TokenOrigin.TOKEN_FILE),
        (TokenSource.AUTO, "wrong", "stale", TokenOrigin.PASSTHROUGH),
        (TokenSource.AUTO, None, "", TokenOrigin.PASSTHROUGH),
        (TokenSource.FILE, "t0ken", "t0ken", TokenOrigin.TOKEN_FILE),
        (TokenSource.FILE, "wrong", "t0ken", TokenOrigin.PASSTHROUGH),
        (TokenSource.NONE, "t0ken", "t0ken", TokenOrigin.NOT_NEEDED),
    ],
)
async def test_tokens(  # noqa: PLR0913, PLR0917  a table
    keys: Keys,
    remote: FakeRemote,
    notebook: FakeNotebook,
    tmp_path: Path,
    source: TokenSource,
    file_says: str | None,
    written: str | None,
    expected: TokenOrigin,
) -> None:
    """A token counts if the notebook takes it: Jupyter's own file first, then the administrator's."""
    token_file = tmp_path / "token"
    token_file.write_text(file_says or "")
    if written is not None:
        notebook.write_runtime_file(remote.home or Path(), token=written)
    path = None if file_says is None else str(token_file)
    mine = alices(notebook.port, token=source, token_file=path)

    async with running(inventory(mine, remotes=(remote.config(keys),))) as tunnels:
        upstream = await tunnels.upstream(ALICE, within_seconds=10)

    assert upstream.token_origin is expected
    known = {TokenOrigin.RUNTIME_FILE, TokenOrigin.TOKEN_FILE}
    assert upstream.token == ("t0ken" if expected in known else None)


async def test_no_sftp(keys: Keys, notebook: FakeNotebook) -> None:
    """Where the login may not use SFTP, Jupyter's own log-in page passes through."""
    async with FakeRemote(keys) as remote:
        wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
        async with running(wanted) as tunnels:
            upstream = await tunnels.upstream(ALICE, within_seconds=10)

    assert upstream.token_origin is TokenOrigin.PASSTHROUGH
    assert upstream.kind is Kind.JUPYTER


@pytest.mark.parametrize(
    "greeting",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"",
        b"A" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000,
    ],
)
async def test_no_http(keys: Keys, remote: FakeRemote, greeting: bytes) -> None:
    """What speaks neither HTTP nor TLS is told apart from a notebook that isn't running."""
    async with FakeNotebook() as other:
        other.greeting = greeting
        wanted = inventory(alices(other.port), remotes=(remote.config(keys),))
        async with running(wanted) as tunnels:
            with pytest.raises(UpstreamMalformed) as raised:
                await tunnels.upstream(ALICE, within_seconds=15)

    assert raised.value.reason is Reason.NOT_HTTP
    assert f"port {other.port} of lab" in raised.value.detail


async def test_silent(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 18: a notebook that hangs is unknown, says so, and is found when it goes on."""
    monkeypatch.setattr("gateway.tunnels.asking.ANSWER_SECONDS", 0.1)
    mine = alices(notebook.port, scheme=Scheme.HTTP)
    time = FakeTime()
    async with running(inventory(mine, remotes=(remote.config(keys),)), **time.injected) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        notebook.silent = True
        time.pass_by(1)

        tunnels.suspect(ALICE)

        status = await until_state(tunnels, NotebookState.UNKNOWN)
        assert status.reason is Reason.SILENT_NOTEBOOK
        with pytest.raises(UpstreamTimedOut):
            await tunnels.upstream(ALICE, within_seconds=0)
        notebook.silent = False
        time.pass_by(await time.asleep())
        await until_state(tunnels, NotebookState.READY)
        assert len(remote.log_ins) == 1


async def test_a_visit_makes_us_look(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """A notebook that stopped long ago is seldom asked, and at once when somebody wants it."""
    await notebook.stop()
    time = FakeTime()
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted, **time.injected) as tunnels:
        await until_state(tunnels, NotebookState.STOPPED)
        time.now += 86_400
        time.pass_by(0)
        assert await time.asleep(at_least=10) <= 15
        await notebook.start()
        time.pass_by(3)

        with pytest.raises(NotebookStopped):
            await tunnels.upstream(ALICE, within_seconds=0)

        await until_state(tunnels, NotebookState.READY)


async def test_a_restart_is_noticed_without_help(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """A light probe now and then finds that the token no longer counts, and looks for the new one."""
    home = remote.home or Path()
    notebook.write_runtime_file(home, pid=1)
    time = FakeTime()
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted, **time.injected) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        notebook.token = "new"
        notebook.write_runtime_file(home, pid=2)

        wait = await time.asleep()
        time.pass_by(wait)

        await until(
            tunnels, lambda: (found := tunnels.upstream_nowait(ALICE)) and found.token == "new"
        )
    assert 15 <= wait <= 20


async def test_a_light_probe_is_one_question(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """As long as all is as it was, a notebook is asked once each time."""
    notebook.write_runtime_file(remote.home or Path())
    time = FakeTime()
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted, **time.injected) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        wait = await time.asleep()
        asked = len(notebook.asked)

        for _ in range(3):
            time.pass_by(wait)
            await time.asleep()

        assert [target for target, _, _ in notebook.asked[asked:]] == ["/api/status"] * 3


async def test_suspicions_are_rate_limited(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """However many are suspicious, one probe answers them all."""
    time = FakeTime()
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted, **time.injected) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        await time.asleep()
        time.pass_by(1)
        asked = len(notebook.asked)

        for _ in range(100):
            tunnels.suspect(ALICE)
            await asyncio.sleep(0)
        if await time.asleep() <= GAP_SECONDS:
            time.pass_by(GAP_SECONDS)
        await time.asleep(at_least=5)

        assert len(notebook.asked) - asked <= 2
