"""gateway.core.passkeys: where browsers have passkeys, and where they don't."""

import pytest

from gateway.core.inventory import PublicUrl
from gateway.core.passkeys import why_impossible


@pytest.mark.parametrize(
    ("scheme", "host", "why"),
    [
        ("https", "gw.example", ""),
        ("http", "localhost", ""),
        ("http", "gw.localhost", ""),
        ("http", "gw.example", "over https only"),
        ("http", "notlocalhost", "over https only"),
        ("https", "192.0.2.7", "is an address"),
        ("http", "127.0.0.1", "is an address"),
        ("https", "[::1]", "is an address"),
    ],
)
def test_names_over_https_have_passkeys(scheme: str, host: str, why: str) -> None:
    """And localhost, whose pages browsers trust; addresses never."""
    assert why in why_impossible(PublicUrl(scheme, host, 8443))
    assert (why_impossible(PublicUrl(scheme, host, 8443)) == "") is (why == "")
