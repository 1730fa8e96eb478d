"""gateway.door.listener: taking connections, following the inventory, draining, TLS."""

import asyncio
import resource
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.inventory import Address
from gateway.core.names import NotebookName
from gateway.door.listener import Door
from tests.door.backend import Backend
from tests.door.fakes import FakeNotebooks, FakeWho, FakeWitness, House, dial, house
from tests.door.raw import raw_client, request

pytestmark = pytest.mark.anyio


async def test_nobody_gets_in_before_the_first_apply(alice: Backend) -> None:
    """Nothing declared is nothing allowed."""
    notebooks = FakeNotebooks({"alice": alice.port})
    door = Door(
        who=FakeWho(),
        tunnels=notebooks,
        control=lambda f: dial(alice.port, f),
        witness=FakeWitness(),
    )
    async with door.listening(_anywhere()) as port, raw_client(port) as client:
        client.send(request(host="localhost"))
        got = await client.answer()

    assert got is not None
    assert got.status == 401
    assert notebooks.opened == []


def _anywhere() -> Address:
    return Address("127.0.0.1", 0)


async def test_draining_lets_requests_finish(gateway: House, alice: Backend) -> None:
    """A request under way is answered; an idle connection is closed; new ones are refused (fault 25)."""
    async with raw_client(gateway.port) as busy, raw_client(gateway.port) as idle:
        idle.send(request())
        await idle.answer()
        busy.send(request("/alice/hold"))
        await alice.until(lambda: len(alice.seen) == 2)
        draining = asyncio.ensure_future(gateway.door.drain(5))

        assert await idle.ended()
        with pytest.raises(OSError, match=r"(?i)refused|connect call failed"):
            await asyncio.open_connection("127.0.0.1", gateway.port)
        alice.held.set()
        got = await busy.answer()
        await draining

    assert got is not None
    assert (got.status, got.headers[b"connection"]) == (200, b"close")
    assert gateway.door.legs == set()


async def test_draining_does_not_wait_for_ever(gateway: House, alice: Backend) -> None:
    """What does not end in time is cut."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/hold"))
        await alice.until(lambda: alice.seen)

        async with asyncio.timeout(2):
            await gateway.door.drain(0.05)


async def test_reload_leaves_alone_what_it_does_not_touch(gateway: House, alice: Backend) -> None:
    """Kept connections survive a reload that changes nothing of their notebook."""
    async with raw_client(gateway.port) as client:
        client.send(request())
        await client.answer()
        gateway.apply(notebooks=dict(gateway.inventory.notebooks))
        client.send(request())
        await client.answer()

    assert alice.connections == 1


async def test_reload_closes_what_leads_elsewhere(gateway: House, alice: Backend) -> None:
    """A notebook that moved to another port is not spoken to at the old one."""
    name = NotebookName("alice")
    async with raw_client(gateway.port) as client:
        client.send(request())
        await client.answer()
        moved = replace(gateway.inventory.notebooks[name], port=7009)
        gateway.apply(notebooks={**gateway.inventory.notebooks, name: moved})
        await alice.until(lambda: alice.open == 0)
        client.send(request())
        got = await client.answer()

    assert got is not None
    assert alice.connections == 2


async def test_d4_ended_session_ends_requests_under_way(gateway: House, alice: Backend) -> None:
    """A log-out is heard by requests that still wait for their answer (threat D4)."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/hold"))
        await alice.until(lambda: alice.seen)
        gateway.who.end("alice")
        gateway.door.recheck()
        got = await client.answer()

    assert got is not None
    assert got.status == 424
    await alice.until(lambda: alice.open == 0)


async def test_counts(gateway: House) -> None:
    """What metrics show is what is there."""
    async with raw_client(gateway.port) as client:
        client.send(request())
        await client.answer()

        assert gateway.door.counts() == {
            "connections": 1,
            "exchanges": 0,
            "held_requests": 0,
            "idle_upstream_connections": 1,
            "refused_connections_total": 0,
            "requests_total": 1,
        }


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for gw.test, and its key."""
    key, pem = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "1", "-subj", "/CN=gw.test", "-addext", "subjectAltName=DNS:gw.test",
         "-keyout", str(key), "-out", str(pem)],
        check=True, capture_output=True,
    )  # fmt: skip
    return pem, key


async def test_tls(alice: Backend, certificate: tuple[Path, Path]) -> None:
    """The same door behind TLS: bodies up and down, keep-alive, and a close that is heard."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    async with house(alice=alice, bob=alice, control=alice, tls=context) as gateway:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", gateway.port, ssl=trusting, server_hostname="gw.test"
        )
        body = b"x" * 1_000_000
        writer.write(request("/alice/echo", method="PUT", body=body))
        head = await reader.readuntil(b"\r\n\r\n")
        echoed = await reader.readexactly(len(body))
        writer.write(request("/alice/x", headers=("Connection: close",)))
        rest = await reader.read()
        writer.close()

    assert head.startswith(b"HTTP/1.1 200 ")
    assert echoed == body
    assert rest.endswith(b"alice saw /x")


async def test_running_out_of_descriptors_is_survived(gateway: House, alice: Backend) -> None:
    """With no descriptor left new clients fail, old ones do not, and nothing spins (fault 36)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with raw_client(gateway.port) as old:
        old.send(request())
        await old.answer()
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (_descriptors() + 1, hard))
            crowd = [await _try_to_connect(gateway.port) for _ in range(20)]
            old.send(request())
            got = await old.answer()
            spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
            await asyncio.sleep(0.2)
            spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - spent
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for writer in crowd:
                if writer is not None:
                    writer.transport.abort()

        assert got is not None
        assert got.status == 200
        assert spent < 0.1
        async with raw_client(gateway.port) as new:
            new.send(request())
            again = await new.answer()

    assert again is not None
    assert again.status == 200


def _descriptors() -> int:
    return max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())


async def _try_to_connect(port: int) -> asyncio.StreamWriter | None:
    try:
        return (await asyncio.open_connection("127.0.0.1", port))[1]
    except OSError:
        return None
