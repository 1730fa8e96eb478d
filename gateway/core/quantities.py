"""Quantities as people write them, always with their unit: durations (5s, 8h) and sizes (64KiB)."""

import re
from typing import Final

DURATION: Final = r"[0-9]{1,9}(\.[0-9]{1,3})?(ms|s|m|h|d)"
SIZE: Final = r"[0-9]{1,12}(B|KiB|MiB|GiB)"

_MILLISECONDS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_BYTES: Final = {"GiB": 1024**3, "MiB": 1024**2, "KiB": 1024, "B": 1}


def duration_seconds(text: str) -> float:
    """Return the seconds, exact to the millisecond, of ``500ms``, ``5s`` or ``8h``; raise ValueError."""
    if re.fullmatch(DURATION, text) is None:
        raise ValueError(f"{text} is no duration; write 500ms, 5s, 10m, 8h or 30d")
    digits = text.rstrip("dhms")
    return round(float(digits) * _MILLISECONDS[text[len(digits) :]]) / 1000


def duration_text(seconds: float) -> str:
    """Return ``seconds`` in the largest unit that holds it whole."""
    milliseconds = round(seconds * 1000)
    if milliseconds == 0:
        return "0s"
    unit = next(unit for unit, size in _MILLISECONDS.items() if milliseconds % size == 0)
    return f"{milliseconds // _MILLISECONDS[unit]}{unit}"


def size_bytes(text: str) -> int:
    """Return the bytes of ``512B``, ``64KiB``, ``1MiB`` or ``2GiB``; raise ValueError."""
    if re.fullmatch(SIZE, text) is None:
        raise ValueError(f"{text} is no size; write 512B, 64KiB, 1MiB or 2GiB")
    digits = text.rstrip("BKMGi")
    return int(digits) * _BYTES[text[len(digits) :]]


def size_text(size: int) -> str:
    """Return ``size`` in the largest unit that holds it whole."""
    if size == 0:
        return "0B"
    unit = next(unit for unit, scale in _BYTES.items() if size % scale == 0)
    return f"{size // _BYTES[unit]}{unit}"
