"""The control plane's private way in: a Unix socket that only this process's user may open."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def private_socket() -> Iterator[tuple[socket.socket, Path]]:
    """Bind a Unix socket in a folder of its own, mode 0600, and remove both in the end."""
    with (
        tempfile.TemporaryDirectory(prefix="gateway-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound,
    ):
        path = Path(folder) / "control.sock"
        bound.bind(str(path))
        os.chmod(path, 0o600)  # noqa: PTH101 - the folder is 0700 already; this is the second lock
        bound.listen(128)
        bound.setblocking(False)  # noqa: FBT003 - the standard library wants it so
        yield bound, path


class ControlDialer:
    """Opens connections to the control plane."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    async def __call__(self, factory: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
        """Open one connection, with the protocol that ``factory`` makes at this end."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_unix_connection(factory, self._path)
        return transport
