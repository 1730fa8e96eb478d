"""Whether the browser of whoever sits at a terminal is on the terminal's machine."""

from collections.abc import Mapping
from typing import Final

_FROM_ELSEWHERE: Final = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")
_WITH_SCREEN: Final = frozenset({"darwin", "win32"})


def browser_is_here(environ: Mapping[str, str], platform: str) -> bool:
    """Say whether a browser that is started here is seen by whoever started it."""
    if any(environ.get(name) for name in _FROM_ELSEWHERE):
        return False
    return platform in _WITH_SCREEN or any(environ.get(name) for name in _SCREENS)
