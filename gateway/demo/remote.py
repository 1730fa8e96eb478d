"""The stand-in for a remote: an SSH server that forwards to the demo's notebooks, and does little else.

    python -m gateway.demo.remote FILE FD

FILE is a JSON document: ``{"host_key": PATH, "logins": {LOGIN: {"authorized_key": …, "home": …, "port": …}}}``.
FD is a listening socket, so that whoever starts us knows the port, and may connect, beforehand.

A login gets in with its own public key only. It may open channels to its own port on loopback, and read
the files of its own home over SFTP, where Jupyter notes its token. No shell, no command, no listening.
"""

import json
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, cast

import asyncssh
import uvloop

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1"})
READING: Final = asyncssh.FXF_READ


@dataclass(frozen=True, slots=True)
class Account:
    """A login of the stand-in."""

    authorized_key: str
    home: str
    port: int


Accounts = dict[str, Account]


def read_accounts(text: str) -> tuple[str, Accounts]:
    """Return the host key's path and the accounts that the JSON document ``text`` describes."""
    document = json.loads(text)
    return document["host_key"], {
        login: Account(**account) for login, account in document["logins"].items()
    }


class Visit(asyncssh.SSHServer):
    """One connection to the stand-in, and what it may do."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Keep the connection, which knows the login."""
        self._connection = conn

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh's signature
        """Ask everybody for a key, so that nobody learns which logins there are."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Public keys it is, and nothing else."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Say whether ``key`` is the one of this login."""
        account = self._accounts.get(username)
        if account is None:
            return False
        return key.public_data == asyncssh.import_public_key(account.authorized_key).public_data

    def connection_requested(
        self,
        dest_host: str,
        dest_port: int,
        orig_host: str,  # noqa: ARG002 - asyncssh's signature
        orig_port: int,  # noqa: ARG002
    ) -> bool:
        """Let a channel through to the login's own notebook; anything else is prohibited."""
        if dest_host in LOOPBACK and dest_port == self._own_port():
            return True
        raise asyncssh.ChannelOpenError(
            asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, f"{dest_host}:{dest_port} is not yours"
        )

    def _own_port(self) -> int | None:
        if self._connection is None:
            return None
        return self._accounts[self._connection.get_extra_info("username")].port


def _refuse(*_: object, **__: object) -> NoReturn:
    raise asyncssh.SFTPPermissionDenied("this home is read-only")


class ReadOnlyHome(asyncssh.SFTPServer):
    """The files of one home, to be read; links that lead out of it lead nowhere."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], home: str) -> None:
        super().__init__(channel, chroot=os.fsencode(home))
        self._home = os.path.realpath(os.fsencode(home))

    def map_path(self, path: bytes) -> bytes:
        """Return the local path of ``path``; raise SFTPPermissionDenied where that is outside."""
        mapped = super().map_path(path)
        real = os.path.realpath(mapped)
        if real != self._home and not real.startswith(self._home + b"/"):
            raise asyncssh.SFTPPermissionDenied("outside of this home")
        return mapped

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a file for reading; raise SFTPPermissionDenied for all else."""
        if pflags & ~READING:
            _refuse()
        return super().open(path, READING, attrs)

    open56 = _refuse  # SFTP 5 and later, which we don't offer
    write = _refuse
    setstat = _refuse
    lsetstat = _refuse
    fsetstat = _refuse
    remove = _refuse
    mkdir = _refuse
    rmdir = _refuse
    rename = _refuse
    posix_rename = _refuse
    symlink = _refuse
    link = _refuse


async def serve(accounts: Accounts, *, host_key: str, listener: socket.socket) -> None:
    """Serve the ``accounts`` on ``listener`` until cancelled."""

    def home(channel: asyncssh.SSHServerChannel[bytes]) -> ReadOnlyHome:
        login = cast("str", channel.get_extra_info("username"))
        return ReadOnlyHome(channel, accounts[login].home)

    server = await asyncssh.listen(
        sock=listener,
        server_factory=lambda: Visit(accounts),
        server_host_keys=[host_key],
        sftp_factory=home,
        allow_pty=False,
        agent_forwarding=False,
        login_timeout=10,
    )
    async with server:
        await server.wait_closed()


def main(file: Path, listener: socket.socket) -> None:
    """Serve what ``file`` describes, until a signal ends the process: there is nothing to tidy up."""
    host_key, accounts = read_accounts(file.read_text())
    uvloop.run(serve(accounts, host_key=host_key, listener=listener))


if __name__ == "__main__":
    main(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
