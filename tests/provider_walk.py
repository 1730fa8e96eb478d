"""Going through the tests' real provider as a browser does: its forms, filled in and sent."""

import re
from html import unescape

import httpx2

from tests.stack import hidden_fields

START = "/-/oidc/start"


def sign_in(client: httpx2.Client, subject: str, *, wanted: str = "/") -> httpx2.Response:
    """Log in at the provider as ``subject``; return the gateway's answer at the end of the way."""
    page = client.get(START, params={"next": wanted}, follow_redirects=True)
    assert 'name="login"' in page.text, page.text
    return send(client, page, login=subject, password="any")


def needs_no_password(client: httpx2.Client) -> bool:
    """Say whether the provider still knows this browser."""
    return 'name="login"' not in client.get(START, follow_redirects=True).text


def send(client: httpx2.Client, page: httpx2.Response, **fields: str) -> httpx2.Response:
    """Send the one form of a page, with what it holds already, and follow wherever that leads."""
    found = re.search(r'<form[^>]*action="([^"]+)"', page.text)
    assert found is not None, page.text
    url = httpx2.URL(str(page.url)).join(unescape(found[1]))
    return client.post(url, data=hidden_fields(page.text) | fields, follow_redirects=True)


def onward(page: httpx2.Response) -> str:
    """Return where a page of the gateway's goes on to by itself."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])
