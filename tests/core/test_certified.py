"""gateway.core.certified: which public keys are offered, and whether their certificates are of the present."""

import asyncssh
import pytest

from gateway.core.certified import refuse_untimely, shown
from gateway.core.names import RemoteName
from gateway.core.ssh_credential import KeyFile
from gateway.core.status import CredentialStatus
from gateway.errors import Reason, RemoteRejected

LAB = RemoteName("lab")
KEY = asyncssh.generate_private_key("ssh-ed25519").convert_to_public()
OTHER = asyncssh.generate_private_key("ssh-ed25519").convert_to_public().public_data
FILE = KeyFile("/key", certificate="/cert")


def certificate(starts: int, ends: int) -> bytes:
    authority = asyncssh.generate_private_key("ssh-ed25519")
    made = authority.generate_user_certificate(
        KEY, "alice", principals=["alice"], valid_after=starts, valid_before=ends
    )
    return made.public_data


OLD, NOW, COMING = certificate(10, 20), certificate(20, 40), certificate(40, 50)


@pytest.mark.parametrize(
    ("blobs", "status"),
    [
        ([KEY.public_data], CredentialStatus("key", KEY.get_fingerprint())),
        ([KEY.public_data, OTHER], CredentialStatus("key", f"{KEY.get_fingerprint()} and 1 more")),
        ([NOW, KEY.public_data], CredentialStatus("certificate", "alice", 20.0, 40.0)),
        ([OLD, NOW], CredentialStatus("certificate", "alice", 20.0, 40.0)),
    ],
)
def test_shows_what_lasts_longest(blobs: list[bytes], status: CredentialStatus) -> None:
    assert shown(blobs) == status


@pytest.mark.parametrize(
    "blobs", [[KEY.public_data], [NOW], [OLD, NOW], [OLD, OTHER], [OLD, NOW, KEY.public_data]]
)
def test_something_may_still_be_offered(blobs: list[bytes]) -> None:
    refuse_untimely(blobs, LAB, FILE, now=30)


@pytest.mark.parametrize(
    ("blobs", "reason", "said"),
    [
        ([OLD], Reason.CREDENTIAL_EXPIRED, "put a renewed one"),
        ([OLD, KEY.public_data], Reason.CREDENTIAL_EXPIRED, "/cert"),
        ([COMING], Reason.IDENTITY_UNUSABLE, "not valid yet"),
        ([OLD, COMING], Reason.IDENTITY_UNUSABLE, "clock"),
    ],
)
def test_certificates_of_another_time(blobs: list[bytes], reason: Reason, said: str) -> None:
    """The plain key beside a certificate is there only for it."""
    with pytest.raises(RemoteRejected, match=said) as raised:
        refuse_untimely(blobs, LAB, FILE, now=30)

    assert raised.value.reason is reason


def test_the_second_of_its_end_is_over() -> None:
    """As OpenSSH counts: valid before."""
    with pytest.raises(RemoteRejected):
        refuse_untimely([NOW], LAB, FILE, now=40)
