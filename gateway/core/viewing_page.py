"""What a viewer's page says of itself: a badge, and in Jupyter's own terms that nothing can be written.

The badge is plain HTML behind the page's end, which browsers show as the last thing in its body; it takes no clicks.
Its script (gateway/web/static/view.js) only makes it say more, and follows what is saved. JupyterLab hands itself to
scripts when its configuration says so. Files say of themselves that they can't be written: then JupyterLab doesn't
offer to save, and doesn't complain that it can't.
"""

from collections.abc import Mapping
from typing import Final

SETTINGS: Final[Mapping[str, object]] = {"exposeAppInBrowser": True}
"""Of a page's ``jupyter-config-data``."""
BADGE: Final = (
    b'\n<div id="gateway-view" role="status" style="position:fixed;z-index:2147483647;left:50%;bottom:0;'
    b"transform:translateX(-50%);padding:1px 12px 2px;border-radius:8px 8px 0 0;pointer-events:none;"
    b"white-space:nowrap;background:#7a4100;color:#fff;font:600 12px/18px system-ui,sans-serif"
    b'">view only</div>\n<script src="/-/static/view.js"></script>\n'
)
_WRITABLE: Final = b'"writable": true'
_NOT_WRITABLE: Final = b'"writable":false'
"""As long as the other, so that lengths stay true."""


def with_badge(page: bytes) -> bytes:
    """Return a whole HTML ``page`` with the badge; what is only a piece of one stays."""
    return page + BADGE if b"<body" in page.lower() else page


class ReadOnly:
    """Changes JSON on its way so that no file in it is writable; what is held back comes with ``rest``.

    Inside a JSON string quotes are escaped, so these very bytes are a key and its value, of the model or of something
    in a notebook that a viewer can't save anyway.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def feed(self, content: bytes) -> bytes:
        """Return what can go on."""
        whole = (self._held + content).replace(_WRITABLE, _NOT_WRITABLE)
        self._held = whole[len(whole) - _beginning_at_end(whole) :]
        return whole[: len(whole) - len(self._held)]

    def rest(self) -> bytes:
        """Return what was held back, when no more comes."""
        held, self._held = self._held, b""
        return held


def _beginning_at_end(whole: bytes) -> int:
    """Return how many bytes at the end may be the beginning of what is looked for."""
    most = min(len(_WRITABLE) - 1, len(whole))
    return next((n for n in range(most, 0, -1) if _WRITABLE.startswith(whole[-n:])), 0)
