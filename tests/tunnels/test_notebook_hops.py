"""gateway.tunnels.notebook_hops and answer_hops: what is found out about a notebook that can't be used."""

import asyncio
from pathlib import Path

import pytest

from gateway.core.diagnosis import Outcome
from gateway.core.hop import Hop
from gateway.core.inventory import Routing, Scheme, TokenSource, Verify
from gateway.core.names import NotebookName
from gateway.errors import Reason, TunnelDown
from gateway.tunnels import asking, notebook_hops, tls
from gateway.tunnels.probing import Reached
from tests.tunnels.certificates import SelfSigned
from tests.tunnels.diagnoses import Told, diagnosed
from tests.tunnels.fakes import Keys, alices
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.proc import Proc
from tests.tunnels.remotes import FakeRemote

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    return SelfSigned.made_in(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is noticed soon."""
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(tls, "HANDSHAKE_SECONDS", 0.2)


async def of_jupyter(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, **options: object
) -> Told:
    return await diagnosed(alices(notebook.port, **options), [remote.config(keys)])


# The channel.


async def test_other_spelling_is_told(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    """permitopen= compares the spelling; the gateway copes, and the walk says how."""
    remote.permitted = {f"localhost:{notebook.port}"}

    told = await of_jupyter(keys, remote, notebook)

    assert told.of(Hop.CHANNEL).outcome is Outcome.OK
    assert told.of(Hop.CHANNEL).tried == f"localhost:{notebook.port}"
    assert told.of(Hop.CHANNEL).found == "open; 127.0.0.1 is forbidden"


async def test_other_ports_only(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """Where a neighbour's port is allowed, it is PermitOpen that leaves ours out."""
    remote.permitted = {"127.0.0.1:7002"}
    bob = alices(7002, name=NotebookName("bob"))

    told = await diagnosed(alices(notebook.port), [remote.config(keys)], neighbours=[bob])

    assert told.failed.step is Hop.CHANNEL
    assert told.failed.reason is Reason.FORWARDING_REFUSED
    assert "to 127.0.0.1:7002, but not" in told.wrong


async def test_no_forwards_at_all(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    """Which of two causes it is can't be told, so both are named."""
    remote.forwards = False

    told = await of_jupyter(keys, remote, notebook)

    assert told.failed.reason is Reason.FORWARDING_REFUSED
    assert "AllowTcpForwarding" in told.wrong
    assert "PermitOpen" in told.wrong


async def test_notebook_at_the_other_loopback(keys: Keys, remote: FakeRemote) -> None:
    """It listens at ::1, which this remote does not call localhost."""
    async with await asyncio.start_server(
        lambda _reader, writer: writer.close(), "::1", 0
    ) as server:
        port = server.sockets[0].getsockname()[1]

        told = await diagnosed(alices(port), [remote.config(keys)])

    assert told.failed.step is Hop.CHANNEL
    assert "only at ::1" in told.wrong
    assert "--ip=127.0.0.1" in told.fix


async def test_socket_that_is_not_there(keys: Keys, remote: FakeRemote, tmp_path: Path) -> None:
    told = await diagnosed(alices(None, socket=str(tmp_path / "j.sock")), [remote.config(keys)])

    assert told.failed.reason is Reason.NOT_RUNNING
    assert f"--sock={tmp_path}/j.sock" in told.fix


# What answers.


async def test_hung_notebook(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, brief: None
) -> None:
    notebook.silent = True

    told = await of_jupyter(keys, remote, notebook)

    assert told.failed.step is Hop.HTTP
    assert told.diagnosis.timed_out
    assert "takes connections" in told.wrong


async def test_what_speaks_no_http(keys: Keys, remote: FakeRemote, notebook: FakeNotebook) -> None:
    notebook.greeting = b"220 mail.example.org ESMTP\r\n"

    told = await of_jupyter(keys, remote, notebook)

    assert told.failed.step is Hop.HTTP
    assert told.failed.reason is Reason.NOT_HTTP
    assert "notebooks.alice.port" in told.fix


async def test_https_asked_as_http(keys: Keys, remote: FakeRemote, certificate: SelfSigned) -> None:
    async with FakeNotebook(tls=certificate.server_context) as notebook:
        told = await of_jupyter(keys, remote, notebook, scheme=Scheme.HTTP)

    assert told.failed.step is Hop.TLS
    assert "says scheme: http, but" in told.wrong
    assert not told.diagnosis.timed_out
    assert all(authorization is None for _, _, authorization in notebook.asked)


async def test_http_asked_as_https(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, brief: None
) -> None:
    told = await of_jupyter(keys, remote, notebook, scheme=Scheme.HTTPS, verify=Verify(off=True))

    assert told.failed.step is Hop.TLS
    assert "says scheme: https, but" in told.wrong


async def test_refused_certificate(keys: Keys, remote: FakeRemote, certificate: SelfSigned) -> None:
    """What it shows is told, ready to be pinned; then all is well."""
    async with FakeNotebook(tls=certificate.server_context) as notebook:
        told = await of_jupyter(keys, remote, notebook)
        pinned = await of_jupyter(keys, remote, notebook, verify=Verify(pin=certificate.pin))

    assert told.failed.step is Hop.TLS
    assert f'`verify: "{certificate.pin}"`' in told.fix
    assert pinned.diagnosis.failed is None
    assert pinned.of(Hop.TLS).found == "spoken; the certificate is one that may be trusted"


async def test_silent_tls(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, brief: None
) -> None:
    """It answers by no scheme at all."""
    notebook.silent = True

    told = await of_jupyter(keys, remote, notebook, scheme=Scheme.HTTPS)

    assert told.failed.step is Hop.TLS
    assert told.diagnosis.timed_out


# The base URL.


@pytest.mark.parametrize(
    ("routing", "base_path", "outcome", "found"),
    [
        (Routing.PATH, "/", Outcome.OK, "/, which the gateway shows as /alice/"),
        (Routing.PATH, "/alice/", Outcome.OK, "/alice/, as members know it"),
        (Routing.PATH, "/bob/", Outcome.OK, "/bob/, which the gateway shows as /alice/"),
        (Routing.HOST, "/", Outcome.OK, "/, as members know it"),
        (Routing.HOST, "/alice/", Outcome.WARNING, "/alice/"),
    ],
)
async def test_base_urls(
    keys: Keys,
    remote: FakeRemote,
    routing: Routing,
    base_path: str,
    outcome: Outcome,
    found: str,
) -> None:
    """The gateway copes with any in path routing; on its own host, members find nothing at /."""
    async with FakeNotebook(base_path=base_path) as notebook:
        told = await diagnosed(alices(notebook.port), [remote.config(keys)], routing=routing)

    assert told.of(Hop.BASE_URL).outcome is outcome
    assert told.of(Hop.BASE_URL).found == found


async def test_hidden_base_url(keys: Keys, remote: FakeRemote) -> None:
    """A Content-Security-Policy of its own hides it; the runtime file tells."""
    async with FakeNotebook(base_path="/x/") as notebook:
        notebook.tells_base_path = False
        notebook.write_runtime_file(remote.home or Path())
        told = await of_jupyter(keys, remote, notebook)

    assert told.failed.step is Hop.BASE_URL
    assert "lives below /x/" in told.wrong


async def test_unknown_base_url(keys: Keys, remote: FakeRemote) -> None:
    """Nothing tells it, and a file of a server that is gone is not believed: that is as much as can be said."""
    async with FakeNotebook(base_path="/y/", version=None) as notebook:
        notebook.write_runtime_file(remote.home or Path(), base_url="/x/")
        told = await of_jupyter(keys, remote, notebook)

    assert told.diagnosis.failed is None
    assert told.of(Hop.BASE_URL).outcome is Outcome.WARNING
    assert "nothing at /" in str(told.of(Hop.BASE_URL).advice)


# The token.


@pytest.mark.parametrize(
    ("written", "options", "outcome", "found"),
    [
        ("t0ken", {}, Outcome.OK, "it takes the one in Jupyter's runtime file"),
        ("stale", {}, Outcome.WARNING, "it takes none of those found"),
        (None, {}, Outcome.WARNING, "no runtime file tells of it"),
        ("", {}, Outcome.OK, "it has a password: members meet its own log-in page"),
        (None, {"token": TokenSource.NONE}, Outcome.OK, "none is added: members meet its own log-in page"),
        (None, {"token": TokenSource.FILE, "holds": "t0ken"}, Outcome.OK, "it takes the one in {file}"),
        (None, {"token": TokenSource.FILE, "holds": "wrong"}, Outcome.WARNING, "it does not take the one in token_file"),
        ("stale", {"holds": "wrong"}, Outcome.WARNING, "it does not take the one in token_file"),
    ],
)  # fmt: skip
async def test_tokens(  # noqa: PLR0913, PLR0917  a table
    keys: Keys,
    remote: FakeRemote,
    notebook: FakeNotebook,
    tmp_path: Path,
    written: str | None,
    options: dict[str, object],
    outcome: Outcome,
    found: str,
) -> None:
    if written is not None:
        notebook.write_runtime_file(remote.home or Path(), token=written)
    given = dict(options)
    if "holds" in given:
        (tmp_path / "token").write_text(str(given.pop("holds")))
        given["token_file"] = str(tmp_path / "token")

    told = await of_jupyter(keys, remote, notebook, **given)

    assert told.of(Hop.TOKEN).outcome is outcome
    assert told.of(Hop.TOKEN).found == found.format(file=tmp_path / "token")


async def test_no_sftp(keys: Keys, notebook: FakeNotebook) -> None:
    """token: auto needs it; who listens can't be seen either."""
    async with FakeRemote(keys) as remote:
        told = await of_jupyter(keys, remote, notebook)

    assert told.of(Hop.LISTENER).outcome is Outcome.WARNING
    assert "whoever takes that place" in str(told.of(Hop.LISTENER).advice)
    assert told.of(Hop.TOKEN).found.startswith("there is no SFTP")
    assert "remotes key lab --for alice" in str(told.of(Hop.TOKEN).advice)


async def test_notebook_that_asks_nobody(keys: Keys, remote: FakeRemote) -> None:
    """Every account on the remote can use it."""
    async with FakeNotebook(token="") as notebook:
        told = await of_jupyter(keys, remote, notebook)

    assert told.of(Hop.TOKEN).outcome is Outcome.WARNING
    assert "every account on lab" in str(told.of(Hop.TOKEN).advice)


@pytest.mark.parametrize(
    ("listener", "outcome", "found"),
    [
        (None, Outcome.FAILED, "is held by uid"),
        ("any", Outcome.OK, "not looked at: listener: any"),
        ("dora", Outcome.FAILED, "knows no account dora"),
    ],
)
async def test_f7_foreign_listener_is_sent_nothing(
    keys: Keys,
    remote: FakeRemote,
    notebook: FakeNotebook,
    listener: str | None,
    outcome: Outcome,
    found: str,
) -> None:
    """Threat F7: the walk ends before anything is said, unless the configuration wants it so."""
    proc = Proc(remote.home or Path())
    proc.held_by(notebook.port, proc.uid + 1)

    told = await of_jupyter(keys, remote, notebook, listener=listener)

    assert told.of(Hop.LISTENER).outcome is outcome
    assert found in told.of(Hop.LISTENER).found
    assert (notebook.asked == []) is (outcome is Outcome.FAILED)


async def test_foreign_listener_is_named(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook
) -> None:
    proc = Proc(remote.home or Path())
    proc.held_by(notebook.port, proc.uid + 1)

    told = await of_jupyter(keys, remote, notebook)

    assert told.failed.reason is Reason.FOREIGN_LISTENER
    assert f"another account's (uid {proc.uid + 1})" in told.wrong
    assert "notebooks.alice.listener" in told.fix


async def test_connection_that_ends_meanwhile(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no hop of the notebook's is told where the walk had come to."""

    async def lost(*_: object) -> Reached:
        raise TunnelDown(Reason.LOST, "the tunnel ended")

    monkeypatch.setattr(notebook_hops, "probe", lost)

    told = await of_jupyter(keys, remote, notebook)

    assert told.failed.step is Hop.HTTP
    assert told.failed.reason is Reason.LOST
