"""What a known_hosts file says of a remote, as keys."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from gateway.core.inventory import Remote
from gateway.core.known_hosts import Entry, Marker, about, names_of
from gateway.errors import Reason, RemoteRejected
from gateway.tunnels.algorithms import KEY_KINDS


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The keys that somebody has vouched for, or revoked."""

    trusted: Sequence[asyncssh.SSHKey] = ()
    authorities: Sequence[asyncssh.SSHKey] = ()
    revoked: Sequence[asyncssh.SSHKey] = ()

    def __bool__(self) -> bool:
        return bool(self.trusted or self.authorities)

    def in_words(self) -> tuple[str, ...]:
        """Return what is trusted, for people."""
        authorities = (f"signed by {described(key)}" for key in self.authorities)
        return (*map(described, self.trusted), *authorities)

    def for_asyncssh(self) -> tuple[Sequence[asyncssh.SSHKey], ...]:
        """Return them as asyncssh wants them; never empty, or it would look into ~/.ssh."""
        return self.trusted, self.authorities, self.revoked


def described(key: asyncssh.SSHKey) -> str:
    """Return a key's kind and fingerprint."""
    return f"{key.get_algorithm()} {key.get_fingerprint()}"


async def known_keys(remote: Remote) -> KnownKeys:
    """Return what known_hosts says of ``remote``; a pinned host_key needs no such file.

    Raises RemoteRejected where the file is of no use.
    """
    if remote.known_hosts is None or remote.host_key is not None:
        return KnownKeys()
    return await asyncio.to_thread(_read, remote, remote.known_hosts)


def host_names(remote: Remote) -> tuple[str, ...]:
    """Return what ``remote`` goes by in known_hosts."""
    return names_of(remote.host, remote.port, remote.host_key_alias)


def _read(remote: Remote, path: str) -> KnownKeys:
    try:
        entries = about(Path(path).read_text(encoding="utf-8"), host_names(remote))
        return KnownKeys(*(_keys(e for e in entries if e.marker is marker) for marker in Marker))
    except OSError as exc:
        detail = f"known_hosts of {remote.name}, {path}, can't be read: {exc.strerror}"
        raise RemoteRejected(Reason.HOST_KEY_UNKNOWN, detail) from exc
    except ValueError as exc:
        detail = f"known_hosts of {remote.name}, {path}, is of no use: {exc}"
        raise RemoteRejected(Reason.HOST_KEY_UNKNOWN, detail) from exc


def _keys(entries: Iterable[Entry]) -> tuple[asyncssh.SSHKey, ...]:
    """Return the entries' keys, of those kinds that we speak: no other can be shown to us."""
    return tuple(_key(entry) for entry in entries if entry.kind in KEY_KINDS)


def _key(entry: Entry) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_public_key(entry.key)
    except asyncssh.KeyImportError as exc:
        raise ValueError(f"the key in line {entry.number} can't be read") from exc
