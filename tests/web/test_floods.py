"""The control plane against forms that cost their reader more than their sender, and lists of known ways out."""

import time
from collections.abc import AsyncIterator
from itertools import product
from urllib.parse import quote

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.testclient import TestClient

from gateway.core.browser import safe_next
from tests.web.conftest import Browser, House

MEGABYTE = 1 << 20
PART = b'--x\r\nContent-Disposition: form-data; name="member"\r\n'
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
FLOODS = {
    "G1 a preamble of 10 MB": (MULTIPART, b"x" * 10 * MEGABYTE + b"\r\n--x--\r\n"),
    "G1 100,000 part headers": (MULTIPART, PART + b"X: y\r\n" * 100_000 + b"\r\nalice\r\n--x--\r\n"),
    "G1 100,000 parts": (MULTIPART, (PART + b"\r\nalice\r\n") * 100_000 + b"--x--\r\n"),
    "G1 boundaries that are nearly there": (MULTIPART, b"\r\n--" * 1_000_000),
    "G1 100,000 fields": (FORM, b"&".join(b"a%d=1" % i for i in range(100_000))),
    "G1 fields without names": (FORM, b"&" * 1_000_000),
    "G1 all escapes": (FORM, b"member=" + b"%41" * 1_000_000),
    "G1 a small multipart form": (MULTIPART, PART + b"\r\nalice\r\n--x--\r\n"),
}  # fmt: skip

LEADS = ("", "/", "//", "///", "\\", "/\\", "\\/", "\\\\", "/.", "/..", "/./", "/../", ".", "..")
DOTS = ("..", "%2e%2e", "%2E%2E", ".%2e", "%252e%252e", "..%00", "..;", "..%3b", "%c0%ae%c0%ae", "%uff0e%uff0e", "....")  # fmt: skip
SLASHES = ("/", "%2f", "%2F", "%5c", "\\", "//", "%252f", "%c0%af", "/./", "%e0%80%af")
FILES = ("etc/passwd", "proc/self/environ", "app.py", "templates/login.html", "windows/win.ini")
STEPS = (1, 2, 7)


def cpu_seconds() -> float:
    return time.process_time()


async def send(house: House, kind: str, body: bytes, *, sized: bool) -> Response:
    """Send a body, by its length or in pieces without one."""

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 65536):
            yield body[at : at + 65536]

    transport = ASGITransport(app=house.app)
    async with AsyncClient(transport=transport, base_url="http://gw.example:8000") as client:
        content = body if sized else pieces()
        return await client.post("/-/login", content=content, headers={"Content-Type": kind})


@pytest.mark.anyio
@pytest.mark.parametrize("sized", [True, False], ids=["sized", "chunked"])
@pytest.mark.parametrize(("kind", "body"), FLOODS.values(), ids=FLOODS)
async def test_g1_a_flood_of_a_form_costs_next_to_nothing(
    house: House, kind: str, body: bytes, *, sized: bool
) -> None:
    """It is refused by its kind or its size, before anybody takes it apart."""
    before = cpu_seconds()

    answer = await send(house, kind, body, sized=sized)

    assert answer.status_code in {413, 415}
    assert cpu_seconds() - before < 1.0
    assert house.accounts.heard == []


def test_g1_a_field_of_a_gigabyte_is_refused_by_what_it_says(stranger: Browser) -> None:
    """Not a byte of it is waited for."""
    headers = {"Content-Type": FORM, "Content-Length": str(1 << 30)}

    assert stranger.http.post("/-/login", content=b"", headers=headers).status_code == 413


def traversals() -> list[str]:
    """Return paths that have led out of a folder of files somewhere: over a thousand of them."""
    ways = product(LEADS[:4], DOTS, SLASHES, STEPS)
    return [
        f"{lead}{(dots + slash) * steps}{file}"
        for (lead, dots, slash, steps), file in zip(ways, FILES * 1000, strict=False)
    ]


def raw(client: TestClient, path: str) -> Response:
    """Ask for a path as it is; the client must not put it right."""
    return client.get(f"/-/static/{quote(path, safe='/%')}")


@pytest.mark.thorough
def test_g3_no_known_traversal_leads_out_of_the_assets(stranger: Browser) -> None:
    """There is no folder behind them: what is not in the list of assets is not found."""
    tried = traversals()

    statuses = {raw(stranger.http, path).status_code for path in tried}

    assert len(tried) >= 1027
    assert statuses == {404}


def outward() -> list[str]:
    """Return targets that have led a log-in off its site somewhere, each with each: over 2,000 of them."""
    schemes = (
        "",
        "http:",
        "https:",
        "HTTPS:",
        "javascript:",
        "data:",
        "x:",
        "http\t:",
        "\x00http:",
    )
    gaps = ("", "\t", "\n", "\r", "\x00", "\x0b", " ", "%09", "%00", "\xa0", "\u2028")
    hosts = ("evil.example", "evil.example/", "gw.example@evil.example", "evil.example#.gw.example")
    return [
        f"{scheme}{gap}{lead}{gap}{host}"
        for scheme, gap, lead, host in product(schemes, gaps, LEADS[:8], hosts)
    ]


def test_d1_none_of_thousands_of_targets_leads_off_the_site(house: House) -> None:
    """What is kept is a path here; whatever a browser could read otherwise becomes the home page."""
    server, tried = house.wanted.server, outward()

    kept = {safe_next(text, server) for text in tried}

    assert len(tried) >= 798
    assert all(text.startswith("/") and not text.startswith(("//", "/\\")) for text in kept)
    assert not any("\\" in text or not text.isprintable() for text in kept)
