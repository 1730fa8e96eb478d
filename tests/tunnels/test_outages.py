"""gateway.tunnels.tunnels: what becomes of requests while a remote is away, and how that is noticed."""

import asyncio
import logging

import pytest

from gateway.core.hop import Hop
from gateway.core.names import NotebookName
from gateway.core.status import NotebookState, TunnelState
from gateway.core.upstream import OUTLAST_SILENCE
from gateway.errors import Reason, TunnelDown, UpstreamLost
from gateway.tunnels.tunnels import Tunnels
from tests.tunnels.fakes import ALICE, FakeTime, Keys, Listener, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, tunnel_states, until_state

pytestmark = pytest.mark.anyio


async def test_comes_back_after_a_loss(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, caplog: pytest.LogCaptureFixture
) -> None:
    """Fault 1: a cut ends what was open, is seen at once, and is mended without help."""
    caplog.set_level(logging.INFO, "gateway")
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        listener = Listener()
        await tunnels.open_channel(ALICE, lambda: listener)

        await remote.stop()

        assert isinstance(await listener.lost, UpstreamLost)
        await until_state(tunnels, NotebookState.RECONNECTING)
        assert tunnels.upstream_nowait(ALICE) is None
        await remote.start()
        await tunnels.upstream(ALICE, within_seconds=10)
        assert tunnel_states(tunnels) == {"alice@lab": TunnelState.UP}
    assert [
        record.getMessage().partition(":")[2].partition(":")[0]
        for record in caplog.records
        if record.getMessage().startswith("tunnel")
    ][0:2] == [" connected, now up", " fell, now waiting"]


async def test_waits_for_a_remote_that_is_away(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """Who wants a notebook waits a while, then gets the reason."""
    await remote.stop()

    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.settled(within_seconds=10)
        with pytest.raises(TunnelDown) as raised:
            await tunnels.upstream(ALICE, within_seconds=0.01)

        assert raised.value.reason is Reason.UNREACHABLE
        assert "lab (127.0.0.1 port" in raised.value.detail
        outage = tunnels.outage(ALICE, seen=Reason.UNREACHABLE)
        assert (outage.state, outage.hop) == (NotebookState.STARTING, Hop.TCP)
        gone = tunnels.outage(NotebookName("bob"), seen=Reason.UNREACHABLE)
        assert gone.state is NotebookState.UNKNOWN


async def test_a_silent_remote_is_dropped_on_suspicion(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faults 6 to 8: one suspicion, one unanswered ping, and the tunnel is dialed anew."""
    monkeypatch.setattr("gateway.tunnels.vigil.PING_SECONDS", 0.2)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        listener = Listener()
        await tunnels.open_channel(ALICE, lambda: listener)
        remote.hang()

        tunnels.suspect(ALICE)

        assert isinstance(await listener.lost, UpstreamLost)
        await until_state(tunnels, NotebookState.RECONNECTING)
        await until_state(tunnels, NotebookState.READY)
        assert len(remote.log_ins) == 2


async def test_a_request_without_an_answer_has_the_remote_pinged(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 8: a silent cut is found out long before the keepalive would notice."""
    monkeypatch.setattr("gateway.tunnels.vigil.PING_SECONDS", 0.2)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        remote.hang()

        tunnels.doubt(ALICE)

        status = await until_state(tunnels, NotebookState.RECONNECTING)
        assert status.reason is Reason.SILENT


async def test_who_is_not_patient_waits_only_in_a_young_outage(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """Later on it is told at once; the patient wait for the way back."""
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted, **time.injected) as tunnels:
        await until_state(tunnels, NotebookState.READY)
        await remote.stop()
        await until_state(tunnels, NotebookState.RECONNECTING)
        await time.asleep()
        time.pass_by(10)
        patient = asyncio.ensure_future(tunnels.upstream(ALICE, within_seconds=9))

        with pytest.raises(TunnelDown):
            await tunnels.upstream(ALICE, within_seconds=9, patient=False)

        await remote.start()
        while not patient.done():
            time.pass_by(await time.asleep())
            await asyncio.sleep(0)
        assert patient.result().notebook == ALICE


async def until_silent(tunnels: Tunnels, remote: FakeRemote) -> tuple[Listener, Listener]:
    """Open two channels, one of which outlasts a silence, and let the remote fall silent; return them, that one first."""
    kept, other = Listener(), Listener()
    await tunnels.upstream(ALICE, within_seconds=10)
    for listener in (kept, other):
        await tunnels.open_channel(ALICE, lambda listener=listener: listener)
    assert kept.transport is not None
    kept.transport.get_extra_info(OUTLAST_SILENCE)()
    remote.hang()
    tunnels.doubt(ALICE)
    assert isinstance(await other.lost, UpstreamLost)
    return kept, other


async def test_a_websocket_outlasts_a_silence(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 8: what is on its way when the line is back arrives; all that is new goes through another connection."""
    monkeypatch.setattr("gateway.tunnels.vigil.PING_SECONDS", 0.2)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        kept, _ = await until_silent(tunnels, remote)
        assert kept.transport is not None
        kept.transport.write(b"GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await until_state(tunnels, NotebookState.RECONNECTING)
        await until_state(tunnels, NotebookState.READY)
        assert (len(remote.log_ins), kept.got, kept.lost.done()) == (2, b"", False)

        remote.recover()
        await kept.until(lambda one: b"version" in one.got)
        assert len(remote.connections) == 2
        kept.transport.close()
        await remote.until_connected(1)

        assert tunnels.upstream_nowait(ALICE) is not None
        assert len(remote.log_ins) == 2


async def test_a_silence_that_lasts_ends_the_websocket(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 12: the other end is no more; JupyterLab must hear of it, to connect again."""
    monkeypatch.setattr("gateway.tunnels.vigil.PING_SECONDS", 0.2)
    monkeypatch.setattr("gateway.tunnels.afterlife.grace", lambda _: 0.05)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        kept, _ = await until_silent(tunnels, remote)

        assert isinstance(await kept.lost, UpstreamLost)
        await until_state(tunnels, NotebookState.READY)
        assert len(remote.log_ins) == 2


async def test_a_silence_is_found_out_unasked(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """After three intervals of the keepalive, when nobody asks for anything."""
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys, keepalive_seconds=0.1),))
    async with running(wanted) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)

        remote.hang()

        status = await until_state(tunnels, NotebookState.RECONNECTING)
        assert status.reason is Reason.SILENT


async def test_what_waits_for_a_silent_remote_is_told(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel that is being opened does not wait for what may come late."""
    monkeypatch.setattr("gateway.tunnels.vigil.PING_SECONDS", 0.2)
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        kept = Listener()
        await tunnels.open_channel(ALICE, lambda: kept)
        assert kept.transport is not None
        kept.transport.get_extra_info(OUTLAST_SILENCE)()
        remote.hang()
        opening = asyncio.ensure_future(tunnels.open_channel(ALICE, Listener))
        await asyncio.sleep(0)

        tunnels.doubt(ALICE)

        with pytest.raises(TunnelDown):
            await opening
        assert not kept.lost.done()
