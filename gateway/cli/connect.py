"""``gateway connect``: a port of this machine that leads to a notebook, for tools that want ``localhost:6000``."""

import asyncio
from contextlib import ExitStack
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from gateway.cli.api import api
from gateway.cli.options import Notebook, Token, TokenFile, Url
from gateway.cli.output import printable, say
from gateway.core.local_entry import LocalEntry

PORT: Final = 6000
REFUSED_BY_BROWSERS: Final = frozenset(
    {2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)
"""Fetch Standard, port blocking: those that need no privilege."""
_UNAUTHORIZED: Final = 401


def connect(
    name: Notebook,
    *,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The local port; 0 takes a free one.")
    ] = PORT,
    url: Url = None,
    token_file: TokenFile = None,
    token: Token = None,
) -> None:
    """Open a port of this machine that leads to NAME through the gateway, until Ctrl-C.

    Tools that can't send a token use NAME there as they would at the end of ssh -L: it adds yours. It listens on loopback only;
    everybody on this machine can reach it there.
    """
    from httpx2 import create_ssl_context  # noqa: PLC0415 - 0.1 s that only some commands need

    from gateway.cli.local_port import LocalPort, bound, dialer  # noqa: PLC0415 - as above

    gateway = api(url, token, token_file)
    shown = gateway.notebook(name)
    notebook_url = gateway.beneath(shown.get("url", f"/{name}/"))
    if shown.get("state") != "ready":
        say(f"{name} is not ready: {printable(shown.get('summary', ''))}")
    with ExitStack() as held:
        sockets = [held.enter_context(one) for one in bound(port)]
        here = sockets[0].getsockname()[1]
        _announce(name, here)
        context = create_ssl_context() if urlsplit(notebook_url).scheme == "https" else None
        local = LocalPort(
            LocalEntry(notebook_url, gateway.token, here),
            dial=dialer(notebook_url, context),
            answered=_Telling(gateway.url),
        )
        asyncio.run(local.serve(sockets))


def _announce(name: str, port: int) -> None:
    if port in REFUSED_BY_BROWSERS:
        say(f"browsers refuse port {port}: for them take another, or gateway open {name}")
    say(f"{name} is here until Ctrl-C:")
    typer.echo(f"http://localhost:{port}/")


class _Telling:
    """Says once that the gateway no longer takes the token."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._said = False

    def __call__(self, status: int) -> None:
        if status == _UNAUTHORIZED and not self._said:
            say(f"{self._url} does not take your token any more; run: gateway login {self._url}")
        self._said = status == _UNAUTHORIZED
