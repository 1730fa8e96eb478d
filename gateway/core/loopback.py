"""The addresses on a member's own machine to which a browser may bring a code (RFC 8252, section 7.3)."""

import re
from typing import Final
from urllib.parse import urlencode

_REDIRECT: Final = re.compile(
    r"(http://(?:127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4}))/[A-Za-z0-9_-]{0,64}"
)
"""An address, never a name: ``localhost`` can be made to mean something else."""
_HIGHEST_PORT: Final = 65535


def origin_of(redirect: str) -> str | None:
    """Return the origin of a redirect that stays on the member's own machine; None if it doesn't."""
    found = _REDIRECT.fullmatch(redirect)
    return None if found is None or int(found[2]) > _HIGHEST_PORT else found[1]


def with_answer(redirect: str, **answer: str) -> str:
    """Return where the browser goes with the answer."""
    return f"{redirect}?{urlencode(answer)}"
