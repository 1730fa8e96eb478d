"""A request's body on its way: held a little until an upstream is reached, then passed on as it comes."""

from collections.abc import Callable
from typing import Final

from gateway.core.framing import Body, BodyKind
from gateway.door.bodies import Sink, write_content, write_end

HELD_BYTES: Final = 64 * 1024
"""How much of a body is taken in before its upstream is reached; then the client is not read any more."""


class Intake:
    """One body, from the client's leg to an upstream's."""

    __slots__ = (
        "_chunked",
        "_full",
        "_held",
        "_held_bytes",
        "_sink",
        "_unwanted",
        "passed",
        "whole",
    )

    def __init__(self, body: Body, full: Callable[[], None]) -> None:
        """Take in ``body``; ``full`` is called when no more may be held."""
        self.whole = body.kind is BodyKind.NONE
        """Whether the client has sent all of it."""
        self.passed = False
        """Whether any of it has gone to an upstream."""
        self._chunked = body.kind is BodyKind.CHUNKED
        self._full = full
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._sink: Sink | None = None
        self._unwanted = False

    def take(self, content: bytes) -> None:
        """Pass on some of the body, or hold it until there is somebody to take it."""
        if self._unwanted:
            return
        if self._sink is not None:
            self.passed = True
            write_content(self._sink, content, chunked=self._chunked)
            return
        self._held.append(content)
        self._held_bytes += len(content)
        if self._held_bytes > HELD_BYTES:
            self._full()

    def end(self) -> None:
        """Take note that the body is whole."""
        self.whole = True
        if self._sink is not None:
            write_end(self._sink, chunked=self._chunked)

    def flow_to(self, sink: Sink) -> None:
        """Pass on to ``sink`` what came meanwhile, and whatever comes."""
        self._sink = sink
        held, self._held = self._held, []
        for content in held:
            self.take(content)
        if self.whole:
            self.end()

    def drop(self) -> None:
        """Pass nothing on from now on: nobody wants it."""
        self._unwanted = True
        self._sink = None
        self._held.clear()
