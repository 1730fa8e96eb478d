"""``gateway status``: how notebooks stand, once or until Ctrl-C."""

import time
from typing import Annotated, Final

import typer

from gateway.cli.api import Api, api
from gateway.cli.options import Output, Token, TokenFile, Url
from gateway.cli.output import Form, show
from gateway.cli.reaching import Document

EVERY_SECONDS: Final = 2.0


def status(
    *,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only this notebook.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and print again what has changed.")
    ] = False,
    url: Url = None,
    token_file: TokenFile = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Show how the notebooks stand and why."""
    gateway = api(url, token, token_file)
    shown = _look(gateway, name)
    _show(shown, output)
    while watch:
        time.sleep(EVERY_SECONDS)
        now = _look(gateway, name)
        changed = [row for row in now if row not in shown]
        if changed:
            _show(changed, output)
        shown = now


def _look(gateway: Api, name: str | None) -> list[Document]:
    return gateway.notebooks() if name is None else [gateway.notebook(name)]


def _show(rows: list[Document], output: Form) -> None:
    if output is Form.TABLE:
        rows = [_in_short(row) for row in rows]
    show(rows, ("name", "state", "since", "summary", "detail"), output)


def _in_short(row: Document) -> Document:
    """Return the row with its time to the second; one whose connection is the last is no good as it stands."""
    shown = {**row, "since": _to_the_second(row.get("since"))}
    if isinstance(degraded := row.get("degraded"), dict):
        since = _to_the_second(degraded.get("since"))
        shown["summary"] = f"{row.get('summary')}, degraded since {since}"
        shown["detail"] = degraded.get("summary")
    return shown


def _to_the_second(moment: object) -> str:
    text = str(moment or "")
    return f"{text.partition('.')[0]}Z" if "." in text else text
