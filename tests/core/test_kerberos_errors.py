"""gateway.core.kerberos_errors: each code of libkrb5 has its reason and its fix."""

import pytest

from gateway.core.kerberos_errors import MEANINGS, expired, hides_keytab, refusal
from gateway.core.ssh_credential import Kerberos
from gateway.errors import Reason, RemoteRejected, RemoteUnreachable

KEYTAB, CCACHE = Kerberos(keytab="/kt", principal="a@B"), Kerberos(ccache="/cc")


def minor(code: int) -> int:
    """Return what GSSAPI says for krb5.h's ``-1765328384 + code``."""
    return -1_765_328_384 + code + 2**32


@pytest.mark.parametrize(
    ("code", "kerberos", "reason", "said"),
    [
        (1, KEYTAB, Reason.CREDENTIAL_EXPIRED, "prolong"),
        (6, KEYTAB, Reason.IDENTITY_UNUSABLE, "administrator"),
        (7, KEYTAB, Reason.IDENTITY_UNUSABLE, "host/lab.example.org"),
        (24, KEYTAB, Reason.IDENTITY_UNUSABLE, "ktadd"),
        (32, CCACHE, Reason.CREDENTIAL_EXPIRED, "k5start"),
        (37, KEYTAB, Reason.IDENTITY_UNUSABLE, "NTP"),
        (148, KEYTAB, Reason.IDENTITY_UNUSABLE, "NTP"),
        (195, CCACHE, Reason.IDENTITY_UNUSABLE, "kinit"),
        (195, KEYTAB, Reason.IDENTITY_UNUSABLE, "klist -k"),
        (999, KEYTAB, Reason.IDENTITY_UNUSABLE, "libkrb5's code is 999"),
    ],
)
def test_a_person_must_help(code: int, kerberos: Kerberos, reason: Reason, said: str) -> None:
    error = refusal(minor(code), "its sentence", kerberos, "lab.example.org")

    assert isinstance(error, RemoteRejected)
    assert error.reason is reason
    assert said in error.detail
    assert "its sentence" in error.detail
    assert (kerberos.keytab or kerberos.ccache or "") in error.detail


@pytest.mark.parametrize("code", [154, 156, 220])
def test_the_kdc_may_come_back(code: int) -> None:
    error = refusal(minor(code), "Cannot contact any KDC", KEYTAB, None)

    assert isinstance(error, RemoteUnreachable)
    assert error.reason is Reason.KDC_UNREACHABLE


def test_gssapis_own_word_for_expired() -> None:
    """Its major code; the minor one means success, under a number that differs from process to process."""
    error = expired(CCACHE)

    assert error.reason is Reason.CREDENTIAL_EXPIRED
    assert "Success" not in error.detail


def test_a_keytab_hides_behind_an_empty_cache() -> None:
    assert hides_keytab(minor(195), KEYTAB)
    assert not hides_keytab(minor(195), CCACHE)
    assert not hides_keytab(minor(156), KEYTAB)


def test_every_meaning_says_the_fix() -> None:
    assert all(meaning.fix for meaning in MEANINGS.values())
