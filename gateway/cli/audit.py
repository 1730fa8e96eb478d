"""``gateway audit``: reads the audit log, follows it, and verifies that nobody has changed it."""

import json
import re
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.deployment import inventory, with_store
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config, Output
from gateway.cli.output import Form, Row, moment, say, show
from gateway.cli.reporting import reported
from gateway.core.audit import Broken, Choice, Kept, Line, Sound
from gateway.core.quantities import duration_seconds

if TYPE_CHECKING:
    from gateway.store.store import Store

COLUMNS: Final = ("at", "act", "actor", "notebook", "subject", "address", "detail")
DIGEST: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
INTERRUPTED: Final = 130
"""What shells say of a command that Ctrl-C ended."""

app = typer.Typer()


def _since(text: str) -> float:
    try:
        return time.time() - duration_seconds(text)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def _kept(text: str) -> Kept:
    found = DIGEST.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text} is no NUMBER:DIGEST, as `gateway audit verify` prints it")
    return Kept(int(found[1]), found[2])


@app.callback(invoke_without_command=True)
@reported
def read(  # noqa: PLR0913 - a command's options
    context: typer.Context,
    *,
    notebook: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what is about a notebook.")
    ] = None,
    member: Annotated[
        str | None, typer.Option(metavar="MEMBER", help="Only what they did, or was done to them.")
    ] = None,
    since: Annotated[
        float | None,
        typer.Option(parser=_since, metavar="DURATION", help="Only the last 2h, 30d, ..."),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="At most the newest so many.")
    ] = 200,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is added, until Ctrl-C.")
    ] = False,
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """Read the audit log: who did what, when and from where, the newest line last.

    With --follow, -o json prints an object a line.
    """
    if context.invoked_subcommand is not None:
        return
    wanted, choice = inventory(config), Choice(notebook, member, since)
    if not follow:
        lines = with_store(wanted, lambda store: store.audit.lines(choice, limit=limit))
        show([_row(line) for line in reversed(lines)], COLUMNS, output)
        return
    try:
        with_store(wanted, lambda store: _follow(store, choice, limit, output))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


@app.command()
@reported
def verify(
    digest: Annotated[
        Kept | None,
        typer.Option(
            parser=_kept,
            metavar="NUMBER:DIGEST",
            help="A line's digest that you kept elsewhere: it must still be the same.",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Verify that each line follows the one before it; print the last one's digest, to be kept elsewhere."""
    match with_store(inventory(config), lambda store: store.audit.verify(digest)):
        case Broken(number, why):
            raise CommandFailed(Exit.FAILURE, f"the audit log is broken: line {number} {why}")
        case Sound(count, last):
            say(f"{count} lines, each follows the one before it; the last:")
            typer.echo(f"{last.number}:{last.digest}")


async def _follow(store: "Store", choice: Choice, limit: int, form: Form) -> None:
    newest = await store.audit.lines(choice, limit=limit)
    number = newest[0].number if newest else 0
    for line in reversed(newest):
        _print(line, form)
    async for line in store.audit.follow(number, choice):
        _print(line, form)


def _print(line: Line, form: Form) -> None:
    row = _row(line)
    if form is Form.JSON:
        typer.echo(json.dumps(row, ensure_ascii=False))
        return
    typer.echo("  ".join(str(row[column]) for column in COLUMNS if row[column]))


def _row(line: Line) -> Row:
    entry = line.entry
    return {
        "number": line.number,
        "at": moment(entry.at),
        "act": entry.act,
        "actor": entry.actor,
        "notebook": entry.notebook,
        "subject": entry.subject,
        "address": entry.address,
        "detail": entry.detail,
        "digest": line.digest,
    }
