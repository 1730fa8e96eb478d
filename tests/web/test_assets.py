"""gateway.web.assets: static files that can be kept for ever, and health."""

import pytest

from gateway.web.looks import read_assets
from tests.web.conftest import Browser, House

CSS = "/-/static/gateway.css"


def test_asset_with_its_version_is_kept_for_ever(stranger: Browser) -> None:
    """The version is a hash of what is in it: a new file has a new address."""
    page = stranger.get("/-/login").text
    named = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]

    answer = stranger.get(named)

    assert named.startswith(f"{CSS}?v=")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("query", ["", "?v=", "?v=old"])
def test_asset_without_its_version_is_asked_for_again(stranger: Browser, query: str) -> None:
    """It is cheap to: 304."""
    answer = stranger.get(CSS + query)
    again = stranger.get(CSS + query, If_None_Match=answer.headers["etag"])

    assert answer.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fetc/passwd",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "%2fetc%2fpasswd",
        "..%5capp.py",
        "gateway.css%00",
        "gateway.css/",
        "GATEWAY.CSS",
        ".",
        "",
        "templates/login.html",
    ],
)
def test_g3_there_is_no_path_to_walk(stranger: Browser, path: str) -> None:
    """Threat G3."""
    assert stranger.get(f"/-/static/{path}").status_code == 404


def test_g2_ranges_are_harmless(stranger: Browser) -> None:
    """Threat G2: five thousand of them are none."""
    answer = stranger.get(CSS, Range="bytes=" + "0-," * 5000)

    assert answer.status_code == 200
    assert answer.content == read_assets()["gateway.css"].body


def test_assets_load_nothing_from_elsewhere() -> None:
    """No CDN, no fonts, no trackers: the pages work in a closed network."""
    for name, asset in read_assets().items():
        text = asset.body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", ""), name
        assert "@import" not in text
        assert "url(" not in text


def test_health_is_told_to_anybody(house: House, stranger: Browser) -> None:
    """Alive is not ready: while draining, new requests should go elsewhere."""
    ready = stranger.get("/-/readyz")
    house.ready = False
    draining = stranger.get("/-/readyz")

    assert (ready.status_code, ready.text) == (200, "ready\n")
    assert (draining.status_code, draining.text) == (503, "not ready\n")
    assert stranger.get("/-/livez").text == "alive\n"


@pytest.mark.parametrize("path", ["/-/livez/", "/-/livezz", "/-/LIVEZ", "/-//livez"])
def test_c5_health_is_matched_exactly(stranger: Browser, path: str) -> None:
    """Threat C5."""
    assert stranger.get(path).status_code == 404
