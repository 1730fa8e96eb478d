"""The door against fields, targets and answers that would say who asks, or lead elsewhere: over real sockets."""

import asyncio
import gzip

import pytest

from tests.door.backend import Backend
from tests.door.fakes import SESSIONS, TOKENS, House
from tests.door.raw import Got, raw_client, request

pytestmark = pytest.mark.anyio

IDENTITIES = (
    "X-Forwarded-User", "X_Forwarded_User", "X-Forwarded_User", "X.Forwarded.User", "x-FORWARDED-user",
    "X-Forwarded-Email", "X-Forwarded-Groups", "Remote-User", "REMOTE_USER", "X-Remote-User", "X-Auth-Request-User",
    "X-Gw-User", "X-WebAuth-User", "X-User-Id", "X-Authentik-Username", "X-Pomerium-Jwt-Assertion",
)  # fmt: skip
OVERRIDES = (
    "X-Forwarded-Uri: /-/livez", "X-Original-URL: /bob/x", "X-Rewrite-URL: /bob/x", "X-Original-Host: bob.gw.test",
    "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE", "X-Host: bob",
    "X-Forwarded-Host: bob.gw.test", "X-Forwarded-Prefix: /bob", "X-Forwarded-Port: 22", "Forwarded: host=bob",
)  # fmt: skip
BOMB = gzip.compress(bytes(20_000_000), 9)


async def ask(gateway: House, raw: bytes) -> Got:
    async with raw_client(gateway.port) as client:
        client.send(raw)
        got = await client.answer()
    assert got is not None
    return got


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("/api/contents/a%2Fb%20c%25%2B%C3%A9.ipynb?x=a+b", id="A16"),
        pytest.param("/%40/%2e%2e%2e/a%3Fb?%2e=%40&c=%5C", id="A16 what libraries rewrite"),
        pytest.param("/a%00%0d%0ab?x=%0d%0aX-Gw-User:%20admin%00", id="A17"),
    ],
)
async def test_a16_a17_a_target_arrives_byte_for_byte(
    gateway: House, alice: Backend, rest: str
) -> None:
    """Nothing is decoded on the way, and so nothing can become a header's end."""
    got = await ask(gateway, request(f"/alice{rest}"))

    assert got.status == 200
    [seen] = alice.seen
    assert seen.target == rest.encode()
    assert not seen.every(b"x-gw-user")


async def test_c1_nobody_outside_says_who_asks(gateway: House, alice: Backend) -> None:
    """However such a field is spelled, it does not reach the notebook."""
    await ask(gateway, request(headers=tuple(f"{name}: admin" for name in IDENTITIES)))

    [seen] = alice.seen
    assert b"admin" not in [value for _, value in seen.headers]


async def test_c2_no_field_changes_where_a_request_goes(
    gateway: House, alice: Backend, bob: Backend
) -> None:
    """The request line and Host alone say what is asked for; the rest stays behind."""
    got = await ask(gateway, request(headers=OVERRIDES))

    assert got.body == b"alice saw /x"
    [seen] = alice.seen
    assert seen.method == b"GET"
    said = {name: value for name, value in seen.headers if name.startswith((b"x-", b"forwarded"))}
    assert said == {
        b"x-forwarded-for": b"127.0.0.1",
        b"x-forwarded-proto": b"http",
        b"x-forwarded-host": b"gw.test",
    }
    assert bob.seen == []


@pytest.mark.parametrize("agent", ["kube-probe/1.31", "ELB-HealthChecker/2.0", "GoogleHC/1.0"])
async def test_c3_a_health_checkers_name_opens_nothing(
    gateway: House, alice: Backend, agent: str
) -> None:
    """Whoever says to be one is a stranger like any other."""
    got = await ask(gateway, request(member=None, headers=(f"User-Agent: {agent}",)))

    assert got.status == 401
    assert gateway.notebooks.opened == []


async def test_c4_a_stranger_does_not_choose_his_address(gateway: House, control: Backend) -> None:
    """Rate limits and the audit log go by the socket's address."""
    lies = ("X-Forwarded-For: 127.0.0.9", "X-Real-IP: 127.0.0.9", "Forwarded: for=127.0.0.9")

    await ask(gateway, request("/-/login", headers=lies))

    [seen] = control.seen
    assert seen.every(b"x-forwarded-for") == [b"127.0.0.1"]
    assert not any(b"127.0.0.9" in value for _, value in seen.headers)


@pytest.mark.parametrize(
    "target",
    ["/alice/api?x=/-/livez", "/alice/-/livez", "/alice/healthz", "/alice/healthz?/-/readyz"],
)
async def test_c5_a_health_path_is_one_only_as_a_whole(gateway: House, target: str) -> None:
    """What only holds such a path needs a log-in."""
    got = await ask(gateway, request(target, member=None))

    assert got.status == 401
    assert gateway.notebooks.opened == []


async def test_c6_the_notebook_sees_no_credential_of_ours(gateway: House, alice: Backend) -> None:
    """Neither cookie nor token, wherever it was shown."""
    secrets = (SESSIONS["alice"], TOKENS["alice"])
    await ask(gateway, request("/alice/api/x", headers=("Cookie: theme=dark",)))
    by_header = f"Authorization: Bearer {TOKENS['alice']}"
    await ask(gateway, request("/alice/api/x", member=None, headers=(by_header,)))
    await ask(gateway, request(f"/alice/api/x?token={TOKENS['alice']}&y=1", member=None))
    referer = f"Referer: http://gw.test/alice/lab?token={TOKENS['alice']}"
    await ask(gateway, request("/alice/api/x", headers=(referer,)))

    assert len(alice.seen) == 4
    told = b"\n".join(seen.target + repr(seen.headers).encode() for seen in alice.seen)
    assert not any(secret.encode() in told for secret in secrets)


