"""gateway.tunnels.host_keys, greeter and known_hosts: which keys are asked for, and what a changed one does."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from gateway.core.inventory import HostKeyPolicy, Inventory, Remote
from gateway.core.names import LoginName, NotebookName, RemoteName
from gateway.core.status import NotebookState, TunnelState
from gateway.errors import HostKeyChanged, Reason, RemoteError
from gateway.tunnels import dialing
from gateway.tunnels.algorithms import HOST_CERTIFICATES, HOST_KEYS, NIST, NIST_CERTIFICATES
from gateway.tunnels.connection import Connection
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.greeter import Greeter
from gateway.tunnels.host_keys import rounds
from gateway.tunnels.knocking import Knocker
from gateway.tunnels.known_hosts import KnownKeys
from gateway.tunnels.tunnels import Tunnels
from gateway.tunnels.windows import Windows
from tests.tunnels.fakes import ALICE, LAB, FakePins, FakeTime, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, tunnel_states, until, until_state

pytestmark = pytest.mark.anyio

BOB = NotebookName("bob")
FARM = RemoteName("farm")
ED25519 = asyncssh.generate_private_key("ssh-ed25519").convert_to_public()
ECDSA = asyncssh.generate_private_key("ecdsa-sha2-nistp256").convert_to_public()


async def dialed(remote: Remote, pins: FakePins | None = None) -> None:
    """Dial as alice; raise RemoteError."""
    dialer = Dialer(pins=pins or FakePins(), windows=Windows())
    async with await dialer.dial(Way(remote, LoginName("alice")), None) as connection:
        assert isinstance(connection, Connection)


async def refused(remote: Remote, pins: FakePins | None = None) -> RemoteError:
    with pytest.raises(RemoteError) as raised:
        await dialed(remote, pins)
    return raised.value


@pytest.fixture
def known_hosts(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


def line(remote: FakeRemote, key: asyncssh.SSHKey, *, marker: str = "", name: str = "") -> str:
    public = key.export_public_key().decode()
    return f"{marker} {name or f'[127.0.0.1]:{remote.port}'} {public.strip()}".lstrip()


def write(file: Path, *lines: str) -> None:
    file.write_text("".join(f"{each}\n" for each in lines))


@pytest.mark.parametrize(
    ("known", "pin", "asked"),
    [
        (KnownKeys(), None, [HOST_KEYS, NIST]),
        (KnownKeys(), "SHA256:x", [HOST_KEYS, NIST]),
        (KnownKeys([ED25519]), None, [HOST_KEYS[:1], HOST_KEYS[1:], NIST]),
        (KnownKeys([ECDSA]), None, [NIST[:1], HOST_KEYS, NIST[1:]]),
        (
            KnownKeys([ED25519, ECDSA]),
            None,
            [HOST_KEYS[:1], NIST[:1], HOST_KEYS[1:], NIST[1:]],
        ),
        (
            KnownKeys(authorities=[ED25519]),
            None,
            [HOST_CERTIFICATES, NIST_CERTIFICATES, HOST_KEYS, NIST],
        ),
        (
            KnownKeys([ED25519], [ED25519]),
            None,
            [HOST_CERTIFICATES + HOST_KEYS[:1], NIST_CERTIFICATES, HOST_KEYS[1:], NIST],
        ),
    ],
)
def test_f3_what_is_asked_for(
    known: KnownKeys, pin: str | None, asked: list[tuple[str, ...]]
) -> None:
    """Threat F3: no key on a NIST curve before all else has failed, unless it is the one that is known."""
    assert rounds(known, pin) == asked


@pytest.mark.parametrize("way", ["known_hosts", "host_key", "pinned"])
@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp384"])
async def test_a_remote_with_one_key_of_any_kind(
    keys: Keys, remote: FakeRemote, known_hosts: Path, way: str, kind: str
) -> None:
    """However it is known, it is asked for; and in its place, a key of any kind is another key."""
    key, other = (asyncssh.generate_private_key(kind) for _ in range(2))
    await remote.stop()
    remote.host_key = key
    await remote.start()

    def config(known: asyncssh.SSHKey) -> tuple[Remote, FakePins]:
        write(known_hosts, line(remote, known))
        changes = {
            "known_hosts": {"host_key": None, "known_hosts": str(known_hosts)},
            "host_key": {"host_key": known.get_fingerprint()},
            "pinned": {"host_key": None, "host_key_policy": HostKeyPolicy.ACCEPT_NEW},
        }[way]
        pins = FakePins(**({"lab": known.get_fingerprint()} if way == "pinned" else {}))
        return remote.config(keys, **changes), pins

    await dialed(*config(key))

    for wrong in (other, keys.other_host, asyncssh.generate_private_key("ecdsa-sha2-nistp521")):
        error = await refused(*config(wrong))
        assert isinstance(error, HostKeyChanged), error.detail
        assert error.shown == (f"{kind} {key.get_fingerprint()}",)
        assert error.known[0].endswith(wrong.get_fingerprint())
        assert "gateway remotes trust lab" in error.detail


async def test_a_line_that_breaks_while_asking_is_no_change(
    keys: Keys, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a remote with several keys, the one that we know may be shown last; until then nothing is sure."""
    asked: list[Sequence[str]] = []

    async def connect_once(
        way: Way, wants: dialing.Wants, greeter: Greeter, knocker: Knocker
    ) -> asyncssh.SSHClientConnection:
        asked.append(wants.host_key_algorithms)
        if len(asked) > 1:
            raise ConnectionResetError(104, "reset")
        return await connect(way, wants, greeter, knocker)

    connect = dialing.connect
    monkeypatch.setattr(dialing, "connect", connect_once)

    error = await refused(remote.config(keys, host_key=keys.other_host.get_fingerprint()))

    assert error.reason is Reason.UNREACHABLE
    assert asked == [HOST_KEYS, HOST_KEYS[1:]]


