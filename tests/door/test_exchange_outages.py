"""gateway.door.exchange: what members are told while a notebook can't be reached."""

import pytest

from gateway.core.inventory import Limits
from gateway.errors import NotebookStopped, Reason, TunnelDown
from tests.door.backend import Backend
from tests.door.fakes import House, house
from tests.door.raw import NAVIGATION, SCRIPT, raw_client, request

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("fields", [(), SCRIPT])
async def test_script_is_told_503_while_the_tunnel_is_down(
    gateway: House, fields: tuple[str, ...]
) -> None:
    """A script waits, and then gets 503 with a message: anything else it takes for death."""
    gateway.notebooks.down["alice"] = TunnelDown(Reason.LOST, "the tunnel is down")
    async with raw_client(gateway.port) as client:
        client.send(request(headers=fields))
        got = await client.answer()

    assert got is not None
    assert got.status == 503
    assert b'"message": "the tunnel is down"' in got.body
    assert b"retry-after" in got.headers


async def test_request_is_held_until_the_notebook_is_back(gateway: House) -> None:
    """A short break is only a delay."""
    gateway.apply()
    gateway.notebooks.down["alice"] = TunnelDown(Reason.LOST, "the tunnel is down")
    async with raw_client(gateway.port) as client:
        client.send(request())
        gateway.notebooks.ready.set()
        got = await client.answer()

    assert got is not None
    assert got.status == 200


@pytest.mark.parametrize(("fields", "patient"), [((), False), (NAVIGATION, False), (SCRIPT, True)])
async def test_only_an_open_page_is_patient(
    gateway: House, fields: tuple[str, ...], *, patient: bool
) -> None:
    """A program and a person are told at once when it lasts; JupyterLab's scripts wait each time."""
    gateway.notebooks.down["alice"] = TunnelDown(Reason.LOST, "the tunnel is down")
    async with raw_client(gateway.port) as client:
        client.send(request(headers=fields))
        await client.answer()

    assert gateway.notebooks.patience == [patient]


async def test_page_load_gets_the_waiting_page(gateway: House, control: Backend) -> None:
    """A browser's page load is shown why, by the control plane."""
    gateway.notebooks.down["alice"] = NotebookStopped(Reason.NOT_RUNNING, "it is not running")
    async with raw_client(gateway.port) as client:
        client.send(request(headers=NAVIGATION))
        got = await client.answer()

    assert got is not None
    assert got.body == b"control saw /-/waiting/alice"
    assert [seen.method for seen in control.seen] == [b"GET"]


async def test_silent_notebook_is_given_up(alice: Backend, bob: Backend, control: Backend) -> None:
    """After the time limit a script gets 503 and a page load 504 (fault 18)."""
    limits = Limits(upstream_seconds=0.1)
    async with house(alice=alice, bob=bob, control=control, limits=limits) as gateway:
        for fields, status in ((SCRIPT, 503), (NAVIGATION, 504)):
            async with raw_client(gateway.port) as client:
                client.send(request("/alice/hold", headers=fields))
                got = await client.answer()

            assert got is not None
            assert got.status == status
        assert gateway.notebooks.suspected == ["alice", "alice"]


async def test_line_is_doubted_while_an_answer_is_long_in_coming(
    gateway: House, alice: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 8: the remote is asked for a sign of life, once; the answer is still waited for."""
    monkeypatch.setattr("gateway.door.client.DOUBT_SECONDS", 0.02)
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/hold"))
        await gateway.notebooks.doubt_arose.wait()
        alice.held.set()
        got = await client.answer()

    assert got is not None
    assert got.status == 200
    assert gateway.notebooks.doubted == ["alice"]
