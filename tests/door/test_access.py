"""gateway.door.access: what is told of a request, and what never is."""

import logging

import pytest

from gateway.door.access import Entry, write


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (b"/alice/api/contents?token=gwp_secret", "/alice/api/contents"),
        (b"/-/invite/secret", "/-/invite/..."),
        (b"/a\x1b[31m\xff", "/a\x1b[31m\\xff"),
        (b"/" + b"a" * 5000, "/" + "a" * 1023),
    ],
)
def test_d11_d12_secrets_are_not_told(
    target: bytes, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Threats D11 and D12: no query, no invite, no line longer than a line."""
    with caplog.at_level(logging.INFO, "gateway.access"):
        write(Entry(b"GET", target, "alice", "alice", 200, 5, 0.25))

    (record,) = caplog.records
    assert record.getMessage() == f"GET {told} 200 5 B 250.0 ms alice alice"
