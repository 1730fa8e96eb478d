"""gateway.core.gateway_url: one spelling of an address."""

import pytest

from gateway.core.gateway_url import gateway_url, in_clear


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("notebooks.example.org", "https://notebooks.example.org"),
        ("https://Notebooks.Example.org/", "https://notebooks.example.org"),
        ("https://notebooks.example.org:443", "https://notebooks.example.org"),
        ("notebooks.example.org:8443", "https://notebooks.example.org:8443"),
        ("http://notebooks.example.org:80", "http://notebooks.example.org"),
        ("localhost:8000", "http://localhost:8000"),
        ("lab.localhost", "http://lab.localhost"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("https://localhost", "https://localhost"),
    ],
)
def test_one_spelling(text: str, url: str) -> None:
    assert gateway_url(text) == url
    assert gateway_url(url) == url


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "names no host"),
        ("ftp://example.org", "not at ftp://"),
        ("https://example.org/alice/", "ends with its host"),
        ("https://me@example.org", "ends with its host"),
        ("https://example.org?x", "ends with its host"),
        ("example.org:port", "is no address"),
        ("exa mple.org", "names no host"),
        ("https://[", "is no address"),
    ],
)
def test_what_is_wrong_is_said(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        gateway_url(text)


@pytest.mark.parametrize(
    ("url", "clear"),
    [
        ("http://notebooks.example.org", True),
        ("https://notebooks.example.org", False),
        ("http://localhost:8000", False),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
    ],
)
def test_what_others_could_read(url: str, clear: bool) -> None:  # noqa: FBT001
    assert in_clear(url) is clear
