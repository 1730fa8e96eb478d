"""gateway.tunnels.diagnosing and what it walks with: each hop, what it shows, and where the walk ends."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.core.diagnosis import NOTEBOOK_HOPS, REMOTE_HOPS, Outcome, Right
from gateway.core.hop import Hop
from gateway.core.inventory import HostKeyPolicy, Remote
from gateway.core.names import LoginName, NotebookName, RemoteName
from gateway.core.ssh_credential import KeyFile
from gateway.errors import Reason
from gateway.tunnels import diagnosing, dialing, remote_hops
from gateway.tunnels.tunnels import Tunnels
from tests.tunnels.diagnoses import diagnosed, rights_granted
from tests.tunnels.fakes import ALICE, LAB, FakePins, FakeTime, Keys, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.proc import Proc
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import NotebookState, running, until_state

pytestmark = pytest.mark.anyio


async def test_all_is_well(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """Every hop in its order, each with what was tried and found, and how long it took."""
    notebook.write_runtime_file(remote.home or Path())
    proc = Proc(remote.home or Path())
    proc.listen(notebook.port, proc.uid)

    told = await diagnosed(alices(notebook.port), [remote.config(keys)])

    assert told.steps(Outcome.OK) == [*REMOTE_HOPS, *NOTEBOOK_HOPS]
    assert told.of(Hop.NAME).found == "127.0.0.1"
    assert told.of(Hop.SSH).found.startswith("AsyncSSH_")
    assert keys.host.get_fingerprint() in told.of(Hop.HOST_KEY).found
    assert keys.member.get_fingerprint() in told.of(Hop.LOGIN).tried
    assert told.of(Hop.LOGIN).found == "let in; it offers publickey"
    assert told.of(Hop.LISTENER).found == f"alice (uid {proc.uid})"
    assert told.of(Hop.KIND).found == "Jupyter 2.21.1"
    assert told.of(Hop.TOKEN).found == "it takes the one in Jupyter's runtime file"
    assert all((told.of(hop).milliseconds or 0) > 0 for hop in (*REMOTE_HOPS, Hop.CHANNEL))
    assert "t0ken" not in str(told.diagnosis.document)


async def test_nothing_is_claimed_behind_the_hop_that_fails(keys: Keys, remote: FakeRemote) -> None:
    told = await diagnosed(alices(1), [remote.config(keys)])

    assert told.failed.step is Hop.CHANNEL
    assert told.failed.reason is Reason.NOT_RUNNING
    assert told.steps(Outcome.NOT_REACHED) == list(NOTEBOOK_HOPS[1:])


async def test_live_tunnel_is_left_alone(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """The diagnosis logs in by itself, and is gone afterwards."""
    wanted = inventory(alices(notebook.port), remotes=(remote.config(keys),))
    async with running(wanted) as tunnels:
        await until_state(tunnels, NotebookState.READY)
        live = tuple(remote.connections)

        found = await tunnels.diagnose(ALICE, with_rights=True)
        await remote.until_connected(1)

        assert found.failed is None
        assert tuple(remote.connections) == live


async def test_name_that_does_not_resolve(keys: Keys, remote: FakeRemote) -> None:
    told = await diagnosed(alices(1), [remote.config(keys, host="lab.invalid")])

    assert told.failed.step is Hop.NAME
    assert "lab.invalid" in told.wrong


async def test_refused_connection(keys: Keys, remote: FakeRemote) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    told = await diagnosed(alices(1), [remote.config(keys, port=port)])

    assert told.failed.step is Hop.TCP
    assert told.failed.found == "connection refused"
    assert f"refuses connections at port {port}" in told.wrong


@asynccontextmanager
async def answering(keys: Keys, greeting: bytes) -> AsyncIterator[Remote]:
    """Run what says something and hangs up, or says nothing and stays; yield how to reach it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        if not greeting:
            await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield Remote(
            LAB, "127.0.0.1", port, credential=KeyFile(keys.path("member")), host_key="SHA256:x"
        )


async def test_web_server_is_no_ssh_server(keys: Keys) -> None:
    """What speaks before it hangs up is not busy, but something else."""
    async with answering(keys, b"HTTP/1.1 400 Bad Request\r\n\r\n") as config:
        told = await diagnosed(alices(1), [config])

    assert told.failed.step is Hop.SSH
    assert told.failed.reason is Reason.NOT_SSH
    assert "not an SSH server" in told.wrong


