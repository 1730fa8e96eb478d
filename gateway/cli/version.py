"""``gateway version``: which gateway this is."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

import typer


def version() -> None:
    """Print the version."""
    try:
        typer.echo(f"gateway {installed('notebook-gateway')}")
    except PackageNotFoundError:
        typer.echo("gateway, from a source tree that is not installed")
