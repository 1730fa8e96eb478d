"""gateway.door.answers: what the door says by itself binds the browser, whatever it says."""

from dataclasses import replace

import pytest

from gateway.core.inventory import PublicUrl
from tests.door.fakes import House
from tests.door.hostile import get
from tests.door.raw import NAVIGATION, raw_client, request

pytestmark = pytest.mark.anyio

ANSWERS = {
    "no log-in": request(member=None),
    "no log-in, a page": request(member=None, headers=NAVIGATION),
    "not there": request("/nobody/x"),
    "no slash": request("/alice"),
    "another site": request(headers=("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")),
    "no HTTP": get(b"/alice/../x"),
    "no host": get(b"/alice/x", host=b""),
    "another host": request(host="evil.example"),
}


@pytest.mark.parametrize("raw", ANSWERS.values(), ids=ANSWERS)
async def test_every_answer_of_the_doors_own_binds_the_browser(gateway: House, raw: bytes) -> None:
    """As those of the control plane do: no script, no frame, no guessing, no address for strangers."""
    async with raw_client(gateway.port) as client:
        client.send(raw)
        got = await client.answer()

    assert got is not None
    assert got.headers[b"content-security-policy"] == b"default-src 'none'; frame-ancestors 'none'"
    assert got.headers[b"x-content-type-options"] == b"nosniff"
    assert got.headers[b"x-frame-options"] == b"DENY"
    assert got.headers[b"referrer-policy"] == b"same-origin"
    assert got.headers[b"cross-origin-resource-policy"] == b"same-origin"
    assert got.headers[b"cache-control"] == b"no-store"
    assert b"strict-transport-security" not in got.headers
    assert b"server" not in got.headers


async def test_https_is_remembered(gateway: House) -> None:
    """Whatever is answered, once members are told to come that way."""
    server = replace(gateway.inventory.server, public_url=PublicUrl("https", "gw.test", 443))
    gateway.apply(server=server)
    for raw in (request(member=None), get(b"/alice/../x")):
        async with raw_client(gateway.port) as client:
            client.send(raw)
            got = await client.answer()

        assert got is not None
        assert got.headers[b"strict-transport-security"] == b"max-age=31536000"
