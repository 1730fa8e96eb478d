"""gateway.core.ssh_certificate: what OpenSSH's certificates say, judged by asyncssh's."""

from base64 import b64decode

import asyncssh
import pytest

from gateway.core.ssh_certificate import (
    FOREVER,
    SshCertificate,
    certificate_in,
    fingerprint,
    from_blob,
    from_line,
)

AUTHORITY = asyncssh.generate_private_key("ssh-ed25519")


def line(kind: str = "ssh-ed25519", **said: object) -> tuple[str, asyncssh.SSHKey]:
    """Return a certificate's line, and the key that it is of."""
    options = {"key_size": 2048} if kind == "ssh-rsa" else {}
    key = asyncssh.generate_private_key(kind, **options).convert_to_public()
    given = {"principals": ["alice", "bob"], "valid_after": 1000, "valid_before": 2000, **said}
    certificate = AUTHORITY.generate_user_certificate(key, "alice's laptop", **given)
    return certificate.export_certificate().decode(), key


@pytest.mark.parametrize(
    "kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521"]
)
def test_says_of_whom_and_for_how_long(kind: str) -> None:
    text, key = line(kind)

    assert from_line(text) == SshCertificate(
        key=key.public_data,
        key_id="alice's laptop",
        principals=("alice", "bob"),
        starts_at=1000.0,
        expires_at=2000.0,
        fingerprint=AUTHORITY.get_fingerprint(),
    )


def test_always_and_forever() -> None:
    text, _ = line(principals=[], valid_after=0, valid_before=FOREVER)

    certificate = from_line(text)

    assert (certificate.starts_at, certificate.expires_at) == (None, None)
    assert certificate.principals == ()


def test_a_plain_key_is_none() -> None:
    key = AUTHORITY.convert_to_public()

    assert certificate_in(key.public_data) is None
    assert certificate_in(b"\0") is None
    assert fingerprint(key.public_data) == key.get_fingerprint()
    with pytest.raises(ValueError, match="no OpenSSH certificate"):
        from_line(key.export_public_key().decode())
    with pytest.raises(ValueError, match="no certificate that we know"):
        from_blob(key.public_data)


@pytest.mark.parametrize(
    "text", ["", "x", "ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519-cert-v01@openssh.com ???"]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no OpenSSH certificate|is cut short"):
        from_line(text)


def test_one_that_is_cut_anywhere_is_refused() -> None:
    text, _ = line()
    blob = b64decode(text.split()[1])
    whole = from_blob(blob)

    for size in range(len(blob)):
        try:
            assert (
                from_blob(blob[:size]).expires_at == whole.expires_at
            )  # the signature is not read
        except ValueError:
            continue
