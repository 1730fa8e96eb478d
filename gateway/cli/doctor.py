"""``gateway doctor``: the way to a notebook, hop by hop, with the fix for the one that fails."""

import asyncio
import logging
from collections.abc import Callable
from typing import Annotated, TypeAlias

import typer

from gateway.cli.api import api
from gateway.cli.deployment import has_config, inventory
from gateway.cli.diagnoses import Printed, conclude, every
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config, Output, Token, TokenFile, Url
from gateway.cli.output import Form, Row, moment, show, show_json
from gateway.cli.reaching import Document
from gateway.cli.stored import is_logged_in
from gateway.core.diagnosis import Diagnosis
from gateway.core.inventory import Inventory
from gateway.core.names import NotebookName
from gateway.core.suggest import did_you_mean

Walk: TypeAlias = Callable[[Callable[[Document], None]], Document]


def doctor(
    *,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A notebook; else all, a line each.")
    ] = None,
    config: Config = None,
    url: Url = None,
    token_file: TokenFile = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Find out hop by hop where the way to NAME ends, and what to do about it.

    With a configuration it walks from here, so run it where the gateway's keys are. With --url (or GATEWAY_URL, and no
    --config), or logged in where there is no configuration, it asks the running gateway, which tells a notebook's
    owner and administrators.

    It ends with 0 when all is well, warnings included, 8 when something does not answer in its time, 7 when
    anything else fails.
    """
    if config is None and (url is not None or (not has_config() and is_logged_in())):
        if name is None:
            raise CommandFailed(
                Exit.USAGE, "which notebook? a running gateway is asked for one at a time"
            )
        asked = api(url, token, token_file)
        _diagnose(name, output, lambda tell: asked.diagnosis(name, tell))
    else:
        wanted = inventory(config)
        logging.getLogger("gateway").addHandler(logging.NullHandler())  # the table says it all
        if name is None:
            _diagnose_all(wanted, output)
        else:
            known = _known(wanted, name)
            _diagnose(name, output, lambda tell: _walked(wanted, known, tell))


def _diagnose(name: str, output: Form, walk: Walk) -> None:
    """Print what ``walk`` finds: as it comes if it tells, else when all is there."""
    printed, shown = Printed(), list[Document]()

    def tell(finding: Document) -> None:
        shown.append(finding)
        if output is Form.TABLE:
            printed.finding(finding)

    with printed.looking(name):
        document = walk(tell)
        if output is Form.JSON:
            show_json(document)
        else:
            for finding in every(document)[len(shown) :]:
                printed.finding(finding)
            printed.advice(document)
    conclude(document)


def _walked(wanted: Inventory, name: NotebookName, tell: Callable[[Document], None]) -> Document:
    from gateway.wiring import diagnose  # noqa: PLC0415 - asyncssh: 0.3 s

    found = asyncio.run(diagnose(wanted, name, lambda finding: tell(finding.document)))
    return {**found.document, "at": moment(found.at)}


def _diagnose_all(wanted: Inventory, output: Form) -> None:
    from gateway.wiring import diagnose_all  # noqa: PLC0415 - as above

    with Printed().looking("all notebooks"):
        found = asyncio.run(diagnose_all(wanted))
    show([_row(diagnosis) for diagnosis in found], ("notebook", "outcome", "hop", "wrong"), output)
    failed = [diagnosis.notebook for diagnosis in found if diagnosis.failed is not None]
    if failed:
        raise CommandFailed(Exit.UNREACHABLE, f"not as wanted: {', '.join(failed)}")


def _row(diagnosis: Diagnosis) -> Row:
    worst = next((f for f in diagnosis.findings if f.advice is not None), None)
    advice = None if worst is None else worst.advice
    return {
        "notebook": diagnosis.notebook,
        "outcome": diagnosis.outcome.value,
        "hop": worst and worst.step.value,
        "wrong": advice and advice.wrong,
        "fix": advice and advice.fix,
    }


def _known(wanted: Inventory, name: str) -> NotebookName:
    known = NotebookName(name)
    if known not in wanted.notebooks:
        hint = did_you_mean(name, wanted.notebooks)
        raise CommandFailed(Exit.NO_SUCH_THING, f"no notebook is called {name}{hint}")
    return known
