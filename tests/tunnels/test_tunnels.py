"""gateway.tunnels.tunnels: what the rest of the gateway sees, against a remote on loopback."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.inventory import Grantees, HostKeyPolicy, Scheme
from gateway.core.listener import Verdict
from gateway.core.names import GroupName, LoginName, MemberName, NotebookName, RemoteName, TunnelId
from gateway.core.status import NotebookState, TunnelState
from gateway.core.upstream import Kind, TokenOrigin, Upstream
from gateway.errors import (
    ForwardingRefused,
    NotebookStopped,
    Reason,
    TunnelDown,
)
from tests.tunnels.fakes import ALICE, LAB, FakePins, FakeTime, Keys, Listener, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, tunnel_states, until_state

pytestmark = pytest.mark.anyio

BOB = NotebookName("bob")


async def test_finds_a_notebook(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """From nothing but login and port: scheme, Jupyter, base URL and token."""
    notebook.write_runtime_file(remote.home or Path())

    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        upstream = await tunnels.upstream(ALICE, within_seconds=10)

        assert upstream == tunnels.upstream_nowait(ALICE)
        assert upstream == Upstream(
            ALICE,
            b"localhost:%d" % notebook.port,
            Scheme.HTTP,
            token="t0ken",
            token_origin=TokenOrigin.RUNTIME_FILE,
            kind=Kind.JUPYTER,
            version="2.21.1",
            listener=Verdict.UNSEEN,
        )


async def test_passes_bytes(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """A channel is a stream to the notebook."""
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        listener = Listener()

        transport = await tunnels.open_channel(ALICE, lambda: listener)
        transport.write(b"GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n")

        assert await listener.lost is None
        assert listener.told == ["made", "eof", "lost"]
        assert listener.got.endswith(b'{"version": "2.21.1"}')


async def test_ten_channels_share_one_connection(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """The remote sees one SSH connection for a login, whatever goes through it."""
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)

        async with asyncio.TaskGroup() as tasks:
            opening = [tasks.create_task(tunnels.open_channel(ALICE, Listener)) for _ in range(10)]

        assert len({id(task.result()) for task in opening}) == 10
        assert len(remote.connections) == 1
        assert remote.log_ins == ["alice"]


async def test_notebook_not_running(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """Fault 17: nothing listens; the tunnel stays, and the notebook is found when it starts."""
    await notebook.stop()

    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        with pytest.raises(NotebookStopped, match="nothing listens at port"):
            await tunnels.upstream(ALICE, within_seconds=10)
        assert tunnel_states(tunnels) == {"alice@lab": TunnelState.UP}
        await notebook.start()
        await until_state(tunnels, NotebookState.READY)
        assert len(remote.log_ins) == 1


async def test_notices_a_stop_when_a_channel_is_refused(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """The first refused channel makes the prober look."""
    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        await notebook.stop()

        with pytest.raises(NotebookStopped):
            await tunnels.open_channel(ALICE, Listener)

        status = await until_state(tunnels, NotebookState.STOPPED)
        assert status.reason is Reason.NOT_RUNNING


async def test_forwarding_forbidden(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """Fault 22: sshd's no has its own words, and no reconnecting."""
    remote.forwards = False

    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        with pytest.raises(ForwardingRefused, match="AllowTcpForwarding"):
            await tunnels.upstream(ALICE, within_seconds=10)

        status = tunnels.status(ALICE)
        assert status is not None
        assert status.state is NotebookState.REFUSED
        assert len(remote.log_ins) == 1


@pytest.mark.parametrize("spelling", ["127.0.0.1", "localhost"])
async def test_either_spelling_may_be_permitted(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, spelling: str
) -> None:
    """OpenSSH's permitopen compares letter by letter."""
    remote.permitted = {f"{spelling}:{notebook.port}"}

    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)


