"""gateway.tunnels.tls and certificates: https notebooks, and whom to believe."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.inventory import Notebook, Scheme, Verify
from gateway.core.names import LoginName
from gateway.core.status import NotebookState
from gateway.core.upstream import OUTLAST_SILENCE, TokenOrigin
from gateway.errors import Reason, UpstreamMalformed
from gateway.tunnels.certificates import covers, fingerprint_fits
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.probing import Approach
from gateway.tunnels.tls import judge_for
from gateway.tunnels.windows import Windows
from tests.tunnels.certificates import SelfSigned
from tests.tunnels.fakes import ALICE, FakePins, Keys, Listener, alices, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.remotes import FakeRemote
from tests.tunnels.running import running, until_state

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    return SelfSigned.made_in(tmp_path_factory.mktemp("certificate"), "localhost")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    return SelfSigned.made_in(tmp_path_factory.mktemp("strangers"), "other.example.org")


@pytest.fixture
async def secure(certificate: SelfSigned) -> AsyncIterator[FakeNotebook]:
    """A Jupyter that speaks https only."""
    async with FakeNotebook(tls=certificate.server_context) as serving:
        yield serving


def judged(port: int, verify: Verify, scheme: Scheme = Scheme.AUTO) -> Notebook:
    return alices(port, verify=verify, scheme=scheme)


@pytest.mark.parametrize("scheme", [Scheme.AUTO, Scheme.HTTPS])
@pytest.mark.parametrize("how", ["pin", "ca", "off"])
async def test_https(
    keys: Keys,
    remote: FakeRemote,
    secure: FakeNotebook,
    certificate: SelfSigned,
    how: str,
    scheme: Scheme,
) -> None:
    """An https notebook is found, judged as configured, and spoken to through TLS."""
    verify = {
        "pin": Verify(pin=certificate.pin),
        "ca": Verify(ca_file=str(certificate.path)),
        "off": Verify(off=True),
    }[how]
    secure.write_runtime_file(remote.home or Path())
    wanted = inventory(judged(secure.port, verify, scheme), remotes=(remote.config(keys),))

    async with running(wanted) as tunnels:
        upstream = await tunnels.upstream(ALICE, within_seconds=15)
        assert (upstream.scheme, upstream.token_origin) == (Scheme.HTTPS, TokenOrigin.RUNTIME_FILE)
        listener = Listener()
        transport = await tunnels.open_channel(ALICE, lambda: listener)
        assert callable(transport.get_extra_info(OUTLAST_SILENCE))
        transport.write(b"GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await listener.lost

    assert listener.got.endswith(b'{"version": "2.21.1"}')
    assert listener.told == ["made", "eof", "lost"]


@pytest.mark.parametrize("how", ["pin", "ca", "system", "name", "no file"])
async def test_refused_certificates(
    keys: Keys, remote: FakeRemote, strangers: SelfSigned, certificate: SelfSigned, how: str
) -> None:
    """Another certificate than the one that may be trusted: nothing is sent, and it is said why."""
    verify = {
        "pin": Verify(pin=certificate.pin),
        "ca": Verify(ca_file=str(certificate.path)),
        "system": Verify(),
        "name": Verify(ca_file=str(strangers.path)),
        "no file": Verify(ca_file="/nonexistent.pem"),
    }[how]
    async with FakeNotebook(tls=strangers.server_context) as other:
        wanted = inventory(judged(other.port, verify), remotes=(remote.config(keys),))
        async with running(wanted) as tunnels:
            with pytest.raises(UpstreamMalformed) as raised:
                await tunnels.upstream(ALICE, within_seconds=15)

            status = tunnels.status(ALICE)
            assert status is not None
            assert status.state is NotebookState.REFUSED
    assert raised.value.reason is Reason.CERTIFICATE_REFUSED
    assert other.asked == []


async def test_bulk_over_tls(keys: Keys, remote: FakeRemote, certificate: SelfSigned) -> None:
    """Megabytes both ways through TLS, with pauses, arrive whole."""
    size = 6 * MIB
    data = bytes(range(256)) * (size // 256)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(size))
        await writer.drain()
        writer.close()

    dialer = Dialer(pins=FakePins(), windows=Windows())
    judge = judge_for(Verify(pin=certificate.pin), ("localhost",))
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=certificate.server_context)
    way = Way(remote.config(keys), LoginName("alice"))
    async with server, await dialer.dial(way, None) as connection:
        notebook = alices(server.sockets[0].getsockname()[1])
        listener = Listener()
        approach = Approach(connection, notebook, judge=judge)
        transport = await approach.open(lambda: listener)

        for start in range(0, size, MIB):
            transport.write(data[start : start + MIB])
        await listener.until(lambda it: "pause" in it.told)
        await listener.until(lambda it: bool(it.got))
        transport.pause_reading()
        assert not transport.is_reading()
        transport.resume_reading()
        await listener.lost

    assert bytes(listener.got) == data
    assert listener.told == ["made", "pause", "resume", "eof", "lost"]


async def test_leaving_during_the_handshake(keys: Keys, remote: FakeRemote) -> None:
    """A caller who leaves while the far end ponders its hello leaks no channel."""
    greeted, hung_up = asyncio.Event(), asyncio.Event()

    async def ponder(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        greeted.set()
        await reader.read()
        hung_up.set()
        writer.close()

    dialer = Dialer(pins=FakePins(), windows=Windows())
    judge = judge_for(Verify(off=True), ("localhost",))
    way = Way(remote.config(keys), LoginName("alice"))
    server = await asyncio.start_server(ponder, "127.0.0.1", 0)
    async with server, await dialer.dial(way, None) as connection, asyncio.TaskGroup() as tasks:
        notebook = alices(server.sockets[0].getsockname()[1])
        approach = Approach(connection, notebook, judge=judge)
        opening = tasks.create_task(approach.open(Listener))
        await greeted.wait()

        opening.cancel()

        await hung_up.wait()


async def test_comes_and_goes_as_https(
    keys: Keys, remote: FakeRemote, notebook: FakeNotebook, certificate: SelfSigned
) -> None:
    """A notebook that was http and now is https is noticed when it is suspected."""
    wanted = inventory(
        judged(notebook.port, Verify(pin=certificate.pin)), remotes=(remote.config(keys),)
    )
    async with running(wanted) as tunnels:
        assert (await tunnels.upstream(ALICE, within_seconds=10)).scheme is Scheme.HTTP
        await notebook.stop()
        tunnels.suspect(ALICE)
        await until_state(tunnels, NotebookState.STOPPED)
        notebook.tls = certificate.server_context

        await notebook.start()

        assert (await until_state(tunnels, NotebookState.READY)).upstream is not None
        assert (await tunnels.upstream(ALICE, within_seconds=10)).scheme is Scheme.HTTPS


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        ((("DNS", "lab.example.org"),), True),
        ((("DNS", "LAB.example.org"),), True),
        ((("DNS", "*.example.org"),), True),
        ((("DNS", "*.org"),), False),
        ((("DNS", "localhost"),), True),
        ((("IP Address", "192.0.2.1"),), False),
        ((("DNS", "evil.org"), ("DNS", "localhost")), True),
        ((("URI", "localhost"),), False),
        ((), False),
    ],
)
def test_names(*, subjects: tuple[tuple[str, str], ...], expected: bool) -> None:
    """A certificate is made out to the remote's name or to localhost."""
    certificate = {"subjectAltName": subjects}

    assert covers(certificate, ("lab.example.org", "localhost")) is expected


def test_pins_as_people_write_them() -> None:
    """SHA256: and base64, or OpenSSL's hex with colons or without."""
    digest = hashlib.sha256(b"certificate")
    colons = ":".join(f"{byte:02X}" for byte in digest.digest())

    assert fingerprint_fits(b"certificate", digest.hexdigest())
    assert fingerprint_fits(b"certificate", colons)
    assert fingerprint_fits(b"certificate", f"SHA256:{colons}")
    assert not fingerprint_fits(b"other", colons)
    assert not fingerprint_fits(b"certificate", "SHA256:nonsense!")
    assert not fingerprint_fits(b"certificate", "")
