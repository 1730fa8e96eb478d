"""gateway.door.exchange: what members are told while a notebook can't be reached."""

import json

import pytest

from gateway.core.inventory import Limits
from gateway.errors import NotebookStopped, Reason, TunnelDown, UpstreamTimedOut
from tests.door.backend import Backend
from tests.door.fakes import House, house
from tests.door.raw import NAVIGATION, SCRIPT, raw_client, request

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("fields", [(), SCRIPT])
async def test_script_is_told_503_while_the_tunnel_is_down(
    gateway: House, fields: tuple[str, ...]
) -> None:
    """A script waits, and then gets 503 with a message: anything else it takes for death."""
    gateway.notebooks.down["alice"] = TunnelDown(Reason.LOST, "alice@lab.example.org is away")
    async with raw_client(gateway.port) as client:
        client.send(request(headers=fields))
        got = await client.answer()

    assert got is not None
    assert got.status == 503
    assert got.headers[b"retry-after"] == b"7"
    assert got.headers[b"content-type"] == b"application/problem+json"
    said = json.loads(got.body)
    assert said["message"].startswith("The connection to the remote was lost. The gateway keeps")
    assert (said["state"], said["reason"], said["hop"]) == ("reconnecting", "lost", "SSH")
    assert (said["since"], said["retry_after"]) == ("2027-01-15T08:00:00Z", 7)
    assert b"example" not in got.body


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
    assert got.body == b"control saw /-/waiting/alice?seen=not_running"
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


async def test_notebook_that_hangs_up_is_not_asked_twice(gateway: House, alice: Backend) -> None:
    """On a connection made for this request it was no chance; a script is told what was seen."""
    alice.raw[b"/raw"] = [b""]
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/raw", headers=SCRIPT))
        got = await client.answer()

    assert got is not None
    assert got.status == 503
    assert json.loads(got.body)["reason"] == "hung_up"
    assert len(alice.seen) == 1


async def test_page_load_of_a_notebook_that_can_not_be_opened_waits(
    gateway: House, control: Backend
) -> None:
    """Whatever the reason: before a notebook is reached, its page is the one that comes back."""
    gateway.notebooks.failing = [UpstreamTimedOut(Reason.SILENT, "the channel does not open")]
    async with raw_client(gateway.port) as client:
        client.send(request(headers=NAVIGATION))
        await client.answer()

    assert [seen.target for seen in control.seen] == [b"/-/waiting/alice?seen=silent"]


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
