"""What commands print: data on stdout, talk on stderr; tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum, auto

import typer

Row = Mapping[str, object]


class Form(StrEnum):
    """How a list is printed."""

    TABLE = auto()
    JSON = auto()


def say(text: str) -> None:
    """Tell the person at the terminal something that is not the data."""
    typer.echo(text, err=True)


def on_terminal() -> bool:
    """Say whether somebody sees what is said."""
    return sys.stderr.isatty()


def show_json(document: object) -> None:
    """Print ``document`` for programs."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def show(rows: Sequence[Row], columns: Sequence[str], form: Form) -> None:
    """Print ``rows``: whole as JSON, or their ``columns`` as a table."""
    if form is Form.JSON:
        show_json(list(rows))
        return
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    if sys.stdout.isatty():
        _show_on_terminal(cells, columns)
    else:
        _show_plainly(cells, columns)


def moment(seconds: float | None) -> str | None:
    """Return a time since the epoch as ISO 8601 (RFC 3339) in UTC."""
    return (
        None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat("T", "seconds")
    )


def printable(value: object) -> str:
    """Return ``value`` as text that can't steer the terminal."""
    return "".join(c if c.isprintable() else "�" for c in str(value))


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(" ".join(map(str, value)) if isinstance(value, list) else value)


def _show_on_terminal(cells: Iterable[Sequence[str]], columns: Sequence[str]) -> None:
    # 60 ms to import, so only where somebody looks at it.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(_heading(column), overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    Console().print(table)


def _show_plainly(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    lines = [[_heading(column) for column in columns], *cells]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())


def _heading(column: str) -> str:
    return column.upper().replace("_", " ")


_STYLES: Mapping[str, str] = {
    "ready": "green",
    "up": "green",
    "starting": "yellow",
    "dialing": "yellow",
    "reconnecting": "yellow",
    "waiting": "yellow",
    "stopped": "dim",
    "refused": "red",
    "parked": "red",
    "unknown": "red",
}
