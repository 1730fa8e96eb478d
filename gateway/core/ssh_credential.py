"""What a login proves itself with on a remote: a key, an agent's keys, or a Kerberos ticket."""

from dataclasses import dataclass
from typing import TypeAlias

from gateway.core.names import LoginName


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A private key, and the certificate that may go with it."""

    identity: str
    passphrase_file: str | None = None
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class AgentKeys:
    """The keys that an ssh-agent holds."""

    socket: str | None = None
    """Where it listens; None is wherever SSH_AUTH_SOCK says."""


@dataclass(frozen=True, slots=True)
class Kerberos:
    """A ticket of the environment's cache, of a cache file, or got with a keytab."""

    ccache: str | None = None
    keytab: str | None = None
    principal: str | None = None


Credential: TypeAlias = KeyFile | AgentKeys | Kerberos


def means(credential: Credential) -> str:
    """Return what proves the login, as sentences name it."""
    match credential:
        case KeyFile(certificate=None):
            return f"the key {credential.identity}"
        case KeyFile():
            return f"the certificate {credential.certificate}"
        case AgentKeys(socket=None):
            return "the agent's keys"
        case AgentKeys():
            return f"the keys of the agent at {credential.socket}"
        case Kerberos():
            return f"the Kerberos ticket {_ticket(credential)}"


def remedy(credential: Credential | None, login: LoginName) -> str:
    """Return what is to be done on a remote that does not take ``credential`` for ``login``."""
    match credential:
        case Kerberos():
            return (
                f"its principal must stand in {login}'s ~/.k5login there, or be {login} by auth_to_local"
                " in krb5.conf there, and sshd needs GSSAPIAuthentication yes and a host keytab"
            )
        case KeyFile(certificate=str(path)):
            return (
                f"sshd there must trust its authority (TrustedUserCAKeys), and {login} must be one of"
                f" its principals: see ssh-keygen -L -f {path}"
            )
        case _:
            return f"put the public key into {login}'s ~/.ssh/authorized_keys there"


def _ticket(kerberos: Kerberos) -> str:
    if kerberos.keytab is not None:
        who = "" if kerberos.principal is None else f" for {kerberos.principal}"
        return f"got with the keytab {kerberos.keytab}{who}"
    return "of KRB5CCNAME" if kerberos.ccache is None else f"in {kerberos.ccache}"
