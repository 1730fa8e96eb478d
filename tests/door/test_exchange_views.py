"""gateway.door.exchange, for viewers: requests that are refused, answered here, changed on their way, or held."""

import json

import pytest

from gateway.core.names import MemberName
from gateway.core.session_notice import with_notice
from gateway.core.viewing_page import BADGE
from gateway.errors import Reason, TunnelDown
from tests.door.backend import Backend
from tests.door.fakes import House
from tests.door.raw import SCRIPT, raw_client, request
from tests.door.viewers import until, view_by

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("viewer")]

FILE = "b5a847b3-d503-4bbf-bb2a-15791a379173"


@pytest.fixture
def viewer(gateway: House) -> None:
    """Bob may view alice's notebook, which is a Jupyter."""
    view_by(gateway, MemberName("bob"))


async def test_refusals_are_told_in_jupyters_words(gateway: House) -> None:
    """JupyterLab shows the message."""
    async with raw_client(gateway.port) as bob:
        bob.send(request("/alice/api/kernels", method="POST", member="bob", body=b"{}"))
        answer = await bob.answer(b"POST")

    assert answer is not None
    assert answer.status == 403
    assert json.loads(answer.body)["message"].startswith("view only")


async def test_a_pages_layout_is_told_to_be_kept(gateway: House) -> None:
    """And the connection goes on."""
    async with raw_client(gateway.port) as bob:
        for _ in range(2):
            path = "/alice/lab/api/workspaces/default"
            bob.send(request(path, method="PUT", member="bob", body=b'{"data": {}}'))
            answer = await bob.answer(b"PUT")
            assert answer is not None
            assert (answer.status, answer.body) == (204, b"")
            assert b"content-length" not in answer.headers


async def test_a_page_says_that_it_is_only_a_view(gateway: House, alice: Backend) -> None:
    """With a badge, whole and uncompressed; somebody who uses the notebook hears of the log-in alone."""
    page = b"<html><body>hello</body></html>"
    told = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n%b"
    for member, whole in (("bob", with_notice(page) + BADGE), ("carol", with_notice(page))):
        alice.raw[b"/lab"] = [told % (len(page), page)]
        async with raw_client(gateway.port) as client:
            client.send(request("/alice/lab", member=member, headers=("Accept-Encoding: gzip",)))
            answer = await client.answer()

        assert answer is not None
        assert answer.body == whole
    encodings = [seen.every(b"accept-encoding") for seen in alice.seen]
    assert encodings[0] == []


async def test_files_arrive_as_read_only(gateway: House, alice: Backend) -> None:
    """Whole, however they come, with their length; and the connection goes on."""
    model = b'{"content": "%b", "writable": true}' % (b"x" * 100_000)
    told = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
    async with raw_client(gateway.port) as bob:
        for _ in range(2):
            alice.raw[b"/api/contents/a"] = [told % (len(model), model)]
            bob.send(request("/alice/api/contents/a?content=1", member="bob"))
            answer = await bob.answer()

            assert answer is not None
            assert answer.body == model.replace(b'"writable": true', b'"writable":false')
            assert answer.headers[b"content-length"] == b"%d" % len(model)


async def test_a_rooms_ticket_is_sealed(gateway: House, alice: Backend) -> None:
    """What is asked goes on; what is answered can be used."""
    ticket = (
        b'{"format": "json", "type": "notebook", "fileId": "%b", "sessionId": "s"}' % FILE.encode()
    )
    told = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
    alice.raw[b"/api/collaboration/session/a.ipynb"] = [told % (len(ticket), ticket)]
    path = "/alice/api/collaboration/session/a.ipynb"
    async with raw_client(gateway.port) as bob:
        bob.send(request(path, method="PUT", member="bob", body=b'{"format": "json"}'))
        answer = await bob.answer(b"PUT")

    assert answer is not None
    file = json.loads(answer.body)["fileId"]
    assert file.startswith(f"{FILE}.")
    assert alice.seen[0].body == b'{"format": "json"}'


@pytest.mark.parametrize(
    ("target", "status"), [("/alice/api/status", 200), ("/alice/api/shutdown", 403)]
)
async def test_a_held_request_is_judged_when_the_notebook_is_back(
    gateway: House, alice: Backend, target: str, status: int
) -> None:
    """As if it had come then; what is refused leaves the notebook in peace."""
    gateway.notebooks.down["alice"] = TunnelDown(Reason.LOST, "the tunnel is down")
    async with raw_client(gateway.port) as bob:
        bob.send(request(target, member="bob", headers=SCRIPT))
        await until(lambda: len(gateway.door.ledger) == 1)
        del gateway.notebooks.down["alice"]
        gateway.notebooks.ready.set()
        answer = await bob.answer()

    assert answer is not None
    assert answer.status == status
    assert len(alice.seen) == (1 if status == 200 else 0)
