"""``gateway login``, ``logout`` and ``whoami``: who this terminal is, at which gateway, and until when."""

import time
from typing import Annotated

import typer

from gateway.cli import stored
from gateway.cli.api import Api, api
from gateway.cli.browser_flow import browser_here, log_in_by_browser
from gateway.cli.device_flow import log_in_by_code
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.options import Output, Token, TokenFile, Url
from gateway.cli.output import Form, on_terminal, printable, say, show, show_json
from gateway.cli.reaching import Document
from gateway.cli.terminal import Terminal, this_machine
from gateway.core.gateway_url import gateway_url, in_clear
from gateway.core.logins import Login

Where = Annotated[
    str | None,
    typer.Argument(
        metavar="[URL]", envvar="GATEWAY_URL", help="The gateway; else the one used last."
    ),
]


def login(
    url: Where = None,
    *,
    device: Annotated[
        bool,
        typer.Option("--device", help="Show a code to type into a browser on any machine."),
    ] = False,
    token: Token = None,
) -> None:
    """Log this terminal in: in the browser, where one is at hand, else by a code typed into one elsewhere.

    The other commands then need neither GATEWAY_URL nor GATEWAY_TOKEN, for 30 days.
    """
    there = _where(url)
    if not device and not on_terminal():
        message = "there is no terminal to show you anything; pass --device, or set GATEWAY_TOKEN"
        raise CommandFailed(Exit.NOT_LOGGED_IN, message)
    if in_clear(there):
        say(f"careful: what goes to {there} can be read on its way; is there no https?")
    browser = None if device else browser_here()
    terminal = Terminal(there, this_machine())
    if browser is None:
        secret = log_in_by_code(terminal, sleep=time.sleep)
    else:
        secret = log_in_by_browser(terminal, browser)
    _keep(Api(there, secret), secret)
    if token:
        say("GATEWAY_TOKEN is set, and comes first: unset it to use this log-in")


def logout(
    url: Where = None,
    *,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget it here, though the gateway can't be asked.")
    ] = False,
) -> None:
    """Revoke this terminal's token at the gateway, and forget it."""
    held = stored.read().chosen(None if url is None else _where(url))
    if held is None:
        raise CommandFailed(Exit.NOT_LOGGED_IN, _nowhere(url))
    try:
        _end(Api(held.url, stored.token_of(held)))
    except CommandFailed as failure:
        if not forget:
            message = f"still logged in: {failure}; try again, or pass --forget to forget it here"
            raise CommandFailed(failure.code, message) from failure
        say(f"not revoked: {failure}; it ends by itself at {held.expires_at}")
    stored.forget(held)
    say(f"logged out at {held.url}")


def whoami(
    url: Url = None,
    token_file: TokenFile = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Say who you are, at which gateway, and until when."""
    gateway = api(url, token, token_file)
    me = gateway.me()
    if output is Form.JSON:
        show_json({"url": gateway.url, **me})
        return
    row = {
        "member": me.get("name"),
        "gateway": gateway.url,
        "until": _ends(me) or "it is revoked",
        "admin": bool(me.get("admin")),
    }
    show([row], ("member", "gateway", "until", "admin"), output)


def _where(url: str | None) -> str:
    """Return the gateway to log in at; raise CommandFailed."""
    if url is None:
        held = stored.read().default
        if held is None:
            raise CommandFailed(
                Exit.USAGE, "which gateway? as in: gateway login notebooks.example.org"
            )
        return held
    try:
        return gateway_url(url)
    except ValueError as exc:
        raise CommandFailed(Exit.USAGE, str(exc)) from exc


def _keep(gateway: Api, secret: str) -> None:
    """Keep a token just made, in place of the one before; one that can't be kept is revoked."""
    before = _held_before(gateway.url)
    me = gateway.me()
    kept = Login(gateway.url, str(me.get("name")), _ends(me))
    try:
        place = stored.keep(kept, secret)
    except CommandFailed:
        _revoke(gateway)
        raise
    until = "it is revoked" if kept.expires_at is None else kept.expires_at
    say(f"logged in at {gateway.url} as {printable(kept.member)} until {printable(until)}")
    say(f"the token is in {place}")
    if before is not None:
        try:
            _end(before)
        except CommandFailed as failure:
            say(f"the token of the log-in before could not be revoked: {failure}")


def _held_before(url: str) -> Api | None:
    try:
        held = stored.stored(url)
    except CommandFailed:  # a keyring that has lost it
        return None
    return None if held is None or held.token is None else Api(url, held.token)


def _end(gateway: Api) -> None:
    """Revoke a token; that it has ended already is as good; raise CommandFailed."""
    try:
        _revoke(gateway)
    except CommandFailed as failure:
        if failure.code is not Exit.NOT_LOGGED_IN:
            raise
        say(f"the token had ended at {gateway.url} already")


def _revoke(gateway: Api) -> None:
    credential = gateway.me().get("credential")
    if isinstance(credential, dict):
        gateway.revoke(str(credential.get("id")))


def _ends(me: Document) -> str | None:
    credential = me.get("credential")
    ends = credential.get("expires_at") if isinstance(credential, dict) else None
    return None if ends is None else f"{str(ends).partition('.')[0].rstrip('Z')}Z"


def _nowhere(url: str | None) -> str:
    known = ", ".join(stored.read().by_url)
    where = "not logged in anywhere" if url is None else f"not logged in at {url}"
    return f"{where}; you are at {known}" if known else where