async def test_f9_a_refused_login_parks_and_spares_the_others(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """Threat F9: a refused key is tried once in a minute at most, and bob doesn't notice."""
    remote.allowed["alice"] = set()
    bobs = alices(notebook.port, name=BOB, login=LoginName("bob"))
    wanted = inventory(alices(notebook.port), bobs, remotes=(remote.config(keys),))

    async with running(wanted, **time.injected) as tunnels:
        status = await until_state(tunnels, NotebookState.REFUSED)
        await until_state(tunnels, NotebookState.READY, BOB)

        assert status.reason is Reason.LOGIN_REFUSED
        assert "authorized_keys" in status.detail
        assert await time.asleep(at_least=60) >= 60
        assert remote.log_ins.count("alice") == 1
        remote.allowed["alice"] = remote.allowed["bob"]
        time.pass_by(80)
        await until_state(tunnels, NotebookState.READY)


async def test_f1_a_changed_host_key_parks(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """Fault 20, threat F1: refused, with the reason, until the pin is replaced."""
    config = remote.config(keys)
    async with running(inventory(alices(notebook.port), remotes=(config,))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        await remote.stop()
        remote.host_key = keys.other_host
        await remote.start()

        status = await until_state(tunnels, NotebookState.REFUSED)

        assert status.reason is Reason.HOST_KEY_CHANGED
        pin = keys.other_host.get_fingerprint()
        tunnels.apply(inventory(alices(notebook.port), remotes=(replace(config, host_key=pin),)))
        await until_state(tunnels, NotebookState.READY)


async def test_first_key_is_remembered(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, pins: FakePins
) -> None:
    """accept-new takes the first key that it sees, and no other after it."""
    config = remote.config(keys, host_key=None, host_key_policy=HostKeyPolicy.ACCEPT_NEW)
    async with running(inventory(alices(notebook.port), remotes=(config,)), pins=pins) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        assert pins.pins == {LAB: keys.host.get_fingerprint()}
        await remote.stop()
        remote.host_key = keys.other_host
        await remote.start()

        status = await until_state(tunnels, NotebookState.REFUSED)

        assert status.reason is Reason.HOST_KEY_CHANGED
        assert pins.pins == {LAB: keys.host.get_fingerprint()}


async def test_through_another_remote(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """A jump's tunnel carries the other's; when it goes, both come back."""
    async with FakeRemote(keys, name=RemoteName("inner")) as inner:
        bastion = remote.config(keys, login=LoginName("bob"))
        target = inner.config(keys, jump=LAB)
        wanted = inventory(alices(notebook.port, remote=inner.name), remotes=(bastion, target))

        async with running(wanted) as tunnels:
            await tunnels.upstream(ALICE, within_seconds=10)
            assert set(tunnel_states(tunnels)) == {"bob@lab", "alice@inner"}
            assert (remote.log_ins, inner.log_ins) == (["bob"], ["alice"])
            await remote.drop()
            await until_state(tunnels, NotebookState.RECONNECTING)
            await until_state(tunnels, NotebookState.READY)
            assert (remote.log_ins, inner.log_ins) == (["bob"] * 2, ["alice"] * 2)


async def test_the_jump_may_be_down(keys: Keys, remote: FakeRemote, time: FakeTime) -> None:
    """The reason names the jump, and what ails it."""
    remote.allowed.clear()
    bastion = remote.config(keys, login=LoginName("bob"))
    target = replace(bastion, name=RemoteName("inner"), jump=LAB)

    async with running(
        inventory(alices(1, remote=target.name), remotes=(bastion, target)), **time.injected
    ) as tunnels:
        await tunnels.settled(within_seconds=10)

        status = tunnels.status(ALICE)
        assert status is not None
        assert status.reason is Reason.JUMP_DOWN
        assert "lab does not let bob in" in status.detail


async def test_reload_touches_only_what_changed(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """A new grant, and a new neighbour, leave tunnel, channel and state alone."""
    config = remote.config(keys)
    async with running(inventory(alices(notebook.port), remotes=(config,))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        before = tunnels.status(ALICE)
        listener = Listener()
        await tunnels.open_channel(ALICE, lambda: listener)
        shared = alices(
            notebook.port,
            owner=MemberName("alice"),
            use=Grantees(groups=frozenset({GroupName("lab")})),
        )
        bobs = alices(notebook.port, name=BOB, login=LoginName("bob"))

        tunnels.apply(inventory(shared, bobs, remotes=(config,)))

        await until_state(tunnels, NotebookState.READY, BOB)
        assert tunnels.status(ALICE) is before
        assert not listener.lost.done()
        tunnels.apply(inventory(bobs, remotes=(config,)))
        assert tunnels.status(ALICE) is None
        await listener.lost
        assert tunnel_states(tunnels) == {"bob@lab": TunnelState.UP}
        with pytest.raises(TunnelDown, match="no notebook alice"):
            await tunnels.open_channel(ALICE, Listener)


async def test_says_nothing_of_what_it_does_not_know() -> None:
    """A name that is in no inventory has no status, and can't be suspected."""
    async with running(inventory(remotes=())) as tunnels:
        tunnels.suspect(ALICE)
        tunnels.doubt(ALICE)

        assert tunnels.status(ALICE) is None
        assert tunnels.upstream_nowait(ALICE) is None
        await tunnels.settled(within_seconds=1)


async def test_going_down_closes_all(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """When the tunnels are no longer run, the remote sees no connection any more."""
    listener = Listener()

    async with running(inventory(alices(notebook.port), remotes=(remote.config(keys),))) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        await tunnels.open_channel(ALICE, lambda: listener)

    await listener.lost
    await remote.until_connected(0)


async def test_a_bug_does_not_spread(
    keys: Keys,
    remote: FakeRemote,
    notebook: FakeNotebook,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What we did not expect is logged, and the others' notebooks stay."""
    stumbled = asyncio.Event()

    async def stumble(*_: object, **__: object) -> None:
        asyncio.get_running_loop().call_soon(stumbled.set)
        raise ZeroDivisionError

    bobs = alices(notebook.port, name=BOB, login=LoginName("bob"))
    wanted = inventory(alices(notebook.port), bobs, remotes=(remote.config(keys),))
    async with running(wanted) as tunnels:
        await until_state(tunnels, NotebookState.READY)
        await until_state(tunnels, NotebookState.READY, BOB)
        monkeypatch.setattr("gateway.tunnels.prober.probe", stumble)
        tunnels.suspect(ALICE)

        await stumbled.wait()

        assert "stumbled over a bug" in caplog.text
        await tunnels.open_channel(BOB, Listener)


def test_ids_read_as_people_write_them() -> None:
    """alice@lab."""
    assert str(TunnelId(LAB, LoginName("alice"))) == "alice@lab"
