"""``gateway serve``: the gateway itself."""

import typer

from gateway.cli.deployment import find_config
from gateway.cli.options import Config


def serve(config: Config = None) -> None:
    """Run the gateway until SIGTERM; SIGHUP takes the configuration anew."""
    path = find_config(config)
    from gateway import wiring  # noqa: PLC0415 - everything there is: 0.9 s

    raise typer.Exit(wiring.serve(path))
