"""The options and arguments that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import Form

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="GATEWAY_CONFIG",
        help="The configuration; else /etc/gateway/gateway.yaml, else ./gateway.yaml.",
    ),
]
Output = Annotated[Form, typer.Option("--output", "-o", help="How the list is printed.")]
Url = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="GATEWAY_URL", help="The gateway; else the one used last by gateway login."
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="GATEWAY_TOKEN_FILE",
        help="A file with an API token; else the variable GATEWAY_TOKEN; else that of gateway login.",
    ),
]
Token = Annotated[str | None, typer.Option(envvar="GATEWAY_TOKEN", hidden=True)]
"""Meant for the variable: a token on the command line is seen by everybody on the machine."""
Notebook = Annotated[str, typer.Argument(metavar="NAME", help="A notebook.")]
Member = Annotated[str, typer.Argument(metavar="MEMBER", help="A member in the configuration.")]
