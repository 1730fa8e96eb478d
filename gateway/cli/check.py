"""``gateway check``: everything that is wrong with the configuration, and with the way to the notebooks."""

import asyncio
import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.deployment import examined, find_config
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config, Output
from gateway.cli.output import Form, Row, say, show
from gateway.cli.provider import provider_rows, to_register
from gateway.core.expiry import Stage, stage, told
from gateway.core.inventory import Inventory
from gateway.core.status import NotebookState, NotebookStatus, TunnelState, TunnelStatus
from gateway.errors import ConfigurationInvalid

FINE = {TunnelState.UP.value, NotebookState.READY.value}


def check(
    *,
    connect: Annotated[
        bool, typer.Option("--connect", help="Try every remote and notebook, too.")
    ] = False,
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """Check the configuration: every problem at once, each with its line."""
    wanted = _checked(config)
    if connect:
        _connect(wanted, output)


def _checked(config: Path | None) -> Inventory:
    path = find_config(config)
    found = examined(path)
    for warning in found.warnings:
        say(f"warning: {warning}")
    if found.inventory is None:
        raise ConfigurationInvalid(found.problems)
    count = len(found.inventory.notebooks)
    say(f"{path} is fine: {count} notebook{'' if count == 1 else 's'}")
    for line in to_register(found.inventory):
        say(line)
    return found.inventory


def _connect(wanted: Inventory, output: Form) -> None:
    from gateway.wiring import connect_check  # noqa: PLC0415 - asyncssh: 0.3 s

    logging.getLogger("gateway").addHandler(logging.NullHandler())  # the table says it all
    tunnels, notebooks = asyncio.run(connect_check(wanted))
    statuses: list[TunnelStatus | NotebookStatus] = [*tunnels, *notebooks]
    rows = [*provider_rows(wanted), *(_row(status) for status in statuses)]
    show(rows, ("what", "name", "state", "detail"), output)
    _warn(tunnels)
    failed = [row["name"] for row in rows if row["state"] not in FINE]
    if failed:
        raise CommandFailed(Exit.UNREACHABLE, f"not as wanted: {', '.join(map(str, failed))}")


def _warn(tunnels: Iterable[TunnelStatus]) -> None:
    now = time.time()
    for tunnel in tunnels:
        if tunnel.credential is not None and stage(tunnel.credential, now) is not Stage.FINE:
            say(f"warning: {tunnel.id}: {told(tunnel.credential, now)}; renew it")


def _row(status: TunnelStatus | NotebookStatus) -> Row:
    expires_at = None
    if isinstance(status, TunnelStatus):
        what, name, found = "tunnel", str(status.id), ""
        if status.credential is not None:
            expires_at, found = status.credential.expires_at, told(status.credential, time.time())
    else:
        what, name = "notebook", status.name
        found = "" if status.upstream is None else str(status.upstream)
    return {
        "what": what,
        "name": name,
        "state": status.state.value,
        "reason": status.reason,
        "detail": status.detail or found,
        "expires_at": expires_at,
    }
