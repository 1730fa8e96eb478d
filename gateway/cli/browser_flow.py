"""Logging in through the browser of this machine, which brings a code to a port that waits here (RFC 8252)."""

import sys
import webbrowser
from secrets import token_urlsafe
from typing import Final
from urllib.parse import urlencode

from gateway.cli.catcher import Catcher
from gateway.cli.exits import CommandFailed, Exit
from gateway.cli.output import say
from gateway.cli.terminal import CLIENT, Refused, Terminal
from gateway.core.local_browser import browser_is_here
from gateway.core.pkce import METHOD, challenge_of

GRANT: Final = "authorization_code"
PATIENCE_SECONDS: Final = 300.0
IN_TERMINAL: Final = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})

Browser = webbrowser.BaseBrowser


def browser_here() -> Browser | None:
    """Return the browser of whoever sits here; None where it is elsewhere, or there is none."""
    from gateway.config import process_environment  # noqa: PLC0415 - pydantic: 0.3 s

    if not browser_is_here(process_environment(), sys.platform):
        return None
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return None
    return None if getattr(found, "name", "") in IN_TERMINAL else found


def log_in_by_browser(terminal: Terminal, browser: Browser) -> str:
    """Open the browser, wait for what it brings, and return the token; raise CommandFailed."""
    verifier, state = token_urlsafe(32), token_urlsafe(16)
    with Catcher(state, afterwards=f"{terminal.url}/-/device") as catcher:
        question = {
            "client_id": CLIENT,
            "response_type": "code",
            "redirect_uri": catcher.address,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": METHOD,
            "state": state,
            "terminal": terminal.name,
        }
        page = f"{terminal.url}/-/authorize?{urlencode(question)}"
        say(f"Your browser asks you to let this terminal log in. If it does not open, open\n{page}")
        browser.open(page)
        brought = catcher.wait(PATIENCE_SECONDS)
        if brought is None:
            message = "not logged in: the browser brought nothing in five minutes; try: gateway login --device"
            raise CommandFailed(Exit.TIMED_OUT, message)
        code = _code(terminal, brought)
        return terminal.fetch(
            GRANT, code=code, code_verifier=verifier, redirect_uri=catcher.address
        )


def _code(terminal: Terminal, brought: dict[str, str]) -> str:
    """Return the code; raise Refused, or CommandFailed if it comes from another gateway (RFC 9207)."""
    if brought.get("iss") != terminal.url:
        message = (
            f"the browser comes from {brought.get('iss')}, not from {terminal.url}; log in there"
        )
        raise CommandFailed(Exit.FAILURE, message)
    if "code" not in brought:
        raise Refused(brought.get("error", "access_denied"), "it was refused in the browser")
    return brought["code"]
