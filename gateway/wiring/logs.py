"""Logging: every line goes to standard error, as text on a terminal and as JSON elsewhere."""

import logging
import sys
from typing import Final

import structlog

from gateway.core.inventory import Log, LogFormat

QUIET = {
    "alembic": logging.WARNING,
    "asyncssh": logging.WARNING,
    "uvicorn": logging.WARNING,
    "watchfiles": logging.WARNING,
}
"""Libraries that talk more than an operator cares to read."""

CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
"""What a client sends must neither begin a second line nor drive the operator's terminal."""


def configure(wanted: Log) -> None:
    """Send all log records to standard error in the wanted form; may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(as_text=_as_text(wanted.format)))
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
