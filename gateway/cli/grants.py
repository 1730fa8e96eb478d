"""``gateway grants``: who may open what, by whose leave and until when."""

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.deployment import inventory, with_store
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config, Output
from gateway.cli.output import Form, moment, say, show
from gateway.cli.reporting import reported
from gateway.core.disabled import without
from gateway.core.granted import LINK, Granted, granted
from gateway.core.inventory import Inventory
from gateway.core.sharing import LinkId, ShareId
from gateway.core.suggest import did_you_mean

if TYPE_CHECKING:
    from gateway.store.store import Store

COLUMNS: Final = ("notebook", "to", "level", "by", "ends", "counts", "grant")

app = typer.Typer(
    no_args_is_help=True, help="See to grants, those of the configuration and shares."
)


@app.command("ls")
@reported
def list_grants(
    notebook: Annotated[str | None, typer.Option(metavar="NAME", help="Only its.")] = None,
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """List all grants; one that does not count was given by or to somebody who is disabled."""
    wanted = inventory(config)
    if notebook is not None and notebook not in wanted.notebooks:
        hint = did_you_mean(notebook, wanted.notebooks)
        raise CommandFailed(Exit.NO_SUCH_THING, f"no notebook is called {notebook}{hint}")
    rows = [
        {
            "notebook": one.notebook,
            "to": one.to,
            "level": one.level,
            "by": one.granted_by or "configuration",
            "ends": moment(one.expires_at),
            "counts": one.counts,
            "grant": one.id,
        }
        for one in with_store(wanted, lambda store: _granted(wanted, store))
        if notebook in {None, one.notebook}
    ]
    show(rows, COLUMNS, output)


@app.command("take-back")
@reported
def take_back(
    grant: Annotated[
        str, typer.Argument(metavar="GRANT", help="A share or link, by its name in the list.")
    ],
    config: Config = None,
) -> None:
    """Take a share or a link back; whatever is open through it is closed."""
    wanted = inventory(config)
    if not with_store(wanted, lambda store: _taken_back(wanted, store, grant)):
        raise CommandFailed(
            Exit.NO_SUCH_THING, f"there is no share or link {grant}; see: gateway grants ls"
        )
    say(f"{grant} is taken back")


async def _granted(wanted: Inventory, store: "Store") -> list[Granted]:
    return granted(wanted, without(wanted, store.disabled()), store.shared(), time.time())


async def _taken_back(wanted: Inventory, store: "Store", grant: str) -> bool:
    one = next((one for one in await _granted(wanted, store) if one.id == grant), None)
    if one is None:
        return False
    if one.to == LINK:
        return await store.end_link(LinkId(grant), by=store.actor)
    return await store.unshare(ShareId(grant), by=store.actor)
