"""gateway.core.ssh_credential: credentials in words."""

import pytest

from gateway.core.names import LoginName
from gateway.core.ssh_credential import AgentKeys, Credential, Kerberos, KeyFile, means, remedy


@pytest.mark.parametrize(
    ("credential", "words"),
    [
        (KeyFile("/k"), "the key /k"),
        (KeyFile("/k", certificate="/k-cert.pub"), "the certificate /k-cert.pub"),
        (AgentKeys(), "the agent's keys"),
        (AgentKeys("/run/agent"), "the keys of the agent at /run/agent"),
        (Kerberos(), "the Kerberos ticket of KRB5CCNAME"),
        (Kerberos(ccache="/cc"), "the Kerberos ticket in /cc"),
        (Kerberos(keytab="/kt"), "the Kerberos ticket got with the keytab /kt"),
        (
            Kerberos(keytab="/kt", principal="a@R"),
            "the Kerberos ticket got with the keytab /kt for a@R",
        ),
    ],
)
def test_each_is_named(credential: Credential, words: str) -> None:
    assert means(credential) == words


@pytest.mark.parametrize(
    ("credential", "fix"),
    [
        (KeyFile("/k"), "alice's ~/.ssh/authorized_keys"),
        (KeyFile("/k", certificate="/k-cert.pub"), "ssh-keygen -L -f /k-cert.pub"),
        (AgentKeys(), "alice's ~/.ssh/authorized_keys"),
        (Kerberos(), "alice's ~/.k5login"),
    ],
)
def test_each_has_its_remedy(credential: Credential, fix: str) -> None:
    assert fix in remedy(credential, LoginName("alice"))
