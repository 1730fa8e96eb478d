"""The public side of what a login proves itself with: what a remote must be told to let us in."""

import base64
from dataclasses import dataclass

import asyncssh

from gateway.core.inventory import Remote
from gateway.tunnels.identities import key_pairs
from gateway.tunnels.key_files import KeyFiles


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A public key, as authorized_keys has it."""

    key: str
    authority: bool = False
    """Whether it is that of the authority which signed our certificate."""


async def own_keys(remote: Remote, agent_path: str = "") -> tuple[OwnKey, ...]:
    """Return our keys for ``remote``, none with Kerberos; raise RemoteRejected when they can't be read."""
    async with key_pairs(remote, agent_path, KeyFiles()) as pairs:
        certified = tuple(_authority(pair) for pair in pairs if pair.has_cert)
        plain = (OwnKey(_line(pair.key_algorithm, pair.key_public_data)) for pair in pairs)
        return tuple(dict.fromkeys(certified or plain))


def _authority(pair: asyncssh.SSHKeyPair) -> OwnKey:
    certificate = asyncssh.import_certificate(_line(pair.algorithm, pair.public_data))
    signing = certificate.signing_key  # type: ignore[attr-defined]  # an OpenSSH certificate has one
    return OwnKey(signing.export_public_key().decode().strip(), authority=True)


def _line(algorithm: bytes, data: bytes) -> str:
    return f"{algorithm.decode()} {base64.b64encode(data).decode()}"
