"""Whether the files that the configuration names are there, readable, and kept from others' eyes."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Final

from gateway.config.document import Path, Problem, dotted
from gateway.config.keys import Keys, LoginKeys, RemoteKeys

_SECRETS: Final = {
    "identity": "private key",
    "key": "private key",
    "keytab": "keytab",
    "ccache": "Kerberos cache",
    "client_secret_file": "client secret",
}
"""What nobody else may read, by the key that names it."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that the configuration names, and where it does."""

    path: Path
    file: FilePath

    @property
    def secret(self) -> str | None:
        """What it is called, if nobody else may read it."""
        return _SECRETS.get(str(self.path[-1]))

    @property
    def may_be_missing(self) -> bool:
        """Whether it comes and goes: a ticket is there when somebody has got one."""
        return self.path[-1] == "ccache"


def check_files(keys: Keys, base: FilePath) -> Iterator[Problem]:
    """Yield a problem for each file that can't be used; relative ones are beneath ``base``."""
    for named in named_files(keys, base):
        complaint = _complaint(named)
        if complaint is not None:
            yield Problem(named.path, f"{dotted(named.path)}: {complaint}")


def named_files(keys: Keys, base: FilePath) -> Iterator[NamedFile]:
    """Yield every local file that ``keys`` name."""
    for path, file in _files(keys):
        yield NamedFile(path, base / file)


def is_ca_file(verify: str | None) -> bool:
    """Say whether ``verify`` names a file."""
    return verify is not None and verify != "false" and not verify.startswith("SHA256:")


def _files(keys: Keys) -> Iterator[tuple[Path, str]]:
    for name, remote in keys.remotes.items():
        for key in ("ssh_config", "known_hosts"):
            yield from _given(("remotes", name, key), getattr(remote, key))
        yield from _credential_files(("remotes", name), remote)
        for login, own in remote.logins.items():
            yield from _credential_files(("remotes", name, "logins", login), own)
    for name, notebook in keys.notebooks.items():
        yield from _given(("notebooks", name, "token_file"), notebook.token_file)
        if is_ca_file(notebook.verify):
            yield from _given(("notebooks", name, "verify"), notebook.verify)
    if keys.server.tls is not None:
        yield from _given(("server", "tls", "certificate"), keys.server.tls.certificate)
        yield from _given(("server", "tls", "key"), keys.server.tls.key)
    for key in ("client_secret_file", "ca_file"):
        yield from _given(("auth", "oidc", key), getattr(keys.auth.oidc, key, None))


def _credential_files(path: Path, keys: RemoteKeys | LoginKeys) -> Iterator[tuple[Path, str]]:
    for key in ("identity", "passphrase_file", "certificate"):
        yield from _given((*path, key), getattr(keys, key))
    if keys.gssapi is not None:
        for key in ("keytab", "ccache"):
            yield from _given((*path, "gssapi", key), getattr(keys.gssapi, key))


def _given(path: Path, file: str | None) -> Iterator[tuple[Path, str]]:
    if file is not None:
        yield path, file


def _complaint(named: NamedFile) -> str | None:
    try:
        with named.file.open("rb") as opened:
            status = os.fstat(opened.fileno())
    except FileNotFoundError:
        return None if named.may_be_missing else f"there is no file {named.file}"
    except OSError as exc:
        return f"{named.file} can't be read: {(exc.strerror or str(exc)).lower()}"
    return None if named.secret is None else _exposure(named.secret, named.file, status)


def _exposure(what: str, file: FilePath, status: os.stat_result) -> str | None:
    """Say who else reaches a secret; the rule is OpenSSH's for private keys.

    A key of our own must be ours alone. One that is another's to keep, as mounted secrets are root's (0444 in
    Compose and Swarm, 0440 in Kubernetes), we can't narrow: there it's enough that nobody may replace it.
    """
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid == os.geteuid() and mode & _OTHERS:
        return f"others may read the {what} {file} (mode {mode:04o}); run: chmod 600 {file}"
    if mode & _OTHERS_WRITE:
        return f"others may replace the {what} {file} (mode {mode:04o}); run: chmod go-w {file}"
    return None
