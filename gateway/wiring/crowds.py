"""Crowds in the log: when the same befalls very many tunnels at once, a few lines say it, and one says how many more.

A remote with two hundred notebooks that goes away would otherwise fill the screen with what everybody knows, just
when somebody looks for what happened.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final, TypeAlias

FEW: Final = 10
"""Lines of a kind that are written out, in each window."""
WINDOW_SECONDS: Final = 1.0
ABOUT: Final = "gateway.tunnels."

Kind: TypeAlias = tuple[object, ...]
Later: TypeAlias = Callable[[float, Callable[[], None]], None]


@dataclass(slots=True)
class Crowd:
    """Lines of one kind within one window."""

    began: float
    last: logging.LogRecord
    count: int = 1


class Crowds(logging.Filter):
    """Lets a few lines of a kind through, and tells of the others when their window ends; errors it lets be."""

    def __init__(self, later: Later | None = None) -> None:
        super().__init__()
        self._later = _in_a_thread if later is None else later
        self._crowds: dict[Kind, Crowd] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether ``record`` is written."""
        if not record.name.startswith(ABOUT) or record.levelno >= logging.ERROR or _told(record):
            return True
        kind = _kind(record)
        with self._lock:
            crowd = self._crowds.get(kind)
            if crowd is None or record.created - crowd.began >= WINDOW_SECONDS:
                self._crowds[kind] = Crowd(record.created, record)
                return True
            crowd.count += 1
            crowd.last = record
        if crowd.count == FEW + 1:
            left = crowd.began + WINDOW_SECONDS - record.created
            self._later(left, partial(_tell, crowd))
        return crowd.count <= FEW


def _kind(record: logging.LogRecord) -> Kind:
    """Return what lines that say the same of others have in common: all but names and details."""
    words = record.args if isinstance(record.args, tuple) else ()
    said = [word for word in words if isinstance(word, Enum)]
    return (record.name, record.levelno, record.msg, *said)


def _tell(crowd: Crowd) -> None:
    logger, more = logging.getLogger(crowd.last.name), crowd.count - FEW
    logger.log(
        crowd.last.levelno,
        "and %d more, the last: %s",
        more,
        crowd.last.getMessage(),
        extra={"more": more},
    )


def _told(record: logging.LogRecord) -> bool:
    return hasattr(record, "more")


def _in_a_thread(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
