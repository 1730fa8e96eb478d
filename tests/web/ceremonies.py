"""Ceremonies with passkeys as a browser holds them: what the page asks, and what is sent with its form."""

import html
import re

from httpx2 import Response

from tests.web.authenticator import Authenticator
from tests.web.conftest import Browser
from tests.web.fakes import PASSWORD

PASSKEYS = "/-/account/passkeys"
LOG_IN = "/-/login/passkey"
ORIGIN, DOMAIN = "https://gw.example", "gw.example"


def device(**bent: object) -> Authenticator:
    """Return a device that looks at the gateway, but for what is ``bent``."""
    return Authenticator(**{"origin": ORIGIN, "domain": DOMAIN, **bent})  # type: ignore[arg-type]


def asked_in(page: Response) -> str:
    """Return what a page has the browser ask a passkey by."""
    found = re.search(r'data-asked="([^"]+)"', page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


def hidden_in(page: Response, form: str = "data-passkey") -> dict[str, str]:
    """Return the hidden fields of the page's form for passkeys."""
    begin = page.text.index(form)
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text[begin:])
    return {name: html.unescape(value) for name, value in fields}


def begin(browser: Browser, label: str = "my laptop", password: str = PASSWORD) -> Response:
    """Ask to add a passkey, and return the page that has the browser make it."""
    return browser.send(f"{PASSKEYS}/new", {"label": label, "current": password}, seen_on=PASSKEYS)


def add(browser: Browser, authenticator: Authenticator, label: str = "my laptop") -> Response:
    """Add a passkey."""
    page = begin(browser, label)
    made = authenticator.make(asked_in(page))
    return browser.post(PASSKEYS, hidden_in(page) | {"credential": made})


def prove(browser: Browser, authenticator: Authenticator, page: Response) -> Response:
    """Show a passkey where ``page`` asks for one."""
    answer = authenticator.prove(asked_in(page))
    return browser.post(LOG_IN, hidden_in(page) | {"credential": answer})
