"""``gateway remotes key``: what a remote needs to be told so that it allows us what we need, and no more."""

import asyncio
import ipaddress
from typing import Annotated

import typer

from gateway.cli.deployment import inventory
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Config
from gateway.cli.output import say
from gateway.cli.reporting import reported
from gateway.core.inventory import Inventory
from gateway.core.least_privilege import (
    EVERYBODY,
    NOT_CLOSED,
    Needs,
    authorized_key,
    explained,
    needs_of,
    sshd_block,
    way_of,
)
from gateway.core.names import NotebookName, RemoteName, TunnelId
from gateway.core.suggest import did_you_mean
from gateway.errors import RemoteError


def _address(text: str) -> str:
    try:
        return (
            str(ipaddress.ip_network(text, strict=False))
            if "/" in text
            else str(ipaddress.ip_address(text))
        )
    except ValueError as exc:
        raise typer.BadParameter(f"{text} is no IP address or network") from exc


@reported
def key(
    remote: Annotated[str, typer.Argument(metavar="REMOTE", help="A remote in the configuration.")],
    *,
    notebook: Annotated[
        str, typer.Option("--for", metavar="NOTEBOOK", help="The notebook to be reached.")
    ],
    sshd_config: Annotated[
        bool,
        typer.Option("--sshd-config", help="Print a block for the remote's sshd_config instead."),
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            parser=_address,
            metavar="ADDRESS",
            help="The gateway's address, as the remote sees it.",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Print the line for authorized_keys on REMOTE that allows the way to NOTEBOOK, and nothing else."""
    from gateway.tunnels.probing import HOSTS  # noqa: PLC0415 - asyncssh: 0.3 s

    wanted = inventory(config)
    tunnel = _tunnel(wanted, remote, notebook)
    needs = needs_of(wanted, tunnel, HOSTS)
    if sshd_config:
        say(f"for /etc/ssh/sshd_config on {remote}; then: sshd -t && systemctl reload ssh")
        notes = [*explained(needs), *([EVERYBODY] if source is None else [])]
        lines = [sshd_block(needs, source=source)]
    else:
        say(f"for ~{tunnel.login}/.ssh/authorized_keys on {remote}")
        notes = [*explained(needs), NOT_CLOSED]
        lines = _lines(wanted, needs, source)
    for note in notes:
        say(f"- {note}")
    for line in lines:
        typer.echo(line)


def _lines(wanted: Inventory, needs: Needs, source: str | None) -> list[str]:
    from gateway.tunnels.own_keys import own_keys  # noqa: PLC0415 - asyncssh: 0.3 s

    remote = needs.tunnel.remote
    try:
        ours = asyncio.run(own_keys(wanted.remotes[remote], needs.tunnel.login))
    except RemoteError as exc:
        raise CommandFailed(Exit.FAILURE, exc.detail) from exc
    if not ours:
        message = f"{remote} is entered with Kerberos, so there is no key; see --sshd-config"
        raise CommandFailed(Exit.FAILURE, message)
    return [
        authorized_key(needs, f"{own.key} gateway", authority=own.authority, source=source)
        for own in ours
    ]


def _tunnel(wanted: Inventory, remote: str, name: str) -> TunnelId:
    """Return the tunnel through ``remote`` on the way to a notebook; raise CommandFailed."""
    if RemoteName(remote) not in wanted.remotes:
        hint = did_you_mean(remote, wanted.remotes)
        raise CommandFailed(Exit.NO_SUCH_THING, f"no remote is called {remote}{hint}")
    notebook = wanted.notebooks.get(NotebookName(name))
    if notebook is None:
        hint = did_you_mean(name, wanted.notebooks)
        raise CommandFailed(Exit.NO_SUCH_THING, f"no notebook is called {name}{hint}")
    passed = [tunnel for tunnel, _ in way_of(wanted, notebook)]
    for tunnel in passed:
        if tunnel.remote == remote:
            return tunnel
    way = " and ".join(tunnel.remote for tunnel in passed)
    raise CommandFailed(Exit.USAGE, f"the way to {name} does not lead through {remote}, but {way}")
