"""How a diagnosis is printed: hop by hop as it goes, then what is wrong and what to do."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.output import printable
from gateway.cli.reaching import Document
from gateway.core.diagnosis import Advice, Right, by_fix

if TYPE_CHECKING:
    from rich.console import Console

MARKS: Final[Mapping[str, str]] = {"ok": "✓", "warning": "!", "failed": "✗", "not_reached": "·"}
STYLES: Final[Mapping[str, str]] = {
    "ok": "green",
    "warning": "yellow",
    "failed": "bold red",
    "not_reached": "dim",
}
RIGHTS: Final = "what the credential may do there beside"


class Printed:
    """A diagnosis on standard output: for people as it comes, in a terminal with what is being waited for."""

    def __init__(self) -> None:
        self._place: object = None
        self._console: Console | None = None

    @contextmanager
    def looking(self, what: str) -> Iterator[None]:
        """Show that something is being looked at."""
        if not sys.stdout.isatty():
            yield
            return
        from rich.console import Console  # noqa: PLC0415 - 60 ms, where nobody looks at it for nothing

        self._console = Console(highlight=False)
        with self._console.status(f"looking at {printable(what)} …"):
            yield

    def finding(self, finding: Document) -> None:
        """Print one finding, below the name of whose it is."""
        place = RIGHTS if finding["step"] in set(Right) else finding["place"]
        if place != self._place:
            self._place = place
            self._line(printable(place), "bold")
        if self._console is None:
            typer.echo("  " + "  ".join(_cells(finding)).rstrip())
        else:
            self._console.print(_row(finding))

    def advice(self, document: Document) -> None:
        """Print what is wrong and what to do, for whatever is not as it should be."""
        told = [finding for finding in every(document) if finding["wrong"]]
        fixes = by_fix(Advice(str(f["wrong"]), str(f["fix"])) for f in told)
        for fix, wrongs in fixes.items():
            self._line("")
            for wrong in wrongs:
                self._line(f"What is wrong: {printable(wrong)}")
            self._line(f"What to do:    {printable(fix)}")
        if not fixes:
            self._line("")
            self._line(f"All is well with {document['notebook']}.", "green")

    def _line(self, text: str, style: str = "") -> None:
        if self._console is None:
            typer.echo(text)
        else:
            self._console.print(text, style=style, markup=False)


def every(document: Document) -> list[Document]:
    """Return all findings, of hops and of rights."""
    parts = [document.get("findings"), document.get("rights")]
    return [item for part in parts if isinstance(part, list) for item in part]


def failed(document: Document) -> Document | None:
    """Return the hop that fails, if one does."""
    return next((f for f in every(document) if f["outcome"] == "failed"), None)


def conclude(document: Document) -> None:
    """Raise CommandFailed if the notebook can't be reached."""
    finding = failed(document)
    if finding is not None:
        code = Exit.TIMED_OUT if document.get("timed_out") else Exit.UNREACHABLE
        raise CommandFailed(code, f"{document['notebook']} fails at: {finding['step']}")


def _cells(finding: Document) -> tuple[str, str, str, str]:
    outcome = str(finding["outcome"])
    mark = f"{MARKS.get(outcome, '?')} {outcome.replace('_', ' ')}"
    tried, found = printable(finding["tried"]), printable(finding["found"])
    seen = f"{tried} → {found}" if tried and found else tried or found
    milliseconds = finding["milliseconds"]
    took = f"({milliseconds:.0f} ms)" if isinstance(milliseconds, int | float) else ""
    return f"{mark:<13}", f"{printable(finding['step']):<23}", seen, took


def _row(finding: Document) -> object:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415

    mark, step, seen, took = _cells(finding)
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    row.add_column(width=15)
    row.add_column(width=23)
    row.add_column(ratio=1, overflow="fold")
    row.add_column(width=10, justify="right", style="dim")
    style = STYLES.get(str(finding["outcome"]), "")
    row.add_row(Text(f"  {mark}", style=style), Text(step), Text(seen), Text(took))
    return row
