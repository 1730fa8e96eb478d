"""gateway.door.exchange: requests through to a notebook and back, over real sockets."""

import pytest

from tests.door.backend import Backend
from tests.door.fakes import House
from tests.door.raw import raw_client, request

pytestmark = pytest.mark.anyio


async def test_get_passes_through(gateway: House, alice: Backend) -> None:
    """A request reaches the notebook, and its answer comes back."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/x?y=1"))
        got = await client.answer()

    assert got is not None
    assert (got.status, got.body.split()[0]) == (200, b"alice")
    assert [seen.method for seen in alice.seen] == [b"GET"]


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (request("/alice/echo", method="POST", body=b"hello"), b"hello"),
        (
            request("/alice/echo", method="POST", headers=("Transfer-Encoding: chunked",))
            + b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Gw-User: admin\r\n\r\n",
            b"hello world",
        ),
    ],
    ids=["sized", "chunked"],
)
async def test_body_passes_through(gateway: House, alice: Backend, raw: bytes, body: bytes) -> None:
    """A body arrives whole, however it is framed; trailers stay behind (threat B18)."""
    async with raw_client(gateway.port) as client:
        client.send(raw)
        got = await client.answer(b"POST")

    assert got is not None
    assert got.body.endswith(b"/echo") or got.body == body
    assert alice.seen[0].body == body
    assert not alice.seen[0].every(b"x-gw-user")
