"""gateway.wiring.remotes and pins: looking at a remote, trusting it, and what a running gateway makes of that."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.inventory import HostKeyPolicy, Inventory, Remote
from gateway.core.names import LoginName, RemoteName
from gateway.core.status import NotebookState
from gateway.errors import HostKeyChanged, Reason, RemoteError
from gateway.store.store import open_store
from gateway.tunnels.tunnels import Tunnels
from gateway.wiring.connecting import connect_check
from gateway.wiring.pins import seen_pins
from gateway.wiring.remotes import knowledge, look_at, trust
from gateway.wiring.watching import watch
from tests.tunnels.fakes import LAB, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, until_state

pytestmark = pytest.mark.anyio

INNER = RemoteName("inner")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.made_in(tmp_path_factory.mktemp("keys"))


@pytest.fixture
async def remote(keys: Keys) -> AsyncIterator[FakeRemote]:
    async with FakeRemote(keys) as running_remote:
        yield running_remote


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/gateway.db"


def wanted(store: str, *remotes: Remote, port: int = 1) -> Inventory:
    return replace(inventory(alices(port), remotes=remotes), store=store)


def accepting(keys: Keys, remote: FakeRemote) -> Remote:
    return remote.config(keys, host_key=None, host_key_policy=HostKeyPolicy.ACCEPT_NEW)


def knowing(keys: Keys, remote: FakeRemote, file: Path, *lines: str) -> Remote:
    file.write_text("".join(f"{line}\n" for line in lines))
    return remote.config(keys, host_key=None, known_hosts=str(file))


def line(keys: Keys, remote: FakeRemote, key: str) -> str:
    return f"[127.0.0.1]:{remote.port} {public(keys, key)}"


def public(keys: Keys, key: str) -> str:
    return " ".join(Path(f"{keys.path(key)}.pub").read_text().split()[:2])


async def pin(store: str, fingerprint: str) -> None:
    async with open_store(store) as opened:
        await opened.pin(LAB, fingerprint)


async def test_what_a_remote_shows(keys: Keys, remote: FakeRemote, store: str) -> None:
    """Nobody logs in, and nothing is remembered."""
    given = wanted(store, accepting(keys, remote))

    look = await look_at(given, LAB)

    assert [key.fingerprint for key in look.shown.keys] == [keys.host.get_fingerprint()]
    assert look.shown.keys[0].key == public(keys, "host")
    assert (look.refusal, look.known.keys, look.shown.authority) == (None, (), None)
    assert remote.connections == []
    assert (await seen_pins(given)).pinned(LAB) is None


async def test_a_look_through_a_jump(keys: Keys, remote: FakeRemote, store: str) -> None:
    """The jump is logged in to, its host key checked; the remote behind it is only looked at."""
    async with FakeRemote(keys, name=INNER) as inner:
        target = inner.config(keys, jump=LAB)
        jump = remote.config(keys, login=LoginName("alice"))
        given = wanted(store, jump, target)

        assert (await look_at(given, INNER)).refusal is None
        assert "alice" in remote.log_ins

        wrong = replace(jump, host_key=keys.other_host.get_fingerprint())
        with pytest.raises(HostKeyChanged):
            await look_at(wanted(store, wrong, target), INNER)
        assert inner.connections == []


async def test_a_remote_that_is_away(keys: Keys, remote: FakeRemote, store: str) -> None:
    await remote.stop()

    with pytest.raises(RemoteError) as raised:
        await look_at(wanted(store, remote.config(keys)), LAB)

    assert raised.value.reason is Reason.UNREACHABLE


async def test_what_is_known(keys: Keys, remote: FakeRemote, store: str, tmp_path: Path) -> None:
    """From each source; a file that is of no use says so, and no store is made for a look."""
    known_hosts = tmp_path / "known_hosts"
    given = {
        "host_key in the configuration": remote.config(keys),
        str(known_hosts): knowing(keys, remote, known_hosts, line(keys, remote, "host")),
        "pinned at first sight": accepting(keys, remote),
    }
    for source, config in given.items():
        known = (await knowledge(wanted(store, config)))[LAB]
        assert known.source == source
        assert bool(known.keys) == (source != "pinned at first sight")
    assert not (tmp_path / "gateway.db").exists()

    bad = knowing(keys, remote, known_hosts, "nonsense")
    assert "line 1 is no entry" in (await knowledge(wanted(store, bad)))[LAB].source


async def test_a_check_knows_the_pins(keys: Keys, remote: FakeRemote, store: str) -> None:
    """What ``gateway check --connect`` finds is what the gateway would find."""
    await pin(store, keys.other_host.get_fingerprint())

    tunnels, _ = await connect_check(wanted(store, accepting(keys, remote)))

    assert tunnels[0].reason is Reason.HOST_KEY_CHANGED


@asynccontextmanager
async def gateway(given: Inventory) -> AsyncIterator[Tunnels]:
    """Run what a gateway runs that has to do with host keys; time stands still for its tunnels."""
    async with open_store(given.store) as store, asyncio.TaskGroup() as tasks:
        following = tasks.create_task(store.run())
        async with running(given, pins=store) as tunnels:
            store.on_pins(tunnels.host_keys_changed)
            file = Path(given.remotes[LAB].known_hosts or "/etc/hostname")
            watching = tasks.create_task(watch([file], lambda: tunnels.host_keys_changed({LAB})))
            yield tunnels
            watching.cancel()
            following.cancel()


async def ready_again(tunnels: Tunnels, known_hosts: Path) -> None:
    """Return when alice's notebook is; parked, it would take a minute. A watch may not have stood yet."""
    for _ in range(10):
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await until_state(tunnels, NotebookState.READY)
                return
        with suppress(FileNotFoundError):
            os.utime(known_hosts)
    raise AssertionError


