"""gateway.config.ending: what must be renewed is said when the file is checked, and stops nothing."""

import time
from pathlib import Path

import asyncssh
import pytest

from tests.config.writing import examined

HOUR = 3600
TEAM = """\
server: {public_url: http://localhost}
remotes:
  lab: {host: a, host_key_policy: accept-new, agent: true, logins: {alice: {%s}}}
"""


def notes(directory: Path, keys: str) -> list[str]:
    """Return what is said of alice's credential."""
    found = examined(directory, TEAM % keys)
    assert found.problems == ()
    start = f"{directory}/gateway.yaml:3: remotes.lab.logins.alice."
    return [w.removeprefix(start) for w in found.warnings if w.startswith(start)]


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (-HOUR, 10 * HOUR, []),
        (-10 * HOUR, 1.01 * HOUR, ["certificate: %s/cert ends in 60 min; renew it"]),
        (-10 * HOUR, -2.01 * HOUR, ["certificate: %s/cert ended 2 h ago; renew it"]),
        (HOUR, 2 * HOUR, ["certificate: %s/cert is not valid yet"]),
    ],
)
def test_a_certificate(tmp_path: Path, starts: float, ends: float, said: list[str]) -> None:
    key, now = asyncssh.generate_private_key("ssh-ed25519"), time.time()
    certificate = key.generate_user_certificate(
        key.convert_to_public(), "x", valid_after=int(now + starts), valid_before=int(now + ends)
    )
    certificate.write_certificate(tmp_path / "cert")
    (tmp_path / "key").touch(mode=0o600)

    found = notes(tmp_path, "identity: key, certificate: cert")

    assert found == [each % tmp_path for each in said]


def test_what_is_no_certificate(tmp_path: Path) -> None:
    for name in ("key", "cert"):
        (tmp_path / name).touch(mode=0o600)

    found = notes(tmp_path, "identity: key, certificate: cert")

    assert found == [f"certificate: {tmp_path}/cert is no OpenSSH certificate"]


def test_a_cache_that_is_not_there_yet(tmp_path: Path) -> None:
    assert notes(tmp_path, "gssapi: {ccache: cc}") == [
        f"gssapi.ccache: {tmp_path}/cc is not there yet; no ticket, no log-in"
    ]
    (tmp_path / "cc").touch(mode=0o600)
    assert notes(tmp_path, "gssapi: {ccache: cc}") == []
