"""What a login may read on its remote: one SFTP session, begun when it is first needed, and then kept.

A session is a process on the remote and a line in its log, so it is not begun anew for every look. Tables of the
kernel are read again through the same handle, from the start, in pieces whose sizes the last time showed:
all pieces are asked for at once, and the answer is there after one round trip.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Final, TypeVar, cast

import asyncssh

log = logging.getLogger(__name__)

START_SECONDS: Final = 5.0
AGAIN_SECONDS: Final = 60.0
"""A login that may not use SFTP is asked to again after so long; some keys' commands just sleep."""
LARGEST_FILE: Final = 64 * 1024
LARGEST_TABLE: Final = 1024 * 1024
PIECE: Final = 32 * 1024

T = TypeVar("T")

LOST: Final = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
NOT_THERE: Final = (
    asyncssh.SFTPNoSuchFile,
    asyncssh.SFTPNoSuchPath,
    asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPOpUnsupported,
)


class Files:
    """The files that a login may read."""

    def __init__(self, ssh: asyncssh.SSHClientConnection) -> None:
        self.refusal = ""
        """Why there is no session, where there is none."""
        self._ssh = ssh
        self._sftp: asyncssh.SFTPClient | None = None
        self._tables: dict[tuple[str, str], _Table] = {}
        self._refused_at: float | None = None
        self._starting = asyncio.Lock()

    async def session(self) -> asyncssh.SFTPClient | None:
        """Return the session; None where the login may not have one."""
        async with self._starting:
            if self._sftp is None and not self._refused_lately():
                await self._start()
            return self._sftp

    def forget(self) -> None:
        """Begin a new session the next time: this one has failed."""
        self._tables.clear()
        if self._sftp is not None:
            self._sftp.exit()
            self._sftp = None

    async def read(self, path: str, size: int = LARGEST_FILE) -> bytes:
        """Return what a file holds, or nothing if it can't be read."""
        sftp = await self.session()
        if sftp is None:
            return b""
        try:
            async with sftp.open(path, "rb") as file:
                return await file.read(size)
        except asyncssh.SFTPError as exc:
            self._sort_out(exc)
            return b""

    async def ages(self, folder: str) -> Mapping[str, float]:
        """Return when each file of a folder was changed; nothing if the folder can't be read."""
        sftp = await self.session()
        if sftp is None:
            return {}
        try:
            entries = await sftp.readdir(folder)
        except asyncssh.SFTPError as exc:
            self._sort_out(exc)
            return {}
        return {str(entry.filename): entry.attrs.mtime or 0 for entry in entries}

    async def attributes(self, path: str, *, follow: bool = False) -> asyncssh.SFTPAttrs | None:
        """Return what is known of a file; None if it isn't there, or may not be looked at."""
        sftp = await self.session()
        if sftp is None:
            return None
        try:
            return await sftp.stat(path) if follow else await sftp.lstat(path)
        except asyncssh.SFTPError as exc:
            self._sort_out_strictly(exc)
            return None

    async def table(self, path: str, reader: str, enough: Callable[[str], bool]) -> str | None:
        """Return a table of the kernel as it is now, up to where it is ``enough`` for ``reader``.

        None if it can't be read; raise OverflowError if it has no end. A reader reads a table once at a time.
        """
        sftp = await self.session()
        if sftp is None:
            return None
        try:
            if (path, reader) not in self._tables:
                # A block size of 0 is one request for each read, whose answer may be short.
                self._tables[path, reader] = _Table(await sftp.open(path, "rb", block_size=0))
            return await self._tables[path, reader].read(enough)
        except asyncssh.SFTPError as exc:
            self._tables.pop((path, reader), None)
            self._sort_out_strictly(exc)
            return None

    async def _start(self) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                self._sftp = await self._ssh.start_sftp_client()
        except TimeoutError:
            self._refuse(f"SFTP did not begin in {START_SECONDS:.0f} s")
        except (asyncssh.Error, OSError) as exc:
            self._refuse(f"there is no SFTP: {exc}")

    def _refuse(self, why: str) -> None:
        log.debug("%s", why)
        self.refusal = why
        self._refused_at = asyncio.get_running_loop().time()

    def _refused_lately(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self._refused_at is not None and now - self._refused_at < AGAIN_SECONDS

    def _sort_out(self, exc: asyncssh.SFTPError) -> None:
        """Tell a file that can't be read from a session that has ended; raise ``exc`` for that."""
        if isinstance(exc, LOST):
            self.forget()
            raise exc

    def _sort_out_strictly(self, exc: asyncssh.SFTPError) -> None:
        """Tell a file that isn't there from one that can't be read just now; raise ``exc`` for that."""
        self._sort_out(exc)
        if not isinstance(exc, NOT_THERE):
            raise exc


async def at_once(*reads: Coroutine[object, object, T]) -> Sequence[T]:
    """Return what ``reads`` return, which are begun in their order; raise what fails first."""
    try:
        async with asyncio.TaskGroup() as tasks:
            begun = [tasks.create_task(read) for read in reads]
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    return [task.result() for task in begun]


class _Table:
    """A file of /proc that is kept open, and how long the pieces were in which it came."""

    def __init__(self, file: asyncssh.SFTPClientFile) -> None:
        self._file = file
        self._ends: list[int] = []

    async def read(self, enough: Callable[[str], bool]) -> str:
        """Return it from the start; what is not as long as the last time is read one piece after the other."""
        text, ends = b"", []
        for piece in await at_once(*map(self._piece, [0, *self._ends])):
            text += piece
            ends.append(len(text))
            if not piece or ends != self._ends[: len(ends)]:
                break
        while piece and not enough(text.decode("latin-1")):
            if len(text) > LARGEST_TABLE:
                raise OverflowError
            piece = await self._piece(len(text))
            text += piece
            ends.append(len(text))
        self._ends = ends[:-1]
        return text.decode("latin-1")

    async def _piece(self, offset: int) -> bytes:
        return cast("bytes", await self._file.read(PIECE, offset))
