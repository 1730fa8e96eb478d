"""An answer on its way to the client: framed anew, or held while something in it is rewritten."""

from collections.abc import Callable
from typing import Final

from gateway.core.framing import Body, BodyKind
from gateway.core.head import RequestHead, ResponseHead
from gateway.core.viewing_page import ReadOnly
from gateway.door.answers import Answer
from gateway.door.bodies import JOINED_BYTES, Sink, write_content, write_end
from gateway.door.chunks import chunk
from gateway.door.writing import interim_bytes, response_bytes, switching_bytes, without
from gateway.errors import Reason, UpstreamMalformed

LARGEST_PAGE_BYTES: Final = 16 * 1024 * 1024
"""Pages that must be rewritten are the only bodies held whole."""
Rewrite = Callable[[bytes], bytes]
"""Returns a page as it goes to the client."""
_ENDLESS: Final = frozenset({BodyKind.CHUNKED, BodyKind.UNTIL_CLOSE})


class Reply:
    """One answer; its status is 0 until it has one."""

    __slots__ = (
        "_chunked",
        "_client",
        "_head",
        "_held",
        "_held_bytes",
        "_held_head",
        "_request",
        "_rewrite",
        "bytes_out",
        "keep",
        "status",
    )  # fmt: skip

    def __init__(self, client: Sink, request: RequestHead) -> None:
        self.status = 0
        self.bytes_out = 0
        self.keep = False
        """Whether the client was told that the connection goes on."""
        self._client = client
        self._request = request
        self._head = b""
        self._chunked = False
        self._rewrite: Rewrite | None = None
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._held_head: ResponseHead | None = None

    @property
    def begun(self) -> bool:
        """Whether the client has seen any of it."""
        return self.status != 0 and not self._head

    @property
    def untouched(self) -> bool:
        """Whether nothing of an upstream's answer has been taken in."""
        return self.status == 0 and self._rewrite is None

    def interim(self, head: ResponseHead) -> None:
        """Pass on a 1xx, to clients that know of them (RFC 9110, section 15.2)."""
        if self._request.minor:
            self._client.write(interim_bytes(head))

    def switch(self, head: ResponseHead) -> None:
        """Pass on the 101."""
        self.status = head.status
        self._client.write(switching_bytes(head))

    def give(self, answer: Answer, *, keep: bool, secure: bool) -> None:
        """Answer in place of an upstream; ``keep`` says whether the connection may go on."""
        self._rewrite, self._head = None, b""
        self.status = answer.status
        self.keep = keep and not answer.closes
        method = self._request.method
        self._client.write(answer.wire(method=method, closes=not self.keep, secure=secure))

    def begin(self, head: ResponseHead, body: Body, *, rewrite: Rewrite | None, keep: bool) -> None:
        """Send ``head``; with ``rewrite``, once its body is whole and rewritten."""
        self.keep = keep
        if rewrite is None:
            self._send_head(head, body)
        elif body.kind is BodyKind.NONE:
            # An empty page stays empty; HEAD tells of one whose length nobody knows.
            told = _changed(head) if self._request.method == b"HEAD" else head
            self._send_head(told, body)
        else:
            self._rewrite, self._held_head = rewrite, _changed(head)

    def content(self, content: bytes) -> None:
        """Send some of the body; raise UpstreamMalformed if too much has to be held."""
        if self._rewrite is None:
            self.bytes_out += len(content)
            if self._head and len(content) <= JOINED_BYTES:
                head, self._head = self._head, b""
                self._client.write(head + (chunk(content) if self._chunked else content))
                return
            self.flush()
            write_content(self._client, content, chunked=self._chunked)
            return
        self._held_bytes += len(content)
        if self._held_bytes > LARGEST_PAGE_BYTES:
            self._held.clear()
            raise UpstreamMalformed(Reason.NOT_HTTP, "its page is too large to be shown here")
        self._held.append(content)

    def flush(self) -> None:
        """Send the head, if it still waits for the body's beginning: one system call does for both."""
        if self._head:
            head, self._head = self._head, b""
            self._client.write(head)

    def finish(self) -> None:
        """Send what is left."""
        if self._rewrite is not None and self._held_head is not None:
            content = self._rewrite(b"".join(self._held))
            self._send_head(self._held_head, Body(BodyKind.SIZED, len(content)))
            self.bytes_out += len(content)
            self.flush()
            self._client.write(content)
        self.flush()
        write_end(self._client, chunked=self._chunked)

    def _send_head(self, head: ResponseHead, body: Body) -> None:
        self.status = head.status
        if body.kind in _ENDLESS:
            self._chunked = self._request.minor > 0
            self.keep = self.keep and self._chunked
            body = Body(BodyKind.CHUNKED if self._chunked else BodyKind.UNTIL_CLOSE, 0)
        connection = b"close"
        if self.keep:
            connection = b"" if self._request.minor else b"keep-alive"
        self._head = response_bytes(head, body, connection=connection)


class ReadOnlyReply(Reply):
    """An answer about files, which says on its way that they can't be written."""

    __slots__ = ("_read_only",)

    def __init__(self, client: Sink, request: RequestHead) -> None:
        super().__init__(client, request)
        self._read_only = ReadOnly()

    def content(self, content: bytes) -> None:
        """Send what can go on of the body."""
        changed = self._read_only.feed(content)
        if changed:
            super().content(changed)

    def finish(self) -> None:
        """Send what is left."""
        held = self._read_only.rest()
        if held:
            super().content(held)
        super().finish()


def _changed(head: ResponseHead) -> ResponseHead:
    """Return ``head`` without what was true of the page before it was rewritten."""
    kept = without(head.headers, b"content-length", b"etag", b"last-modified", b"accept-ranges")
    return ResponseHead(head.status, head.reason, kept, head.minor)
