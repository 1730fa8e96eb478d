"""gateway.core.inventory: what a public URL says of itself."""

import pytest

from gateway.core.inventory import PublicUrl


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (PublicUrl("http", "localhost", 8000), "http://localhost:8000"),
        (PublicUrl("http", "gw.example.org", 80), "http://gw.example.org"),
        (PublicUrl("https", "gw.example.org", 443), "https://gw.example.org"),
        (PublicUrl("https", "gw.example.org", 80), "https://gw.example.org:80"),
    ],
)
def test_origin_is_written_as_browsers_do(url: PublicUrl, origin: str) -> None:
    assert url.origin == origin


def test_a_notebook_lives_beneath() -> None:
    assert (
        PublicUrl("http", "localhost", 8000).beneath("alice").origin
        == "http://alice.localhost:8000"
    )
