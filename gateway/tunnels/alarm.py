"""The alarm at a remote's host key: raised once for each change, by whichever login meets it first."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.core.backoff import PARKED_SECONDS
from gateway.errors import HostKeyChanged, Reason, RemoteRejected

log = logging.getLogger(__name__)


class Alarm:
    """Knows whether one remote's host key has changed, and spares it the other logins' looks.

    All logins of a remote are shown the same key. So for a minute the refusal that one has met is that of
    the others, who do not knock: sshd counts connections without a log-in against our address.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self.change: HostKeyChanged | None = None
        """The change that stands between us and the remote, until its host key has passed again."""
        self._clock = clock
        self._barred_until = clock()
        self._looks = 0

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Watch how a dial ends; raise HostKeyChanged in place of one that would only see the same again."""
        if self.change is not None and self._clock() < self._barred_until:
            raise _again(self.change)
        looks = self._looks
        try:
            yield
        except HostKeyChanged as exc:
            self._raise(exc)
            if looks == self._looks:
                self._barred_until = self._clock() + PARKED_SECONDS
            raise
        except RemoteRejected as exc:
            if exc.reason is Reason.LOGIN_REFUSED:
                self._calm()
            raise
        else:
            self._calm()

    def look_again(self) -> None:
        """Let the next dial through: what we know of the host key may have changed."""
        self._barred_until = self._clock()
        self._looks += 1

    def _raise(self, found: HostKeyChanged) -> None:
        before, self.change = self.change, _again(found)
        if before is None or (before.known, before.shown) != (found.known, found.shown):
            log.error("HOST KEY CHANGED: %s", found.detail)

    def _calm(self) -> None:
        if self.change is not None:
            log.info("a host key that we know is shown again, not %s", ", ".join(self.change.shown))
            self.change = None


def _again(change: HostKeyChanged) -> HostKeyChanged:
    """Return the same refusal, without the trace of the dial that met it."""
    return HostKeyChanged(change.detail, known=change.known, shown=change.shown)
