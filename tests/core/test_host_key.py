"""gateway.core.host_key: which host keys are trusted."""

from base64 import b64decode
from dataclasses import replace

import pytest

from gateway.core.host_key import (
    HostKeyChange,
    Verdict,
    fingerprint,
    judge,
    same_fingerprint,
    vouched,
)
from gateway.core.inventory import HostKeyPolicy, Remote
from gateway.core.names import RemoteName

STRICT = Remote(RemoteName("lab"), "lab.example.org")
ACCEPTING = replace(STRICT, host_key_policy=HostKeyPolicy.ACCEPT_NEW)
PINNED = replace(STRICT, host_key="SHA256:good")


@pytest.mark.parametrize(
    ("remote", "seen", "remembered", "others_known", "verdict"),
    [
        (STRICT, "SHA256:good", None, False, Verdict.UNKNOWN),
        (STRICT, "SHA256:good", "SHA256:good", False, Verdict.UNKNOWN),
        (STRICT, "SHA256:good", None, True, Verdict.CHANGED),
        (PINNED, "SHA256:good", None, False, Verdict.TRUSTED),
        (PINNED, "SHA256:good", "SHA256:bad", True, Verdict.TRUSTED),
        (PINNED, "SHA256:bad", "SHA256:bad", False, Verdict.CHANGED),
        (ACCEPTING, "SHA256:good", None, False, Verdict.NEW),
        (ACCEPTING, "SHA256:good", "SHA256:good", False, Verdict.TRUSTED),
        (ACCEPTING, "SHA256:bad", "SHA256:good", False, Verdict.CHANGED),
        (ACCEPTING, "SHA256:good", None, True, Verdict.CHANGED),
        (ACCEPTING, "SHA256:good", "SHA256:good", True, Verdict.CHANGED),
    ],
)
def test_verdicts(
    *, remote: Remote, seen: str, remembered: str | None, others_known: bool, verdict: Verdict
) -> None:
    """The configuration's fingerprint counts first, then known_hosts, then what was seen first."""
    assert judge(remote, seen, remembered=remembered, others_known=others_known) is verdict


@pytest.mark.parametrize(
    ("remote", "expected"), [(STRICT, None), (ACCEPTING, "SHA256:seen"), (PINNED, "SHA256:good")]
)
def test_what_is_vouched_for(remote: Remote, expected: str | None) -> None:
    """What was seen first counts only where the policy lets it."""
    assert vouched(remote, "SHA256:seen") == expected


@pytest.mark.parametrize(
    ("other", "same"),
    [("SHA256:abc", True), ("SHA256:abc=", True), ("SHA256:ABC", False), ("SHA256:ab", False)],
)
def test_padding_is_no_difference(*, other: str, same: bool) -> None:
    """ssh-keygen leaves base64's padding out; people may not."""
    assert same_fingerprint("SHA256:abc", other) is same


@pytest.mark.parametrize(
    ("shown", "command"),
    [
        (
            ("ssh-ed25519 SHA256:new",),
            "gateway remotes trust lab --fingerprint SHA256:new",
        ),
        (("ssh-ed25519 SHA256:a", "ssh-rsa SHA256:b"), "gateway remotes trust lab"),
        (("one signed by ssh-ed25519 SHA256:ca",), "gateway remotes trust lab"),
    ],
)
def test_the_command_that_trusts_a_change(shown: tuple[str, ...], command: str) -> None:
    """It names the one key that was shown, so that no other is trusted by it."""
    assert HostKeyChange(RemoteName("lab"), ("SHA256:old",), shown).command == command


def test_fingerprint_is_what_ssh_keygen_writes() -> None:
    """A public key, and what ``ssh-keygen -l`` says of it."""
    public = b64decode("AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl")

    assert fingerprint(public) == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
