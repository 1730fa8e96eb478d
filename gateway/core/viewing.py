"""What a viewer may ask of a notebook: a list of what is allowed; whatever is not on it is refused.

The list is what the pages of JupyterLab 4, Notebook 7 and nbclassic ask to show a notebook and its outputs. It is
kept on raw paths, as from a base URL of ``/``, in their one canonical spelling: what two programs could read as two
paths is refused. Reading is not the same as GET: some of Jupyter's GETs run code (voila), start processes (proxies,
language servers), call out to the internet (the extension manager) or write (the list of checkpoints makes its own
folder). None of these is on the list; what the pages can't do without is answered here, in the notebook's place.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from gateway.core.framing import BodyKind, request_body
from gateway.core.head import RequestHead
from gateway.core.viewing_rooms import ROOM
from gateway.errors import RequestInvalid


class View(Enum):
    """As what an allowed request goes on."""

    UNJUDGED = auto()
    """Not at all yet: what the notebook is will be known when it can be reached."""
    PLAIN = auto()
    """As it is."""
    CONTENTS = auto()
    """Files and their state, which then say that they can't be written."""
    ROOM_TICKET = auto()
    """The question for a document's room; only rooms that were asked for can be entered."""
    ROOM = auto()
    """A room's WebSocket (jupyter-collaboration)."""
    EVENTS = auto()
    """The WebSocket of the server's events."""
    KERNEL = auto()
    """A kernel's WebSocket, which never reaches the notebook."""


class Viewing(NamedTuple):
    """How a viewer's request goes on, and the key of the seals on its rooms."""

    view: View
    seal_key: bytes


UNJUDGED: Final = Viewing(View.UNJUDGED, b"")


class Instead(NamedTuple):
    """What a viewer is told in the notebook's place."""

    status: int
    json: bytes = b""


Verdict = View | Instead

REFUSAL: Final = "view only: you may look at this notebook, but not run or change anything in it"
LONGEST_TICKET_BYTES: Final = 1024

_PATH: Final = re.compile(rb"/|(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+)+/?")
"""No empty segment, and nothing but what a URL is made of (RFC 3986, 3.3), parameters left out."""
_ESCAPED_IN_VAIN: Final = re.compile(
    rb"%(?:[01].|2[d-f]|3[0-9]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef])", re.IGNORECASE
)
"""Control characters, slashes and backslashes, and what needs no escape: letters, digits and ``-._~``."""
_UUID: Final = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_WORKSPACES: Final = rb"(?:/workspaces/[A-Za-z0-9_-]+)?"

_PAGES: Final = re.compile(
    rb"/"
    rb"|/(?:lab|doc)" + _WORKSPACES + rb"(?:/tree(?:/.*)?)?/?"
    rb"|/(?:nbclassic/)?tree(?:/.*)?|/(?:nbclassic/)?(?:notebooks|edit)/.+|/nbclassic/?"
)
"""What these are asked for besides (reset, config=) is read by their own scripts alone."""
_STATIC: Final = re.compile(rb"/(?:nbclassic/)?static/.+")
_FILES: Final = re.compile(
    rb"/favicon\.ico|/(?:files|kernelspecs|nbextensions|custom|lab/extensions)/.+"
    rb"|/lab/api/(?:settings|themes|translations|workspaces)(?:/.*)?"
)
_API: Final = re.compile(
    rb"/api/?|/api/(?:me|status)|/api/kernelspecs(?:/[^/]+)?|/api/config/[^/]+"
    rb"|/api/(?:kernels|sessions)(?:/" + _UUID + rb")?"
)
_CONTENTS: Final = re.compile(rb"/api/contents(?:/.*)?")
_CHECKPOINTS: Final = re.compile(rb"/api/contents(?:/.*)?/checkpoints/?")
_ANSWERED: Final = {
    b"/api/terminals": b"[]",
    b"/api/nbconvert": b"{}",
    b"/lab/api/build": b'{"status": "stable", "message": ""}',
    b"/lsp/status": b'{"version": 2, "sessions": {}, "specs": {}}',
}
_LAYOUT: Final = re.compile(rb"/lab/api/(?:settings|workspaces)/.+")
_TICKET: Final = re.compile(rb"/api/collaboration/session/.+")
_EVENTS: Final = b"/api/events/subscribe"
_KERNEL: Final = re.compile(rb"/api/kernels/" + _UUID + rb"/channels")
_ROOM: Final = re.compile(rb"/api/collaboration/room/" + ROOM.pattern)

_ASKED: Final = frozenset(
    {
        b"content", b"type", b"format", b"hash", b"download", b"ids_only", b"permissions",
        b"contentProviderId", b"no_track_activity", b"_xsrf", b"v", b"session_id", b"sessionId", b"_", b"",
    }
)  # fmt: skip
_FRESH: Final = re.compile(rb"[0-9]+=?")
"""The time, which scripts add so that no cache answers."""


def judge(head: RequestHead, path: bytes, query: bytes, *, upgrade: bool) -> Verdict:
    """Return as what a viewer's request goes on; raise RequestInvalid (403) for all that is not allowed."""
    verdict: Verdict | None = None
    if _PATH.fullmatch(path) is not None and _ESCAPED_IN_VAIN.search(path) is None:
        if upgrade:
            verdict = _socket(path)
        elif head.method in (b"GET", b"HEAD") and request_body(head).kind is BodyKind.NONE:
            verdict = _reading(path)
        elif head.method == b"PUT":
            verdict = _writing(head, path)
    if verdict is None or not (
        _is_known(query) or _PAGES.fullmatch(path) or _STATIC.fullmatch(path)
    ):
        raise RequestInvalid(403, REFUSAL)
    return verdict


def _socket(path: bytes) -> View | None:
    if _KERNEL.fullmatch(path) is not None:
        return View.KERNEL
    if _ROOM.fullmatch(path) is not None:
        return View.ROOM
    return View.EVENTS if path == _EVENTS else None


def _reading(path: bytes) -> Verdict | None:
    if path in _ANSWERED:
        return Instead(200, _ANSWERED[path])
    if _CHECKPOINTS.fullmatch(path) is not None:
        return Instead(200, b"[]")
    if _CONTENTS.fullmatch(path) is not None:
        return View.CONTENTS
    allowed = any(rule.fullmatch(path) is not None for rule in (_PAGES, _STATIC, _FILES, _API))
    return View.PLAIN if allowed else None


def _writing(head: RequestHead, path: bytes) -> Verdict | None:
    """Allow what the pages write of themselves: it is forgotten, or changes nothing."""
    if _LAYOUT.fullmatch(path) is not None:
        return Instead(204)
    body = request_body(head)
    is_ticket = _TICKET.fullmatch(path) is not None
    small = body.kind is BodyKind.SIZED and body.size <= LONGEST_TICKET_BYTES
    return View.ROOM_TICKET if is_ticket and small else None


def _is_known(query: bytes) -> bool:
    pairs = query.split(b"&")
    return all(_FRESH.fullmatch(p) or p.partition(b"=")[0] in _ASKED for p in pairs)
