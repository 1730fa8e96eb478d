"""Where a browser is and what it is, in words that its member knows again in a list."""

import re
from collections.abc import Sequence
from typing import Final

from fastapi import Request

LONGEST_ADDRESS: Final = 64

_BROWSERS: Final[Sequence[tuple[str, str]]] = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
    ("python", "Python"),
)
_SYSTEMS: Final[Sequence[tuple[str, str]]] = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def address_of(request: Request) -> str:
    """Return the client's address: the door's word, as only the door can reach us."""
    address = request.headers.get("x-forwarded-for", "").strip()
    return re.sub(r"[^0-9A-Za-z:.%]", "", address)[:LONGEST_ADDRESS] or "unknown"


def device_of(request: Request) -> str:
    """Return what a browser says it is, in short: ``Firefox on Linux``."""
    agent = request.headers.get("user-agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "an unknown browser"
