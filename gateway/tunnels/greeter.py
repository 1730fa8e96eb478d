"""What asyncssh asks and tells while it connects: whom it found, which key it was shown, how it ended."""

import asyncio

import asyncssh

from gateway.core.host_key import Verdict, judge
from gateway.core.inventory import Remote
from gateway.tunnels.negotiation import negotiating
from gateway.tunnels.observer import Observer


class Greeter(asyncssh.SSHClient):
    """Meets one remote, once, and judges a host key for which no known_hosts file vouches."""

    def __init__(
        self,
        remote: Remote,
        remembered: str | None,
        *,
        others_known: bool,
        observer: Observer | None = None,
    ) -> None:
        self.verdict: Verdict | None = None
        self.refused: asyncssh.SSHKey | None = None
        """The key that was shown and not trusted."""
        self.refused_authority: asyncssh.SSHKey | None = None
        """That of the authority which signed a certificate that was shown and not trusted."""
        self.ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._remote = remote
        self._remembered = remembered
        self._others_known = others_known
        self._observer = observer or Observer()
        self._connection: asyncssh.SSHClientConnection | None = None

    @property
    def greeted(self) -> bool:
        """Whether somebody answered."""
        return self._connection is not None

    @property
    def negotiating(self) -> bool:
        """Whether it said which algorithms of SSH it speaks."""
        return self._connection is not None and negotiating(self._connection)

    @property
    def showed_its_key(self) -> bool:
        """Whether it showed a host key that we took, or one that we did not."""
        connection = self._connection
        taken = connection is not None and connection.get_server_host_key() is not None
        return taken or self.refused is not None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """Note that somebody answers."""
        self._connection = conn
        self._observer.connected(conn)

    def auth_completed(self) -> None:
        """Tell who watches that the remote has let us in."""
        self._observer.let_in()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whom it may concern that the connection has ended."""
        if not self.ended.done():
            self.ended.set_result(exc)

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Judge a host key for which no known_hosts file vouches."""
        del host, addr, port  # it is the key that tells
        self.verdict = judge(
            self._remote,
            key.get_fingerprint(),
            remembered=self._remembered,
            others_known=self._others_known,
        )
        self._observer.showed(key, self.verdict)
        trusted = self.verdict in {Verdict.TRUSTED, Verdict.NEW}
        self.refused = None if trusted else key
        return trusted

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Refuse a certificate of an authority that no known_hosts file names."""
        del host, addr, port
        self.refused_authority = key
        return False
