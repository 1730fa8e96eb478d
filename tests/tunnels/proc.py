"""A fake /proc, /etc and so on beneath the folder that a fake remote shows over SFTP."""

import asyncio
import itertools
from pathlib import Path

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
LOOPBACK = "0100007F"


class Proc:
    """The tables of who listens, as Linux shows them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.uid = home.stat().st_uid
        """The login's own uid, as its process shows it."""
        self.tables = {name: home / "proc/net" / name for name in ("tcp", "tcp6")}
        self._rows: list[str] = []
        self._inodes = itertools.count(1000)
        (home / "proc/net").mkdir(parents=True, exist_ok=True)
        (home / "proc/self").mkdir(exist_ok=True)
        self.clear()

    def clear(self) -> None:
        """Let nobody listen."""
        self._rows = []
        self._write()

    def listen(self, port: int, uid: int, *, address: str = LOOPBACK) -> None:
        """Let ``uid`` listen at ``port``, beside those who do already."""
        inode = next(self._inodes)
        self._rows.append(
            f"   0: {address}:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000"
            f" {uid:5d}        0 {inode} 1 0000000000000000 100 0 0 10 0"
        )
        self._write()

    def held_by(self, port: int, uid: int) -> None:
        """Let ``uid`` listen at ``port``, and nobody else anywhere."""
        self._rows = []
        self.listen(port, uid)

    def write(self, path: str, text: str) -> None:
        """Write a file that the login may read."""
        (self.home / path).parent.mkdir(parents=True, exist_ok=True)
        (self.home / path).write_text(text)

    async def socket(self, path: str, *, mode: int = 0o600, folder_mode: int = 0o700) -> str:
        """Make a Unix socket, and return its path as the login sees it."""
        real = self.home / path
        real.parent.mkdir(parents=True, exist_ok=True)
        server = await asyncio.start_unix_server(lambda _, writer: writer.close(), real)
        server.close()  # its file stays
        real.chmod(mode)
        real.parent.chmod(folder_mode)
        return f"/{path}"

    def _write(self) -> None:
        self.tables["tcp"].write_text("\n".join([HEADING, *self._rows]) + "\n")
        self.tables["tcp6"].write_text(HEADING + "\n")
