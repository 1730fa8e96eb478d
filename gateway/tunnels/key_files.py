"""Private keys in files: read anew at each dial, but an encrypted one is opened only once.

Opening one takes a fifth of a second of CPU, or more: that is its purpose. Two hundred tunnels that come back at once
would ask for it two hundred times, for the same key. What is kept goes by what the file and the passphrase say, so a
replaced key just works and the old one is forgotten; nothing is kept of keys that are not encrypted.
"""

import hashlib
import threading
from pathlib import Path
from typing import TypeAlias

import asyncssh

Opened: TypeAlias = asyncssh.SSHKey | asyncssh.KeyEncryptionError | asyncssh.KeyImportError
"""A key, or why it can't be opened: a wrong passphrase is as slow as a right one."""


class KeyFiles:
    """Reads keys, and holds those that it has opened; may be used by several threads."""

    def __init__(self) -> None:
        self._opened: dict[str, tuple[bytes, Opened]] = {}
        self._opening: dict[str, threading.Lock] = {}

    def read(self, path: str, passphrase: str | None) -> asyncssh.SSHKey:
        """Return the key in the file ``path``; blocks, and raises what asyncssh and reading raise."""
        content = Path(path).read_bytes()
        if passphrase is None:
            return asyncssh.import_private_key(content)
        # Whoever else wants this key waits here instead of opening it as well.
        with self._opening.setdefault(path, threading.Lock()):
            opened = self._open(path, content, passphrase)
        if isinstance(opened, asyncssh.SSHKey):
            return opened
        raise type(opened)(str(opened))

    def _open(self, path: str, content: bytes, passphrase: str) -> Opened:
        fingerprint = hashlib.sha256(b"%d %b" % (len(content), content))
        fingerprint.update(passphrase.encode())
        held = self._opened.get(path)
        if held is None or held[0] != fingerprint.digest():
            held = fingerprint.digest(), _opened(content, passphrase)
            self._opened[path] = held
        return held[1]


def _opened(content: bytes, passphrase: str) -> Opened:
    try:
        return asyncssh.import_private_key(content, passphrase)
    except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError) as exc:
        return exc
