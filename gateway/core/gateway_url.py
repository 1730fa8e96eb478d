"""A gateway's address as somebody types it, and as it is kept: ``https://notebooks.example.org``."""

from typing import Final
from urllib.parse import SplitResult, urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS: Final = {"http": 80, "https": 443}


def gateway_url(text: str) -> str:
    """Return the one spelling of a gateway's address; raise ValueError that says what is wrong with it.

    Without a scheme it is https, but http on the own machine.
    """
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise ValueError(f"{text!r} is no address: {exc}") from exc
    scheme = parts.scheme or ("http" if is_local(host) else "https")
    _check(text, parts, scheme, host)
    authority = f"[{host}]" if ":" in host else host
    return f"{scheme}://{authority}" + ("" if port in {None, _PORTS[scheme]} else f":{port}")


def is_local(host: str) -> bool:
    """Say whether a host is this machine."""
    return host in LOOPBACK or host.endswith(".localhost")


def in_clear(url: str) -> bool:
    """Say whether what is sent to ``url`` crosses a network for everybody to read."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_local(parts.hostname or "")


def _check(text: str, parts: SplitResult, scheme: str, host: str) -> None:
    if scheme not in _PORTS:
        raise ValueError(f"a gateway is at https:// or http://, not at {scheme}://")
    if not host or not host.isascii() or any(c.isspace() for c in text):
        raise ValueError(f"{text!r} names no host")
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"a gateway's address ends with its host, as {scheme}://{host} does")
