"""Looking who listens at notebooks' places, through one connection, as its login."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import asyncssh

from gateway.core import listener
from gateway.core.inventory import Notebook
from gateway.core.listener import ANYBODY, UNCHECKED, Account, File, Sighting, past_listeners
from gateway.errors import Reason, UpstreamTimedOut
from gateway.tunnels.files import LARGEST_TABLE, LOST, Files, at_once
from gateway.tunnels.sharing import Shared

LOOK_SECONDS: Final = 8.0
"""More than it takes to begin a session."""
TCP, TCP6 = "/proc/net/tcp", "/proc/net/tcp6"
OWN: Final = ("/proc/self", ".")
"""What surely belongs to the login: its SFTP process; where there is no /proc, its home."""


class Lookout:
    """Looks, as often as asked; those who ask at the same time share an answer."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._uids: dict[str, int] = {}
        self._tables: dict[tuple[int, str], Shared[Sequence[str] | None]] = {}

    async def look(self, notebook: Notebook, host: str) -> Sighting:
        """Return who listens for ``notebook`` at ``host`` now; raise UpstreamTimedOut if none can say.

        What is returned was read after the call. Where the login may not look, that is the answer; where it may
        and the look fails, nobody should take that for one.
        """
        if notebook.listener == ANYBODY:
            return UNCHECKED
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                with suppress(*LOST):
                    return await self._look(notebook, host)
                return await self._look(notebook, host)  # the session had ended meanwhile
        except (TimeoutError, asyncssh.Error, OSError) as exc:
            detail = f"{notebook.remote} does not say who listens at {notebook.place}: {str(exc) or 'it takes too long'}"
            raise UpstreamTimedOut(Reason.SILENT, detail) from exc

    async def _look(self, notebook: Notebook, host: str) -> Sighting:
        if await self._files.session() is None:
            return listener.unseen(notebook, f"{notebook.login}: {self._files.refusal}")
        name = notebook.listener or notebook.login
        own = notebook.listener is None or name == notebook.login
        uid = await self._uid(name, own=own)
        if uid is None and own:
            return listener.unseen(notebook, f"SFTP tells {name} no uid there")
        if uid is None:
            why = f"{notebook.remote} knows no account {name} in /etc/passwd; give its uid (id -u {name})"
            return listener.unsure(notebook, why)
        expected = Account(name, uid)
        if notebook.socket is not None:
            return await self._look_at_socket(notebook, notebook.socket, expected)
        return await self._look_at_port(notebook, host, expected)

    async def _look_at_port(self, notebook: Notebook, host: str, expected: Account) -> Sighting:
        try:
            tables = await self._fresh_tables(notebook.port or 0, host)
        except OverflowError:
            why = f"its {TCP} is longer than {LARGEST_TABLE} bytes"
            return listener.unsure(notebook, why)
        if tables is None:
            return listener.unseen(notebook, f"{notebook.login} can't read {TCP} there")
        return listener.judge_port(notebook, host, tables, expected)

    async def _look_at_socket(self, notebook: Notebook, socket: str, expected: Account) -> Sighting:
        folder = socket.rpartition("/")[0] or "/"
        file, holder = await at_once(
            self._files.attributes(socket), self._files.attributes(folder, follow=True)
        )
        if holder is None and await self._files.attributes("/proc") is None:
            why = f"SFTP shows {notebook.login} another part of the file system there"
            return listener.unseen(notebook, why)
        return listener.judge_socket(notebook, _file(file), _file(holder), expected)

    async def _fresh_tables(self, port: int, host: str) -> Sequence[str] | None:
        shared = self._tables.get((port, host))
        if shared is None:
            shared = self._tables[port, host] = Shared(partial(self._read_tables, port, host))
        return await shared.fresh()

    async def _read_tables(self, port: int, host: str) -> Sequence[str] | None:
        """Return what of the kernel's tables it takes: to find that there is no more, it must look long."""
        reader = f"{host}:{port}"
        settled = partial(listener.settles, port=port, host=host)
        tcp = await self._files.table(
            TCP, reader, lambda text: settled(text) or past_listeners(text)
        )
        if tcp is None or settled(tcp):
            return None if tcp is None else (tcp,)
        tcp6 = await self._files.table(TCP6, reader, past_listeners)
        return (tcp, tcp6 or "")  # a kernel may know no IPv6

    async def _uid(self, name: str, *, own: bool) -> int | None:
        """Return the uid of an account; it does not change while a connection lasts."""
        if name.isdecimal() and not own:
            return int(name)
        if name not in self._uids:
            uid = await (self._own_uid() if own else self._uid_by_name(name))
            if uid is None:
                return None
            self._uids[name] = uid
        return self._uids[name]

    async def _own_uid(self) -> int | None:
        for path in OWN:
            found = await self._files.attributes(path, follow=True)
            if found is not None and found.uid is not None:
                return found.uid
        return None

    async def _uid_by_name(self, name: str) -> int | None:
        if name == "root":
            return 0
        passwd = await self._files.read("/etc/passwd", LARGEST_TABLE)
        return listener.read_uid(passwd.decode(errors="replace"), name)


def _file(attributes: asyncssh.SFTPAttrs | None) -> File | None:
    """Return what matters of a file's attributes; None too where the remote keeps them to itself."""
    if attributes is None or attributes.uid is None or attributes.permissions is None:
        return None
    return File(attributes.uid, attributes.permissions, attributes.mtime or 0)
