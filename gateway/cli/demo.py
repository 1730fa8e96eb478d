"""``gateway demo``: the whole thing on one machine, to look at."""

from typing import Annotated

import typer


def demo(
    port: Annotated[
        int | None,
        typer.Option(envvar="GATEWAY_DEMO_PORT", min=1, max=65535, help="Where; else 8000."),
    ] = None,
    password: Annotated[
        str | None, typer.Option(envvar="GATEWAY_DEMO_PASSWORD", hidden=True)
    ] = None,
) -> None:
    """Show a gateway with a stand-in remote and three real notebooks, until Ctrl-C.

    GATEWAY_DEMO_PASSWORD sets the members' password, which is otherwise made up and printed.
    """
    from gateway.demo.run import main  # noqa: PLC0415 - needs the extra "demo"

    raise typer.Exit(main(port, password))
