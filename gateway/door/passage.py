"""What a head becomes on its way through: the core's policy, or nothing for the control plane."""

from typing import Final

from gateway.core.head import RequestHead, ResponseHead
from gateway.core.passing import to_notebook
from gateway.core.returning import from_notebook
from gateway.core.rewriting import Rewrite, rewriting
from gateway.core.upstream import Upstream
from gateway.door.decision import ToControl, ToNotebook
from gateway.errors import Reason, UpstreamMalformed

LARGEST_PAGE_BYTES: Final = 16 * 1024 * 1024
"""Pages that must be rewritten are the only bodies held whole."""


def outgoing(
    plan: ToControl | ToNotebook, head: RequestHead, upstream: Upstream | None, *, cookie: bytes
) -> RequestHead:
    """Return ``head`` as it goes to the upstream."""
    if isinstance(plan, ToControl) or upstream is None:
        return plan.head if isinstance(plan, ToControl) else head
    return to_notebook(head, plan.place, upstream, plan.client, cookie=cookie, target=plan.target)


def returning(
    plan: ToControl | ToNotebook,
    head: ResponseHead,
    upstream: Upstream | None,
    *,
    secure: bool,
    cookie: bytes,
) -> ResponseHead:
    """Return ``head`` as it goes to the client."""
    if isinstance(plan, ToControl) or upstream is None:
        return head
    return from_notebook(head, plan.place, upstream, secure=secure, cookie=cookie)


class HeldPage:
    """A page that is held until it is whole, because something in it must be rewritten."""

    __slots__ = ("_content", "_rewrite", "_size", "head")

    def __init__(self, rewrite: Rewrite, head: ResponseHead) -> None:
        self.head = head
        self._rewrite = rewrite
        self._content: list[bytes] = []
        self._size = 0

    def add(self, content: bytes) -> None:
        """Hold ``content`` too; raise UpstreamMalformed when it is too much."""
        self._size += len(content)
        if self._size > LARGEST_PAGE_BYTES:
            self._content.clear()
            raise UpstreamMalformed(Reason.NOT_HTTP, "its page is too large to be shown here")
        self._content.append(content)

    def rewritten(self) -> bytes:
        """Return the page as it should be."""
        return self._rewrite(b"".join(self._content))


def held_page(
    plan: ToControl | ToNotebook,
    request: RequestHead,
    response: ResponseHead,
    upstream: Upstream | None,
    returned: ResponseHead,
) -> HeldPage | None:
    """Return what holds the body of ``response`` if it must be rewritten; None streams it."""
    if isinstance(plan, ToControl) or upstream is None:
        return None
    rewrite = rewriting(request, response, plan.place, upstream)
    return None if rewrite is None else HeldPage(rewrite, returned)