async def test_c7_a_notebook_plants_no_cookie_like_ours(gateway: House, alice: Backend) -> None:
    """Ours and wider ones are dropped, its own are kept to its route."""
    planted = (
        b"Set-Cookie: __Host-gateway=x; Path=/; Secure\r\nSet-Cookie: gateway=x; Domain=gw.test\r\n"
        b"Set-Cookie: GATEWAY-form=x\r\nSet-Cookie: _xsrf=1; Path=/; Domain=gw.test\r\n"
    )
    alice.raw[b"/raw"] = [b"HTTP/1.1 200 OK\r\n" + planted + b"Content-Length: 0\r\n\r\n"]

    async with raw_client(gateway.port) as client:
        client.send(request("/alice/raw"))
        head = await client.reader.readuntil(b"\r\n\r\n")

    kept = [line for line in head.split(b"\r\n") if line.lower().startswith(b"set-cookie")]
    assert kept == [b"set-cookie: _xsrf=1; Path=/alice/"]


@pytest.mark.parametrize(
    "cookie",
    [
        pytest.param(f"gateway={SESSIONS['alice']}; gateway=planted", id="C7 twice in a line"),
        pytest.param(f"gateway=planted\r\nCookie: gateway={SESSIONS['alice']}", id="C7 two lines"),
        pytest.param(f'a="x; xgateway={SESSIONS["alice"]}"', id="C8 quoted"),
        pytest.param(f"gateway-form={SESSIONS['alice']}", id="C8 longer"),
        pytest.param(f"GATEWAY={SESSIONS['alice']}", id="C8 other case"),
    ],
)
async def test_a_cookie_counts_once_and_by_its_exact_name(gateway: House, cookie: str) -> None:
    """What a sibling host has planted beside it, nobody can tell from it: that is logged out."""
    got = await ask(gateway, request(member=None, headers=(f"Cookie: {cookie}",)))

    assert got.status == 401
    assert gateway.notebooks.opened == []


async def test_c9_a_members_credential_for_the_notebook_passes(
    gateway: House, alice: Backend
) -> None:
    """It is the notebook's business; one of ours never is."""
    await ask(gateway, request(headers=("Authorization: Basic Zm9v",)))

    assert alice.seen[0].every(b"authorization") == [b"Basic Zm9v"]


async def test_b17_members_at_the_same_time_share_no_connection(
    gateway: House, alice: Backend
) -> None:
    """Whatever comes in parallel: of each connection all requests are one member's."""
    async with asyncio.TaskGroup() as tasks:
        for i in range(24):
            member = "alice" if i % 2 else "carol"
            tasks.create_task(ask(gateway, request(f"/alice/{member}", member=member)))

    carried: dict[int, set[bytes]] = {}
    for seen in alice.seen:
        carried.setdefault(seen.connection, set()).add(seen.target)
    assert len(alice.seen) == 24
    assert all(len(members) == 1 for members in carried.values())


@pytest.mark.parametrize(
    "raw",
    [
        request("/alice/x?host=127.0.0.1&port=22"),
        request("/alice/proxy/8889/x"),
        request("/alice/proxy/127.0.0.1:22/"),
        request("/alice/proxy/absolute/8889/"),
        request(headers=("X-Forwarded-Port: 22", "X-Forwarded-Host: 127.0.0.1:22")),
        request(headers=("X-Gateway-Target: 127.0.0.1:22", "X-Upstream: bob", "Via: 1.1 bob")),
    ],
    ids=["F5 query", "F6 proxy", "F6 proxy elsewhere", "F6 absolute", "F5 forwarded", "F5 fields"],
)
async def test_f5_f6_a_request_opens_its_own_notebooks_channel_and_no_other(
    gateway: House, bob: Backend, raw: bytes
) -> None:
    """A channel leads where the configuration says; what the notebook does behind it is its own business."""
    await ask(gateway, raw)

    assert gateway.notebooks.opened == ["alice"]
    assert bob.connections == 0


@pytest.mark.parametrize(
    "location", [b"///x:alert(1)", b"//evil.example", b"javascript:alert(1)", b"http://[", b""]
)
async def test_g7_a_strange_location_is_no_error_of_ours(
    gateway: House, alice: Backend, location: bytes
) -> None:
    """It is passed on for the browser to judge, on the notebook's own route."""
    head = b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % location
    alice.raw[b"/raw"] = [head]

    got = await ask(gateway, request("/alice/raw"))

    assert got.status == 302
    assert got.headers[b"location"] == location


async def test_g8_a_compressed_bomb_passes_as_it_is(gateway: House, alice: Backend) -> None:
    """Nothing on the way unpacks what a notebook sends."""
    fields = b"Content-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: %d" % len(BOMB)
    alice.raw[b"/lab"] = [b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n\r\n" + BOMB]

    got = await ask(gateway, request("/alice/lab"))

    assert got.body == BOMB
    assert len(BOMB) < 30_000
