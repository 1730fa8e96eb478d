"""What a login proves itself with; read anew at each dial, so that a replaced key just works."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import asyncssh

from gateway.core.inventory import Remote
from gateway.errors import Reason, RemoteRejected
from gateway.tunnels.key_files import KeyFiles

KeyPairs: TypeAlias = Sequence[asyncssh.SSHKeyPair]


@asynccontextmanager
async def key_pairs(remote: Remote, agent_path: str, files: KeyFiles) -> AsyncIterator[KeyPairs]:
    """Yield the keys to offer; raise RemoteRejected when they can't be used.

    None are needed where Kerberos alone is asked for.
    """
    if remote.gssapi and importlib.util.find_spec("gssapi") is None:
        raise _unusable(
            remote, "gssapi needs the gssapi module: install notebook-gateway[kerberos]"
        )
    if remote.identity is not None:
        yield await asyncio.to_thread(_read, remote, remote.identity, files)
    elif remote.agent:
        async with _agent(remote, agent_path) as keys:
            yield keys
    elif remote.gssapi:
        yield ()
    else:
        raise _unusable(remote, "set identity, agent or gssapi")


@asynccontextmanager
async def _agent(remote: Remote, agent_path: str) -> AsyncIterator[KeyPairs]:
    try:
        agent = await asyncssh.connect_agent(agent_path)
    except (OSError, asyncssh.ChannelOpenError) as exc:
        raise _unusable(remote, f"no SSH agent answers; is SSH_AUTH_SOCK set? ({exc})") from exc
    async with agent:
        try:
            keys = await agent.get_keys()
        except ValueError as exc:
            raise _unusable(remote, f"the SSH agent is of no use: {exc}") from exc
        if not keys:
            raise _unusable(remote, "the SSH agent holds no keys; add one with ssh-add")
        yield keys


def _read(remote: Remote, identity: str, files: KeyFiles) -> KeyPairs:
    """Read key, passphrase and certificate; blocks, and decrypting takes its time on purpose."""
    try:
        key = files.read(identity, _passphrase(remote))
        certificates = [] if remote.certificate is None else [_certificate(remote.certificate)]
    except OSError as exc:
        raise _unusable(remote, f"{exc.filename} can't be read: {exc.strerror}") from exc
    except asyncssh.KeyEncryptionError as exc:
        raise _unusable(remote, f"the passphrase does not open {identity}: {exc}") from exc
    except (asyncssh.KeyImportError, UnicodeDecodeError) as exc:
        raise _unusable(remote, f"{identity} is of no use: {exc}") from exc
    if any(certificate.key != key.convert_to_public() for certificate in certificates):
        raise _unusable(remote, f"certificate {remote.certificate} is not of the key {identity}")
    return asyncssh.load_keypairs([key], certlist=certificates)


def _passphrase(remote: Remote) -> str | None:
    if remote.passphrase_file is None:
        return None
    return Path(remote.passphrase_file).read_text(encoding="utf-8").removesuffix("\n")


def _certificate(path: str) -> asyncssh.SSHCertificate:
    return asyncssh.read_certificate(path)


def _unusable(remote: Remote, what: str) -> RemoteRejected:
    return RemoteRejected(Reason.IDENTITY_UNUSABLE, f"remote {remote.name}: {what}")
