"""``gateway config``: the configuration's form, and what is in effect."""

import json
from typing import Annotated

import typer

from gateway.cli.deployment import examined
from gateway.cli.options import Config
from gateway.cli.output import Form, show_json
from gateway.cli.reporting import reported
from gateway.errors import ConfigurationInvalid

app = typer.Typer(no_args_is_help=True, help="Look at the configuration.")


@app.command()
@reported
def schema() -> None:
    """Print the JSON Schema of gateway.yaml, for editors."""
    from gateway.config import schema as described  # noqa: PLC0415 - pydantic: 0.1 s

    typer.echo(json.dumps(described(), indent=2, ensure_ascii=False))


@app.command("show")
@reported
def show_config(
    *,
    origin: Annotated[
        bool, typer.Option("--origin", help="Say where each value was written.")
    ] = False,
    config: Config = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="table is YAML.")] = Form.TABLE,
) -> None:
    """Print the configuration in effect, defaults and variables included; no secrets."""
    from gateway.config.showing import effective, origins, written  # noqa: PLC0415 - as above

    found = examined(config)
    if found.keys is None or found.document is None:
        raise ConfigurationInvalid(found.problems)
    values = effective(found.keys)
    if output is Form.JSON:
        show_json(origins(values, found.document) if origin else values)
    else:
        typer.echo(written(values, found.document if origin else None))
