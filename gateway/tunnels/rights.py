"""What our credential may do at a remote that it need not: tried from outside, and harmlessly.

Nothing is changed there: the command is an echo, what can be connected to is let go at once, a listener at a
port of the remote's choice is closed as soon as it is granted, and the file to be written is not there, lies in
a folder that is not there either, and is not to be made.
"""

import asyncio
from secrets import token_hex
from typing import Final

import asyncssh

from gateway.core.diagnosis import Right
from gateway.core.right_advice import excess
from gateway.core.situation import Situation
from gateway.tunnels.case import Case
from gateway.tunnels.connection import LOOPBACK, Connection
from gateway.tunnels.second_look import permitted_elsewhere
from gateway.tunnels.walk import Walk

TRY_SECONDS: Final = 5.0
SAYING: Final = "notebook-gateway-may-run-commands"
MOST_BYTES: Final = 16 * 1024


class Rights:
    """Tells which rights our credential has at the remote that a connection leads to."""

    def __init__(self, walk: Walk, case: Case, connection: Connection) -> None:
        self._walk = walk
        self._case = case
        self._connection = connection
        self._situation = Situation(case.notebook, case.way.remote, case.way.login)

    async def tell(self) -> None:
        """Try one right after the other."""
        await self._commands()
        await self._ports()
        await self._listening()
        await self._writing()

    async def _commands(self) -> None:
        tried = f"echo {SAYING}"
        try:
            async with asyncio.timeout(TRY_SECONDS):
                ran = SAYING.encode() in await self._said_by(tried)
        except (asyncssh.Error, OSError):
            self._refused(Right.COMMANDS, tried, "refused")
            return
        if ran:
            self._granted(Right.COMMANDS, tried, "it ran")
        else:
            self._refused(Right.COMMANDS, tried, "it did not run: another command is forced")

    async def _said_by(self, command: str) -> bytes:
        """Return the beginning of what a command prints, or what is run in its place."""
        said = b""
        ssh = self._connection.ssh
        async with ssh.create_process(command, stdin=asyncssh.DEVNULL, encoding=None) as process:
            while len(said) < MOST_BYTES and (piece := await process.stdout.read(MOST_BYTES)):
                said += piece
        return said

    async def _ports(self) -> None:
        notebook, neighbours = self._case.notebook, self._case.neighbours
        # Notebooks of the same tunnel share its key, which so must lead to all of them.
        needed = {n.port for n in neighbours if n.tunnel == notebook.tunnel}
        place = await permitted_elsewhere(self._connection, notebook, neighbours, needed=needed)
        tried = "channels to ports of nobody, of neighbours and of sshd"
        if place is None:
            self._refused(Right.PORTS, tried, "refused")
        elif notebook.socket is not None:
            # sshd leads to sockets only where it leads to every port.
            self._refused(
                Right.PORTS, tried, f"{place} is allowed, as a notebook at a socket needs"
            )
        else:
            self._granted(Right.PORTS, tried, f"{place} is allowed")

    async def _listening(self) -> None:
        tried = f"a listener at {LOOPBACK}, closed at once"
        try:
            async with asyncio.timeout(TRY_SECONDS):
                listener = await self._connection.ssh.create_server(_nobody, LOOPBACK, 0)
                listener.close()
                await listener.wait_closed()
        except (asyncssh.ChannelListenError, asyncssh.Error, OSError):
            self._refused(Right.LISTENING, tried, "refused")
        else:
            self._granted(Right.LISTENING, tried, "it was granted")

    async def _writing(self) -> None:
        folder = f".notebook-gateway-{token_hex(8)}"
        tried = "opening for writing what is not there"
        try:
            async with (
                asyncio.timeout(TRY_SECONDS),
                self._connection.ssh.start_sftp_client() as sftp,
                sftp.open(f"{folder}/nothing", "r+"),  # not to be made if it is not there
            ):
                pass
        except asyncssh.SFTPNoSuchFile:
            self._granted(Right.WRITING, tried, "only its absence stood in the way")
        except asyncssh.SFTPPermissionDenied:
            self._refused(Right.WRITING, tried, "refused: files can only be read")
        except (asyncssh.Error, OSError) as exc:
            self._refused(Right.WRITING, tried, f"refused: {exc}")

    def _granted(self, right: Right, tried: str, found: str) -> None:
        advice = excess(right, self._situation)
        self._walk.warned(right, self._case.way.remote.name, tried, found, advice=advice)

    def _refused(self, right: Right, tried: str, found: str) -> None:
        self._walk.passed(right, self._case.way.remote.name, tried, found)


def _nobody(_host: str, _port: int) -> asyncssh.SSHTCPSession[bytes]:
    """Turn away whoever connects in the moment that a listener is there."""
    raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "nobody is served")