async def test_server_that_hangs_up_is_busy(keys: Keys) -> None:
    """As sshd does when MaxStartups is reached, or when it has barred us."""
    async with answering(keys, b"SSH-2.0-OpenSSH_10.0\r\n") as config:
        told = await diagnosed(alices(1), [config])

    assert told.failed.step is Hop.SSH
    assert told.failed.reason is Reason.BUSY
    assert "PerSourcePenaltyExemptList" in told.fix


async def test_silence_is_told_where_it_begins(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took the connection: so not TCP is to be mended."""
    monkeypatch.setattr(dialing, "DIAL_SECONDS", 0.2)
    async with answering(keys, b"") as config:
        told = await diagnosed(alices(1), [config])

    assert told.failed.step is Hop.SSH
    assert told.diagnosis.timed_out
    assert "takes connections" in told.wrong


async def test_changed_host_key(keys: Keys, remote: FakeRemote) -> None:
    """The key that is shown is told, so that it can be compared."""
    told = await diagnosed(
        alices(1), [remote.config(keys, host_key=keys.other_host.get_fingerprint())]
    )

    assert told.failed.step is Hop.HOST_KEY
    assert keys.host.get_fingerprint() in told.wrong
    assert "`gateway remotes trust lab --fingerprint" in told.fix
    assert remote.log_ins == []


async def test_unknown_host_key(keys: Keys, remote: FakeRemote) -> None:
    told = await diagnosed(alices(1), [remote.config(keys, host_key=None)])

    assert told.failed.step is Hop.HOST_KEY
    assert told.failed.reason is Reason.HOST_KEY_UNKNOWN
    assert keys.host.get_fingerprint() in told.wrong


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ({"host_key_policy": HostKeyPolicy.ACCEPT_NEW}, "nobody has vouched for it"),
        ({"host_key_policy": HostKeyPolicy.ACCEPT_NEW, "pinned": True}, "known: pinned at first sight"),
        ({"known_hosts": True}, "known: "),
    ],
)  # fmt: skip
async def test_how_the_host_key_is_known(
    keys: Keys, remote: FakeRemote, tmp_path: Path, how: dict[str, object], found: str
) -> None:
    fingerprint = keys.host.get_fingerprint()
    pins = FakePins(lab=fingerprint) if how.pop("pinned", False) else FakePins()
    if how.get("known_hosts"):
        file = tmp_path / "known_hosts"
        file.write_text(f"[127.0.0.1]:{remote.port} {keys.host.export_public_key().decode()}")
        how["known_hosts"] = str(file)

    told = await diagnosed(alices(1), [remote.config(keys, host_key=None, **how)], pins=pins)

    assert told.of(Hop.HOST_KEY).outcome is Outcome.OK
    assert f"{fingerprint}, " in told.of(Hop.HOST_KEY).found
    assert found in told.of(Hop.HOST_KEY).found


async def test_wrong_key_is_refused_once(keys: Keys, remote: FakeRemote) -> None:
    """Which key was offered, and what the server takes; and no second try."""
    told = await diagnosed(
        alices(1), [remote.config(keys, credential=KeyFile(keys.path("stranger")))]
    )

    assert told.failed.step is Hop.LOGIN
    assert keys.stranger.get_fingerprint() in told.wrong
    assert "it offers publickey" in told.failed.found
    assert remote.log_ins == ["alice"]


async def test_unusable_key_is_ours_to_mend(keys: Keys, remote: FakeRemote) -> None:
    """Nothing was dialled, so nothing is said of the remote."""
    told = await diagnosed(alices(1), [remote.config(keys, credential=KeyFile("/nowhere/key"))])

    assert told.failed.step is Hop.LOGIN
    assert "/nowhere/key" in told.wrong
    assert told.of(Hop.SSH).outcome is Outcome.NOT_REACHED
    assert remote.log_ins == []


async def test_gate_is_respected(
    keys: Keys, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two refusals nobody tries again at once: a remote bars whoever does."""
    monkeypatch.setattr(remote_hops, "GATE_SECONDS", 0.1)
    tunnels = Tunnels(pins=FakePins(), **FakeTime().injected)  # type: ignore[arg-type]  # a test's shorthand
    config = remote.config(keys, credential=KeyFile(keys.path("stranger")))
    tunnels.apply(inventory(alices(1), remotes=(config,)))

    found = [await tunnels.diagnose(ALICE, with_rights=False) for _ in range(3)]

    failed = [each.failed for each in found if each.failed is not None]
    assert [each.reason for each in failed] == [Reason.LOGIN_REFUSED] * 2 + [Reason.BUSY]
    assert remote.log_ins == ["alice"] * 2


async def test_jump_remotes_come_first(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """Each remote on the way is walked, and the next one through it."""
    async with FakeRemote(keys, name=RemoteName("inner")) as inner:
        told = await diagnosed(
            alices(notebook.port, remote=inner.name),
            [remote.config(keys), inner.config(keys, jump=LAB)],
        )

    places = [finding.place for finding in told.diagnosis.findings]
    assert places == ["lab"] * 5 + ["inner"] * 5 + ["alice"] * 7
    assert told.diagnosis.failed is None
    assert told.diagnosis.findings[5].found == "lab looks it up"
    assert told.diagnosis.findings[6].found == "through lab"


async def test_jump_that_does_not_forward(keys: Keys, remote: FakeRemote) -> None:
    remote.forwards = False
    inner = Remote(
        RemoteName("inner"), "127.0.0.1", 22, credential=KeyFile(keys.path("member")), jump=LAB
    )

    told = await diagnosed(alices(1, remote=inner.name), [remote.config(keys), inner])

    assert (told.failed.step, told.failed.place) == (Hop.TCP, "inner")
    assert "sshd on lab does not forward" in told.wrong


async def test_jump_that_fails_is_the_one_to_mend(keys: Keys, remote: FakeRemote) -> None:
    inner = Remote(
        RemoteName("inner"), "127.0.0.1", 22, credential=KeyFile(keys.path("member")), jump=LAB
    )
    bastion = remote.config(keys, credential=KeyFile(keys.path("stranger")))

    told = await diagnosed(alices(1, remote=inner.name), [bastion, inner])

    assert (told.failed.step, told.failed.place) == (Hop.LOGIN, "lab")


async def test_no_end_in_sight(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part has its limit, and the whole has one too."""
    monkeypatch.setattr(diagnosing, "LONGEST_SECONDS", 0.2)
    async with answering(keys, b"") as config:
        told = await diagnosed(alices(1), [config])

    assert told.failed.step is Hop.SSH
    assert told.diagnosis.timed_out
    assert "took too long altogether" in told.wrong


async def test_rights_are_refused(keys: Keys, notebook: FakeNotebook) -> None:
    """A remote that leads to the notebook and nowhere else, and has no SFTP."""
    async with FakeRemote(keys) as remote:
        remote.permitted = {f"127.0.0.1:{notebook.port}", f"localhost:{notebook.port}"}
        told = await diagnosed(alices(notebook.port), [remote.config(keys)], with_rights=True)

    assert [finding.step for finding in told.diagnosis.rights] == list(Right)
    assert rights_granted(told) == set()


async def test_rights_are_warned_of(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """What is granted, and what to do; it is no failure."""
    told = await diagnosed(alices(notebook.port), [remote.config(keys)], with_rights=True)

    assert rights_granted(told) == {Right.PORTS, Right.WRITING}
    assert told.diagnosis.outcome is Outcome.WARNING
    assert list((remote.home or Path()).iterdir()) == []


async def test_port_of_the_same_tunnel_is_needed(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """One key leads to both; a neighbour with a login of its own is another matter."""
    other = alices(9999, name=NotebookName("other"))
    remote.permitted = {f"127.0.0.1:{port}" for port in (notebook.port, 9999)}

    mine = await diagnosed(
        alices(notebook.port), [remote.config(keys)], neighbours=[other], with_rights=True
    )
    bobs = alices(9999, name=NotebookName("other"), login=LoginName("bob"))
    his = await diagnosed(
        alices(notebook.port), [remote.config(keys)], neighbours=[bobs], with_rights=True
    )

    assert Right.PORTS not in rights_granted(mine)
    assert Right.PORTS in rights_granted(his)


async def test_notebook_at_a_socket_needs_every_port(
    keys: Keys, remote: FakeRemote, tmp_path: Path
) -> None:
    """Sshd can't be told to lead to sockets and not to ports: what can't be closed is no warning."""
    async with FakeNotebook(socket=tmp_path / "jupyter.sock") as notebook:
        told = await diagnosed(
            alices(None, socket=str(notebook.socket), listener="any"),
            [remote.config(keys)],
            with_rights=True,
        )

    assert told.diagnosis.failed is None
    assert told.of(Right.PORTS).outcome is Outcome.OK
    assert "as a notebook at a socket needs" in told.of(Right.PORTS).found
