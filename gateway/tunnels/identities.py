"""What a login proves itself with; read anew at each dial, so that what was replaced just works."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import asyncssh

from gateway.core.certified import refuse_untimely, shown
from gateway.core.inventory import Remote
from gateway.core.names import LoginName
from gateway.core.ssh_credential import AgentKeys, Kerberos, KeyFile
from gateway.core.status import CredentialStatus
from gateway.errors import Reason, RemoteRejected
from gateway.tunnels import kerberos
from gateway.tunnels.aside import Aside
from gateway.tunnels.key_files import KeyFiles

KeyPairs: TypeAlias = Sequence[asyncssh.SSHKeyPair]

TICKET_SECONDS: Final = 8.0
"""A little less than a dial may take, so that it is said what took so long."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What to offer to a remote, and what it is."""

    status: CredentialStatus
    keys: KeyPairs = ()
    ccache: str | None = None
    """The Kerberos cache that holds all the log-in needs; then there are no keys."""


NOTHING: Final = Proof(CredentialStatus("nothing", ""))
"""Offered where only the host key is of interest."""


class Prover:
    """Gets what logins prove themselves with; keeps the keys that it has opened, and tickets in libkrb5's memory."""

    def __init__(self, *, clock: Callable[[], float] = time.time, agent_path: str = "") -> None:
        """Prove with the agent given; an empty ``agent_path`` leaves it to SSH_AUTH_SOCK."""
        self._clock = clock
        self._agent_path = agent_path
        self._aside = Aside()
        self._key_files = KeyFiles()

    @asynccontextmanager
    async def proof(self, remote: Remote, login: LoginName) -> AsyncIterator[Proof]:
        """Yield what to offer; raise RemoteError when it can't be had, or its time is over."""
        match remote.credential_of(login):
            case KeyFile() as file:
                keys = await asyncio.to_thread(_read, remote, file, self._key_files)
                yield self._timely(remote, file, keys)
            case AgentKeys() as agent:
                async with self._agent(remote, agent) as keys:
                    yield self._timely(remote, agent, keys)
            case Kerberos() as wanted:
                yield await self._ticket(remote, login, wanted, host=remote.host)
            case None:
                raise _unusable(remote, f"set identity, agent or gssapi for {login}")

    async def look(self, remote: Remote, login: LoginName) -> CredentialStatus:
        """Return what would be offered, without offering it; a ticket of ours is renewed when it is time."""
        match remote.credential_of(login):
            case KeyFile(certificate=str(path)):
                line = await asyncio.to_thread(_read_certificate, remote, path)
                return shown([line.public_data])
            case AgentKeys() as agent:
                async with self._agent(remote, agent) as keys:
                    return shown([key.public_data for key in keys])
            case Kerberos() as wanted:
                return (await self._ticket(remote, login, wanted, host=None)).status
            case _:
                async with self.proof(remote, login) as proof:
                    return proof.status

    def _timely(self, remote: Remote, credential: KeyFile | AgentKeys, keys: KeyPairs) -> Proof:
        blobs = [key.public_data for key in keys]
        refuse_untimely(blobs, remote.name, credential, now=self._clock())
        return Proof(shown(blobs), keys)

    async def _ticket(
        self, remote: Remote, login: LoginName, wanted: Kerberos, *, host: str | None
    ) -> Proof:
        cache = _cache(remote, login, wanted)
        try:
            async with asyncio.timeout(TICKET_SECONDS):
                ticket = await self._aside.run(
                    partial(kerberos.take, wanted, cache, host=host), name="kerberos"
                )
        except TimeoutError as exc:
            raise kerberos.silent(wanted, TICKET_SECONDS) from exc
        expires_at = self._clock() + ticket.lifetime_seconds
        return Proof(
            CredentialStatus("Kerberos ticket", ticket.principal, expires_at=expires_at),
            ccache=cache,
        )

    @asynccontextmanager
    async def _agent(self, remote: Remote, wanted: AgentKeys) -> AsyncIterator[KeyPairs]:
        path = self._agent_path if wanted.socket is None else wanted.socket
        try:
            agent = await asyncssh.connect_agent(path)
        except (OSError, asyncssh.ChannelOpenError) as exc:
            raise _unusable(remote, f"no SSH agent answers; {_agent_hint(wanted)} ({exc})") from exc
        async with agent:
            try:
                keys = await agent.get_keys()
            except ValueError as exc:
                raise _unusable(remote, f"the SSH agent is of no use: {exc}") from exc
            if not keys:
                raise _unusable(remote, "the SSH agent holds no keys; add one with ssh-add")
            yield keys


def _agent_hint(wanted: AgentKeys) -> str:
    where = (
        "is SSH_AUTH_SOCK set?" if wanted.socket is None else f"does one listen at {wanted.socket}?"
    )
    return f"{where} It answers its own user and root alone"


def _cache(remote: Remote, login: LoginName, wanted: Kerberos) -> str:
    """Return the cache of a tunnel; another credential gets another, so no two tickets meet in one."""
    digest = hashlib.sha256(repr(wanted).encode()).hexdigest()[:16]
    return f"MEMORY:gateway-{remote.name}-{login}-{digest}"


def _read(remote: Remote, file: KeyFile, files: KeyFiles) -> KeyPairs:
    """Read key, passphrase and certificate; blocks, and decrypting takes its time on purpose."""
    identity = file.identity
    try:
        key = files.read(identity, _passphrase(file))
    except OSError as exc:
        raise _unusable(remote, f"{exc.filename} can't be read: {exc.strerror}") from exc
    except asyncssh.KeyEncryptionError as exc:
        raise _unusable(remote, f"the passphrase does not open {identity}: {exc}") from exc
    except (asyncssh.KeyImportError, UnicodeDecodeError) as exc:
        raise _unusable(remote, f"{identity} is of no use: {exc}") from exc
    if file.certificate is None:
        return asyncssh.load_keypairs([key])
    certificate = _read_certificate(remote, file.certificate)
    if certificate.key != key.convert_to_public():
        raise _unusable(remote, f"certificate {file.certificate} is not of the key {identity}")
    return asyncssh.load_keypairs([key], certlist=[certificate])


def _read_certificate(remote: Remote, path: str) -> asyncssh.SSHCertificate:
    try:
        return asyncssh.read_certificate(path)
    except OSError as exc:
        raise _unusable(remote, f"{exc.filename} can't be read: {exc.strerror}") from exc
    except asyncssh.KeyImportError as exc:
        raise _unusable(remote, f"{path} is of no use: {exc}") from exc


def _passphrase(file: KeyFile) -> str | None:
    if file.passphrase_file is None:
        return None
    return Path(file.passphrase_file).read_text(encoding="utf-8").removesuffix("\n")


def _unusable(remote: Remote, what: str) -> RemoteRejected:
    return RemoteRejected(Reason.IDENTITY_UNUSABLE, f"remote {remote.name}: {what}")
