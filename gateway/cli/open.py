"""``gateway open``: the browser on a notebook."""

import sys
import webbrowser

import typer

from gateway.cli.api import api
from gateway.cli.options import Notebook, Token, TokenFile, Url


def open_notebook(
    name: Notebook, url: Url = None, token_file: TokenFile = None, token: Token = None
) -> None:
    """Open NAME in the browser and print its URL; without a terminal, only print it."""
    gateway = api(url, token, token_file)
    address = gateway.beneath(gateway.notebook(name).get("url", f"/{name}/"))
    typer.echo(address)
    if sys.stdout.isatty() and address.startswith(("http://", "https://")):
        webbrowser.open(address)
