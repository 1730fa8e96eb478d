"""gateway.door.exchange: requests through to a notebook and back, over real sockets."""

import asyncio
import logging

import pytest

from gateway.core.inventory import Limits
from tests.door.backend import Backend
from tests.door.fakes import TOKENS, House, house
from tests.door.raw import NAVIGATION, SCRIPT, raw_client, request

pytestmark = pytest.mark.anyio

CHUNKED = "Transfer-Encoding: chunked"


async def test_get_passes_through(gateway: House, alice: Backend) -> None:
    """A request reaches the notebook, and its answer comes back."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/x?y=1"))
        got = await client.answer()

    assert got is not None
    assert (got.status, got.body) == (200, b"alice saw /x?y=1")
    assert [seen.method for seen in alice.seen] == [b"GET"]


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (request("/alice/echo", method="POST", body=b"hello"), b"hello"),
        (
            request("/alice/echo", method="POST", headers=(CHUNKED,))
            + b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Gw-User: admin\r\n\r\n",
            b"hello world",
        ),
    ],
    ids=["sized", "chunked"],
)
async def test_b18_body_passes_through(
    gateway: House, alice: Backend, raw: bytes, body: bytes
) -> None:
    """A body arrives whole, however it is framed; trailers stay behind (threat B18)."""
    async with raw_client(gateway.port) as client:
        client.send(raw)
        got = await client.answer(b"POST")

    assert got is not None
    assert got.body == alice.seen[0].body == body
    assert not alice.seen[0].every(b"x-gw-user")


@pytest.mark.parametrize("kind", ["sized", "chunked", "close"])
async def test_answer_passes_through_however_it_is_framed(gateway: House, kind: str) -> None:
    """An answer arrives whole, and the client's connection stays good."""
    async with raw_client(gateway.port) as client:
        for _ in range(2):
            client.send(request(f"/alice/{kind}/300000"))
            got = await client.answer()

            assert got is not None
            assert len(got.body) == 300_000


@pytest.mark.parametrize("target", ["/alice/chunked/9", "/alice/close/9", "/alice/sized/9"])
async def test_http_1_0_gets_an_answer_it_can_read(gateway: House, target: str) -> None:
    """A client of HTTP/1.0 never sees chunks."""
    async with raw_client(gateway.port) as client:
        client.send(request(target).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        raw = await client.reader.read()

    head, _, body = raw.partition(b"\r\n\r\n")
    assert body == b"x" * 9
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head


async def test_b16_bodiless_answers_leave_the_connection_in_step(gateway: House) -> None:
    """After HEAD, 204, 304 and a GET with a body, the next request is the next (threat B16)."""
    async with raw_client(gateway.port) as client:
        for method, target, body in [
            ("HEAD", "/alice/sized/5", b""),
            ("GET", "/alice/status/204", b""),
            ("GET", "/alice/status/304", b""),
            ("GET", "/alice/x", b"a body that GET should not have"),
            ("DELETE", "/alice/status/204", b""),
        ]:
            client.send(request(target, method=method, body=body))
            assert await client.answer(method.encode()) is not None
        client.send(request("/alice/last"))
        got = await client.answer()

    assert got is not None
    assert got.body == b"alice saw /last"


async def test_head_tells_the_length_it_stands_for(gateway: House) -> None:
    """HEAD keeps the content-length of the answer to GET."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/sized/5", method="HEAD"))
        got = await client.answer(b"HEAD")

    assert got is not None
    assert (got.headers[b"content-length"], got.body) == (b"5", b"")


async def test_pipelined_requests_are_answered_in_order(gateway: House, alice: Backend) -> None:
    """Requests sent ahead wait for those before them."""
    async with raw_client(gateway.port) as client:
        client.send(b"".join(request(f"/alice/{i}") for i in range(50)))
        bodies = [got.body for _ in range(50) if (got := await client.answer())]

    assert bodies == [b"alice saw /%d" % i for i in range(50)]
    assert alice.connections == 1


async def test_pipelined_refusals_do_not_pile_up_the_stack(gateway: House) -> None:
    """Requests that are answered at once, thousands in a row, are answered all."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/x", member=None) * 3000)
        statuses = {got.status for _ in range(3000) if (got := await client.answer())}

    assert statuses == {401}


