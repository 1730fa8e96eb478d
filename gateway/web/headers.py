"""The headers that bind browsers to what our pages are meant to do."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders

from gateway.core.inventory import Routing
from gateway.web.site import Site

HSTS_SECONDS: Final = 365 * 24 * 3600

_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def bind(headers: MutableHeaders, site: Site) -> None:
    """Add what is not there yet."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", policy(site))
    if site.secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}")


def policy(site: Site, targets: str = "") -> str:
    """Return the Content-Security-Policy of a page whose forms may also lead to ``targets``."""
    server = site.inventory().server
    # Chromium applies form-action to the redirects that follow, and in host routing the way from the
    # log-in form leads to a notebook's own host.
    hosts = ""
    if server.routing is Routing.HOST:
        hosts = f" {server.public_url.scheme}://*.{server.public_url.authority}"
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        f"connect-src 'self'; form-action 'self'{hosts}{targets}; frame-ancestors 'none'; base-uri 'none'"
    )
