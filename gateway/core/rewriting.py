"""Which answers of a notebook must be changed on their way, and how: its token out, its paths moved.

A Jupyter whose base URL is ``/`` works under ``/alice/`` when the few places change in which its pages
state a path: the page's configuration, links in tags, and the classic notebook's inline settings. Found by
trying JupyterLab 3 and 4, Notebook 6 and 7 and nbclassic in a browser: scripts, styles and WebSocket
addresses derive from these. What a user wrote (``/files/``, ``/nbconvert/``, attachments) is never touched,
nor is part of a document, nor what comes compressed although it was asked for plainly: nothing is unpacked here.
"""

import html
import json
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from gateway.core.head import ResponseHead
from gateway.core.mapping import is_mapped, own_path, path_outside
from gateway.core.pages import NO_SETTINGS, moved_page
from gateway.core.routing import AtNotebook
from gateway.core.session_notice import with_notice
from gateway.core.upstream import Upstream
from gateway.core.viewing_page import SETTINGS, with_badge

NEVER: Final = (
    b"/files/", b"/nbconvert/",  # what users wrote
    b"/static/", b"/lab/extensions/", b"/lab/api/themes/",  # files
    b"/api/contents/", b"/lab/api/settings/", b"/lab/api/translations/",  # always JSON, and large
)  # fmt: skip
KERNELSPECS: Final = b"/api/kernelspecs"
SHORTEST_TOKEN: Final = 8
LARGEST_MOVED_BYTES: Final = 2 * 1024 * 1024
"""Jupyter's own pages have some 10 KB. Moving the paths of 16 MB that are dense with links takes two seconds, in
which nobody else is served: a larger page keeps its paths, which are seldom its own anyway."""
LOGO: Final = re.compile(rb"(?<=\")/[^\"\\\n]*+(?=\")")
PARTIAL_CONTENT: Final = 206


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What is done to one document; call it with the whole body."""

    place: AtNotebook
    upstream: Upstream
    page: bool
    """Whether it is HTML; else it is the JSON of kernel specifications."""
    viewed: bool = False
    """Whether it is for somebody who may only view the notebook."""

    def __call__(self, body: bytes) -> bytes:
        """Return ``body`` as it goes to the client."""
        for spelling in token_spellings(self.upstream):
            body = body.replace(spelling, b"")
        if self._moves and len(body) <= LARGEST_MOVED_BYTES:
            body = self._moved(body)
        if not self.page:
            return body
        body = with_notice(body)
        return with_badge(body) if self.viewed else body

    @property
    def _moves(self) -> bool:
        return self.viewed or is_mapped(self.place, self.upstream)

    def _moved(self, body: bytes) -> bytes:
        if self.page:
            return moved_page(body, self._outside, SETTINGS if self.viewed else NO_SETTINGS)
        return LOGO.sub(self._logo, body)

    def _outside(self, path: bytes) -> bytes:
        return path_outside(self.place, self.upstream, path)

    def _logo(self, found: re.Match[bytes]) -> bytes:
        is_logo = found[0].startswith(self.upstream.base_path + b"kernelspecs/")
        return self._outside(found[0]) if is_logo else found[0]


def may_be_rewritten(place: AtNotebook, upstream: Upstream, *, viewed: bool = False) -> bool:
    """Say whether an answer from ``place`` might have to be read, and so must not be compressed."""
    changes = viewed or upstream.token is not None or is_mapped(place, upstream)
    return changes and not own_path(place, upstream).startswith(NEVER)


def rewriting(
    response: ResponseHead, place: AtNotebook, upstream: Upstream, *, viewed: bool = False
) -> Rewrite | None:
    """Return what to do to the body of ``response``; None lets it stream by untouched.

    An answer to HEAD has no body, but is one of these too: its length is not that of the changed page.
    """
    if response.status == PARTIAL_CONTENT:
        return None
    if not may_be_rewritten(place, upstream, viewed=viewed):
        return None
    kind = (response.first(b"content-type") or b"").partition(b";")[0].strip().lower()
    page = kind == b"text/html"
    if not page:
        path = own_path(place, upstream)
        if kind != b"application/json" or not path.startswith(KERNELSPECS):
            return None
    return Rewrite(place, upstream, page, viewed) if _is_plain(response) else None


def _is_plain(response: ResponseHead) -> bool:
    """Say whether the body can be read as it comes, and is not meant to be saved."""
    coding = response.first(b"content-encoding")
    disposition = response.first(b"content-disposition") or b""
    return coding in (None, b"identity") and not disposition.lower().startswith(b"attachment")


def token_spellings(upstream: Upstream) -> list[bytes]:
    """Return how ``upstream`` may spell its token: plain, in a URL, in HTML, in JSON; the longest first.

    None at all for a short one: it would be found by chance, and take the ``lab`` out of ``/lab``.
    """
    token = upstream.token
    if token is None or len(token) < SHORTEST_TOKEN:
        return []
    spellings = {
        token,
        quote(token),
        quote(token, safe=""),
        html.escape(token),
        json.dumps(token)[1:-1],
    }
    return sorted((text.encode() for text in spellings), key=len, reverse=True)
