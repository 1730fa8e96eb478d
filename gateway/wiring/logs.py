"""Logging: every line goes to standard error, as text on a terminal and as JSON elsewhere."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

import structlog

from gateway.core.inventory import Log, LogFormat
from gateway.wiring.crowds import Crowds

QUIET = {
    "alembic": logging.WARNING,
    "asyncssh": logging.WARNING,
    "httpcore2": logging.WARNING,
    "httpx2": logging.WARNING,
    "uvicorn": logging.WARNING,
    "watchfiles": logging.WARNING,
}
"""Libraries that talk more than an operator cares to read."""

CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
"""What a client sends must neither begin a second line nor drive the operator's terminal."""


ACCESS: Final = "gateway.access"
OF_EVERY_RECORD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class AccessInShort(logging.Formatter):
    """Writes lines of the access log as ``full`` would, in half the time; all others ``full`` writes.

    There is one for every request, and structlog's chain would be a tenth of what a request costs.
    """

    def __init__(self, full: logging.Formatter) -> None:
        super().__init__()
        self._full = full

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        if record.name != ACCESS or record.exc_info is not None:
            return self._full.format(record)
        fields = vars(record).items()
        line = {
            "event": record.getMessage().translate(CONTROLS),
            "level": record.levelname.lower(),
            "logger": record.name,
            **{name: value for name, value in fields if name not in OF_EVERY_RECORD},
            "timestamp": datetime.now(UTC).replace(tzinfo=None).isoformat() + "Z",
        }
        return json.dumps(line)


def configure(wanted: Log) -> None:
    """Send all log records to standard error in the wanted form; may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    as_text = _as_text(wanted.format)
    formatter = _formatter(as_text=as_text)
    handler.setFormatter(formatter if as_text else AccessInShort(formatter))
    handler.addFilter(Crowds())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(wanted.level.upper())
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(max(level, root.level))


def _as_text(form: LogFormat) -> bool:
    match form:
        case LogFormat.TEXT:
            return True
        case LogFormat.JSON:
            return False
        case LogFormat.AUTO:
            return sys.stderr.isatty()


def _formatter(*, as_text: bool) -> logging.Formatter:
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
        if as_text
        else structlog.processors.JSONRenderer(sort_keys=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _escape,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )


def _escape(
    _logger: logging.Logger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event["event"] = str(event["event"]).translate(CONTROLS)
    return event