async def test_continue_is_the_notebooks_word(gateway: House, alice: Backend) -> None:
    """``Expect: 100-continue`` is asked of the notebook, and its 100 passed on."""
    async with raw_client(gateway.port) as client:
        expecting = ("Expect: 100-continue", "Content-Length: 5")
        client.send(request("/alice/echo", method="PUT", headers=expecting))
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 \r\n\r\n"
        client.send(b"hello")
        got = await client.answer(b"PUT")

    assert got is not None
    assert got.body == alice.seen[0].body == b"hello"


async def test_b15_early_answer_ends_the_connection(gateway: House, alice: Backend) -> None:
    """What follows an early 401 is never taken for a request (threat B15)."""
    async with raw_client(gateway.port) as client:
        expecting = ("Expect: 100-continue", "Content-Length: 500")
        client.send(request("/alice/early", method="PUT", headers=expecting))
        got = await client.answer(b"PUT")
        client.send(request("/alice/smuggled"))

        assert got is not None
        assert (got.status, got.headers[b"connection"]) == (401, b"close")
        assert await client.ended()
    assert [seen.target for seen in alice.seen] == [b"/early"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\nb: c\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfX",
        b"",
    ],
    ids=lambda answer: repr(answer[:60]),
)
async def test_b13_b14_malformed_answers_stay_behind(
    gateway: House, alice: Backend, answer: bytes
) -> None:
    """A script gets 503, a page load 502, neither a byte of it (threats B13, B14)."""
    for fields, statuses in (SCRIPT, {503}), (NAVIGATION, {200, 502}):
        alice.raw[b"/raw"] = [answer]
        async with raw_client(gateway.port) as client:
            client.send(request("/alice/raw", headers=fields))
            got = await client.answer()

        assert got is not None
        assert got.status in statuses
        assert b"x" not in got.headers
    assert alice.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 204 No Content\r\n\r\nevil",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nevil",
    ],
)
async def test_b14_surplus_bytes_spoil_the_connection(
    gateway: House, alice: Backend, answer: bytes
) -> None:
    """Bytes after an answer's end are dropped with their connection (threat B14)."""
    alice.raw[b"/raw"] = [answer, b"never sent"]
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/raw"))
        first = await client.answer()
        client.send(request("/alice/next"))
        second = await client.answer()

    assert first is not None
    assert second is not None
    assert first.body in (b"ok", b"")
    assert second.body == b"alice saw /next"
    assert alice.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
    ],
)
async def test_answer_that_breaks_off_is_not_passed_off_as_whole(
    gateway: House, alice: Backend, answer: bytes
) -> None:
    """The client's connection is cut where the notebook's was."""
    alice.raw[b"/raw"] = [answer]
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/raw"))
        with pytest.raises(ConnectionError):
            await client.reader.read()


async def test_upstream_connections_are_kept(gateway: House, alice: Backend) -> None:
    """Requests of one member share a connection, one after the other."""
    for _ in range(5):
        async with raw_client(gateway.port) as client:
            client.send(request())
            assert await client.answer() is not None

    assert alice.connections == 1


async def test_b17_upstream_connections_are_never_shared(gateway: House, alice: Backend) -> None:
    """No connection carries two members' requests (threat B17)."""
    for member in ("alice", "carol", "alice", "carol"):
        async with raw_client(gateway.port) as client:
            client.send(request(f"/alice/{member}", member=member))
            assert await client.answer() is not None

    carried = {(seen.connection, seen.target) for seen in alice.seen}
    assert carried == {(1, b"/alice"), (2, b"/carol")}


async def test_stale_connection_is_replaced(gateway: House, alice: Backend) -> None:
    """A kept connection that the notebook has closed costs nobody an error."""
    alice.closes_idle = True
    async with raw_client(gateway.port) as client:
        for _ in range(5):
            client.send(request())
            got = await client.answer()

            assert got is not None
            assert got.status == 200
    assert len(alice.seen) == 5


