"""The script that tells who looks at a notebook's page, and at nothing of ours, that their log-in is about to end.

It goes behind the page's end, where browsers run it as the last thing of its body (gateway/web/static/session.js).
"""

from typing import Final

SCRIPT: Final = b'\n<script src="/-/static/session.js" async></script>\n'
LONGEST_WARNING_SECONDS: Final = 600.0
SHARE: Final = 4
"""Of a short life not more than one part in so many is spent under the notice."""


def with_notice(page: bytes) -> bytes:
    """Return a whole HTML ``page`` with the script; what is only a piece of one stays."""
    return page + SCRIPT if b"<body" in page.lower() else page


def warning_seconds(*, idle_seconds: float, session_seconds: float) -> float:
    """Return how long before its end a session's member is told."""
    return min(LONGEST_WARNING_SECONDS, min(idle_seconds, session_seconds) / SHARE)
