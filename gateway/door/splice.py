"""A WebSocket after its upstream's 101: bytes both ways, untouched, with back-pressure.

The frames are the notebook's business and the browser's. The door follows only where downstream
frames end, so that it can put in two of its own: a Close when a grant ends or the gateway stops,
and a Ping to a client that has been silent for long, which finds out browsers that vanished.
When the upstream is lost the client is cut off hard: JupyterLab takes a proper 1000 or 1001 for
good and never comes back, but reconnects at once after an abort (1006) or a 1012.
"""

from collections.abc import Callable
from typing import Final, Protocol

from gateway.door.frames import (
    POLICY_VIOLATION,
    FrameTracker,
    answers_close,
    close_frame,
    ping_frame,
)
from gateway.door.upstream import Spliced

PING_AFTER_SECONDS: Final = 18.0
"""A client that vanished is noticed within three times this."""
LINGER_SECONDS: Final = 0.8
"""How long a client may take to answer our Close before we hang up."""


class SplicedClient(Protocol):
    """What a splice needs of the client's leg."""

    def write(self, data: bytes) -> None:
        """Send ``data``."""

    def pause(self) -> None:
        """Read no more for now."""

    def resume(self) -> None:
        """Read again."""

    def close(self) -> None:
        """Close once all is sent."""

    def abort(self) -> None:
        """Close at once."""

    def expire_in(self, seconds: float) -> None:
        """Call ``expired`` of the splice so many seconds from now."""

    def still_taking(self) -> bool:
        """Say whether what was sent is on its way, and some of it arrived since this was last asked."""


class FarEnd(Protocol):
    """What a splice needs of the upstream's leg."""

    def join(self, splice: Spliced) -> None:
        """Pass bytes to ``splice`` from now on."""

    def write(self, data: bytes) -> None:
        """Send ``data``."""

    def pause(self) -> None:
        """Read no more for now."""

    def resume(self) -> None:
        """Read again."""

    def end_writing(self) -> bool:
        """Send an end of file; return whether the connection can stay half open."""

    def abort(self) -> None:
        """Close at once; nobody is told."""


class Splice:
    """Two connections as one."""

    def __init__(
        self, client: SplicedClient, leg: FarEnd, over: Callable[["Splice", int], None]
    ) -> None:
        self._client = client
        self._leg = leg
        self._over = over
        self._frames = FrameTracker()
        self._ending = False
        self._over_already = False
        self._heard = False
        self._pinged = False
        self._bytes = 0

    def begin(self, from_client: bytes, from_upstream: bytes) -> None:
        """Join the two, with what either had sent ahead."""
        self._leg.join(self)
        self._client.expire_in(PING_AFTER_SECONDS)
        if from_upstream:
            self.from_upstream(from_upstream)
        if from_client:
            self.from_client(from_client)

    def from_client(self, data: bytes) -> None:
        """Pass on what the client sent; while ending, wait for its Close only."""
        self._heard, self._pinged = True, False
        if not self._ending:
            self._leg.write(data)
        elif answers_close(data):
            self._finish(self._client.close)

    def from_upstream(self, data: bytes) -> None:
        """Pass on what the upstream sent."""
        self._frames.feed(data)
        self._bytes += len(data)
        self._client.write(data)

    def client_full(self, *, full: bool) -> None:
        """Hold the upstream back while the client takes no more."""
        if full:
            self._leg.pause()
        else:
            self._leg.resume()

    def upstream_full(self, *, full: bool) -> None:
        """Hold the client back while the upstream takes no more."""
        if full:
            self._client.pause()
        else:
            self._client.resume()

    def client_ended(self) -> bool:
        """Pass a half-close on; return whether the client may still be sent something."""
        if self._ending or not self._leg.end_writing():
            self._finish(self._client.close)
            return False
        return True

    def client_gone(self) -> None:
        """Let go of the upstream: the client is no more."""
        self._finish(self._client.abort)

    def upstream_gone(self) -> None:
        """Hang up on the client: gently after the notebook's own Close, else hard."""
        if not self._ending:
            self._finish(self._client.close if self._frames.closed else self._client.abort)

    def end(self) -> None:
        """End now: what allowed it no longer does."""
        self.stop(POLICY_VIOLATION, b"the log-in or the grant has ended")

    def stop(self, code: int, reason: bytes) -> None:
        """Tell the client with a Close why it ends here, if a frame fits in just now."""
        if self._ending:
            return
        if not self._frames.between or self._frames.closed:
            self._finish(self._client.close if self._frames.closed else self._client.abort)
            return
        self._ending = True
        self._leg.abort()
        self._client.write(close_frame(code, reason))
        self._client.resume()
        self._client.expire_in(LINGER_SECONDS)

    def expired(self) -> None:
        """Look after a client that has been silent for long."""
        taking = self._client.still_taking()
        if self._ending:
            self._finish(self._client.close)
        elif self._pinged and not taking:
            self._finish(self._client.abort)
        else:
            if not self._heard and self._frames.between and not self._frames.closed:
                self._client.write(ping_frame())
                self._pinged = True
            self._heard = False
            self._client.expire_in(PING_AFTER_SECONDS)

    def _finish(self, hang_up: Callable[[], None]) -> None:
        if self._over_already:
            return
        self._ending = self._over_already = True
        self._leg.abort()
        hang_up()
        self._over(self, self._bytes)