async def test_idempotent_request_is_sent_again_once(gateway: House, alice: Backend) -> None:
    """A kept connection that dies under a GET, with no byte answered, is replaced."""
    async with raw_client(gateway.port) as client:
        client.send(request())
        await client.answer()
        alice.raw[b"/raw"] = [b""]
        client.send(request("/alice/raw"))
        got = await client.answer()

    assert got is not None
    assert got.body == b"alice saw /raw"
    assert [seen.target for seen in alice.seen] == [b"/x", b"/raw", b"/raw"]


async def test_post_is_never_sent_twice(gateway: House, alice: Backend) -> None:
    """What may have had an effect is not tried again."""
    async with raw_client(gateway.port) as client:
        client.send(request())
        await client.answer()
        alice.raw[b"/raw"] = [b""]
        client.send(request("/alice/raw", method="POST", body=b"x"))
        got = await client.answer(b"POST")

    assert got is not None
    assert got.status == 503
    assert len(alice.seen) == 2


async def test_b11_client_that_leaves_takes_the_opening_channel_along(gateway: House) -> None:
    """A channel that is opened for nobody is given up (threat B11)."""
    gateway.notebooks.may_open.clear()
    async with raw_client(gateway.port) as client:
        client.send(request())
        await gateway.notebooks.opening.wait()

    async with asyncio.timeout(5):
        while not gateway.notebooks.cancelled:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)


async def test_client_that_leaves_ends_the_upstream_request(gateway: House, alice: Backend) -> None:
    """An answer that nobody waits for is not waited for."""
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/hold"))
        await alice.until(lambda: alice.seen)

    await alice.until(lambda: alice.open == 0)
    assert not alice.held.is_set()


async def test_g10_member_has_a_share_of_the_connections(
    alice: Backend, bob: Backend, control: Backend
) -> None:
    """One member can't take all (threat G10); another still gets in."""
    limits = Limits(connections_per_member=2)
    async with house(alice=alice, bob=bob, control=control, limits=limits) as gateway:
        async with raw_client(gateway.port) as one, raw_client(gateway.port) as two:
            one.send(request("/alice/hold"))
            two.send(request("/alice/hold"))
            await alice.until(lambda: len(alice.seen) == 2)

            assert await _status(gateway, request()) == 429
            assert await _status(gateway, request(member="carol")) == 200
        alice.held.set()


async def _status(gateway: House, raw: bytes) -> int:
    async with raw_client(gateway.port) as client:
        client.send(raw)
        got = await client.answer()
        assert got is not None
        return got.status


async def test_control_plane_is_one_more_upstream(gateway: House, control: Backend) -> None:
    """What is the gateway's own goes to the control plane, with the client's cookies and address."""
    async with raw_client(gateway.port) as client:
        client.send(request("/-/login", method="POST", body=b"member=alice"))
        got = await client.answer(b"POST")

    assert got is not None
    assert got.body == b"control saw /-/login"
    [seen] = control.seen
    assert seen.body == b"member=alice"
    assert seen.every(b"cookie")
    assert seen.every(b"x-forwarded-for") == [b"127.0.0.1"]


async def test_d11_d13_access_log_tells_no_secrets(
    gateway: House, caplog: pytest.LogCaptureFixture
) -> None:
    """One line for each request: no query, no cookie, no token (threats D11, D13)."""
    caplog.set_level(logging.DEBUG)
    async with raw_client(gateway.port) as client:
        client.send(request("/alice/api/x?token=geheim", headers=("X: secret",)))
        await client.answer()
        client.send(
            request("/alice/y", member=None, headers=(f"Authorization: Bearer {TOKENS['alice']}",))
        )
        await client.answer()

    lines = [record.getMessage() for record in caplog.records if record.name == "gateway.access"]
    assert [line.split()[:3] for line in lines] == [
        ["GET", "/alice/api/x", "200"],
        ["GET", "/alice/y", "200"],
    ]
    assert lines[0].endswith("alice alice")
    assert not any(s in caplog.text for s in ("geheim", "gwp_", "session-of", "secret"))