@pytest.mark.parametrize("way", ["pin", "known_hosts"])
async def test_trust_takes_effect_in_the_running_gateway(
    keys: Keys, remote: FakeRemote, store: str, tmp_path: Path, way: str
) -> None:
    """Fault 20: a changed key is refused, trusted by another process, and the tunnel is back at once."""
    if way == "pin":
        config = accepting(keys, remote)
        await pin(store, keys.other_host.get_fingerprint())
    else:
        config = knowing(keys, remote, tmp_path / "kh", line(keys, remote, "other_host"))
    async with FakeNotebook() as notebook:
        given = wanted(store, config, port=notebook.port)
        async with gateway(given) as tunnels:
            status = await until_state(tunnels, NotebookState.REFUSED)
            assert status.reason is Reason.HOST_KEY_CHANGED
            look = await look_at(given, LAB)
            assert isinstance(look.refusal, HostKeyChanged)

            assert await trust(given, LAB, look.shown.keys[0], look.shown)

            await ready_again(tunnels, tmp_path / "kh")
            assert tunnels.host_key_changes() == ()
    assert (await look_at(given, LAB)).refusal is None


async def test_a_configured_key_is_the_administrators_to_change(
    keys: Keys, remote: FakeRemote, store: str
) -> None:
    given = wanted(store, remote.config(keys, host_key=keys.other_host.get_fingerprint()))
    look = await look_at(given, LAB)

    assert not await trust(given, LAB, look.shown.keys[0], look.shown)


async def test_a_replaced_file_keeps_what_else_it_is(
    keys: Keys, remote: FakeRemote, store: str, tmp_path: Path
) -> None:
    """Its mode, its other lines, the link that leads to it; nothing is left beside it."""
    folder = tmp_path / "real"
    folder.mkdir()
    file, link = folder / "known_hosts", tmp_path / "link"
    other = f"# ours\nother {public(keys, 'other_host')}"
    config = knowing(keys, remote, file, other, line(keys, remote, "other_host"))
    file.chmod(0o640)
    link.symlink_to(file)
    given = wanted(store, replace(config, known_hosts=str(link)))
    look = await look_at(given, LAB)

    await trust(given, LAB, look.shown.keys[0], look.shown)

    assert file.read_text() == f"{other}\n{line(keys, remote, 'host')}\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert list(folder.iterdir()) == [file]