def accepting(keys: Keys, remote: FakeRemote, **changes: object) -> Remote:
    """A remote whose first key is pinned."""
    policy = HostKeyPolicy.ACCEPT_NEW
    return remote.config(keys, host_key=None, host_key_policy=policy, **changes)


def two_logins(notebook: FakeNotebook, remote: Remote, *more: Remote) -> Inventory:
    """Alice's and Bob's notebooks on one remote, and one of Bob's on each other remote."""
    elsewhere = [
        alices(notebook.port, name=NotebookName(f"bob-{r.name}"), remote=r.name) for r in more
    ]
    bobs = alices(notebook.port, name=BOB, login=LoginName("bob"))
    return inventory(alices(notebook.port), bobs, *elsewhere, remotes=(remote, *more))


async def change_key(remote: FakeRemote, key: asyncssh.SSHKey) -> None:
    await remote.stop()
    remote.host_key = key
    await remote.start()


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


async def until_parked(tunnels: Tunnels, *names: str) -> None:
    wanted = dict.fromkeys(names, TunnelState.PARKED)
    await until(tunnels, lambda: wanted.items() <= tunnel_states(tunnels).items())


async def test_a_changed_key_is_refused_and_stays_refused(
    keys: Keys,
    remote: FakeRemote,
    notebook: FakeNotebook,
    time: FakeTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Fault 20: two logins, many minutes and a restart; one alarm in each run, and no log-in at all."""
    pins = FakePins(lab=keys.other_host.get_fingerprint())
    wanted = two_logins(notebook, accepting(keys, remote))
    for _ in range(2):
        caplog.clear()
        async with running(wanted, pins=pins, **time.injected) as tunnels:
            for _ in range(3):
                await until_parked(tunnels, "alice@lab", "bob@lab")
                assert tunnels.host_key_changes()[0].remote == LAB
                time.pass_by(await time.asleep(60))
                await until_parked(tunnels, "alice@lab", "bob@lab")
        assert len(errors(caplog)) == 1
        assert keys.other_host.get_fingerprint() in errors(caplog)[0]
        assert keys.host.get_fingerprint() in errors(caplog)[0]

    assert remote.log_ins == []
    assert pins.pins == {LAB: keys.other_host.get_fingerprint()}


async def test_other_remotes_do_not_mind(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """Fault 20: whoever is elsewhere notices nothing."""
    async with FakeRemote(keys, name=FARM) as farm:
        config = remote.config(keys, host_key=keys.other_host.get_fingerprint())
        wanted = two_logins(notebook, config, farm.config(keys))
        async with running(wanted, **time.injected) as tunnels:
            await until_state(tunnels, NotebookState.READY, NotebookName("bob-farm"))
            status = await until_state(tunnels, NotebookState.REFUSED)

            assert status.reason is Reason.HOST_KEY_CHANGED
            assert [change.remote for change in tunnels.host_key_changes()] == [LAB]


async def test_a_new_pin_is_tried_at_once(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """Once it is trusted, all logins are back without a wait, and the alarm is over."""
    pins = FakePins(lab=keys.other_host.get_fingerprint())
    wanted = two_logins(notebook, accepting(keys, remote))
    async with running(wanted, pins=pins, **time.injected) as tunnels:
        await until_parked(tunnels, "alice@lab", "bob@lab")

        pins.pins[LAB] = keys.host.get_fingerprint()
        tunnels.host_keys_changed({LAB})

        for name in (ALICE, BOB):
            await until_state(tunnels, NotebookState.READY, name)
        assert tunnels.host_key_changes() == ()
    assert time.now == FakeTime().now


async def test_a_configuration_with_the_new_key_is_tried_at_once(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """The look that the old configuration had a moment ago bars nobody."""
    wrong = remote.config(keys, host_key=keys.other_host.get_fingerprint())
    async with running(two_logins(notebook, wrong), **time.injected) as tunnels:
        await until_parked(tunnels, "alice@lab", "bob@lab")

        tunnels.apply(two_logins(notebook, remote.config(keys)))

        await until_state(tunnels, NotebookState.READY)
        assert tunnels.host_key_changes() == ()


async def test_what_is_up_stays_up(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, time: FakeTime
) -> None:
    """A pin says whom we dial next; a connection that stands was made with the right key."""
    pins = FakePins()
    wanted = two_logins(notebook, accepting(keys, remote))
    async with running(wanted, pins=pins, **time.injected) as tunnels:
        for name in (ALICE, BOB):
            await until_state(tunnels, NotebookState.READY, name)
        before = list(remote.connections)

        pins.pins[LAB] = keys.other_host.get_fingerprint()
        tunnels.host_keys_changed({LAB})
        await tunnels.upstream(ALICE, within_seconds=10)

        assert remote.connections == before


async def test_a_key_that_changes_while_we_run(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """The remote is set up anew: the tunnel is lost, the new key refused, and the pin stays."""
    pins = FakePins()
    wanted = inventory(alices(notebook.port), remotes=(accepting(keys, remote),))
    async with running(wanted, pins=pins) as tunnels:
        await until_state(tunnels, NotebookState.READY)
        await change_key(remote, keys.other_host)

        status = await until_state(tunnels, NotebookState.REFUSED)
        assert status.reason is Reason.HOST_KEY_CHANGED
        (change,) = tunnels.host_key_changes()
        assert change.shown == (f"ssh-ed25519 {keys.other_host.get_fingerprint()}",)
        assert pins.pins == {LAB: keys.host.get_fingerprint()}


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("[127.0.0.1]:*", None),
        ("127.0.0.?", None),
        ("*,!10.*", None),
        ("LAB", "lab"),
        ("lab", "Lab"),
    ],
)
async def test_f2_names_in_known_hosts(
    keys: Keys, remote: FakeRemote, known_hosts: Path, name: str, alias: str | None
) -> None:
    """Threat F2: patterns, the bare name, an alias; see core for all of them."""
    write(known_hosts, line(remote, keys.host, name=name))
    config = remote.config(keys, host_key=None, known_hosts=str(known_hosts))

    await dialed(replace(config, host_key_alias=alias))

    write(known_hosts, line(remote, keys.host, name="other"))
    assert (await refused(config)).reason is Reason.HOST_KEY_UNKNOWN


async def test_a_line_that_can_not_be_read_trusts_nobody(
    keys: Keys, remote: FakeRemote, known_hosts: Path
) -> None:
    """It is named by its number; the lines before it are no better."""
    write(known_hosts, line(remote, keys.host), "@revoked * ssh-ed25519 AAAAgarbled")

    error = await refused(remote.config(keys, host_key=None, known_hosts=str(known_hosts)))

    assert error.reason is Reason.HOST_KEY_UNKNOWN
    assert "the key in line 2 can't be read" in error.detail
