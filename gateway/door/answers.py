"""The few answers that the door gives by itself, small enough to be bytes at once."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, NamedTuple

_COMMON: Final = (
    b"cache-control: no-store\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"x-frame-options: DENY\r\n"
    b"referrer-policy: same-origin\r\n"
    b"cross-origin-resource-policy: same-origin\r\n"
)
_HTTPS_ONLY: Final = b"strict-transport-security: max-age=31536000\r\n"
"""A year, as the control plane says it."""

CROWDED_SECONDS: Final = 5
NO_MEMBERS: Final[Mapping[str, object]] = MappingProxyType({})


class Answer(NamedTuple):
    """A whole response; its body is left out for HEAD."""

    status: int
    head: bytes
    body: bytes = b""
    closes: bool = False
    """Whether the connection can't be used after it."""

    def wire(self, *, method: bytes, closes: bool, secure: bool) -> bytes:
        """Return the bytes to send; ``secure`` says whether members use https."""
        end = b"connection: close\r\n\r\n" if closes or self.closes else b"\r\n"
        strict = _HTTPS_ONLY if secure else b""
        return self.head + strict + end + (b"" if method == b"HEAD" else self.body)


def protocol_error(status: int, detail: str) -> Answer:
    """Return the answer to what is no acceptable HTTP: plain words, then the end."""
    return _answer(status, b"text/plain; charset=utf-8", f"{detail}\n".encode(), closes=True)


def crowded() -> Answer:
    """Return the answer to whoever comes when there is no room."""
    detail = "there are too many connections; come again in a moment"
    return problem(503, detail, retry_after_seconds=CROWDED_SECONDS)


def page(status: int, detail: str) -> Answer:
    """Return plain words for a browser's page, where the control plane has none."""
    return _answer(status, b"text/plain; charset=utf-8", f"{detail}\n".encode())


def problem(
    status: int,
    detail: str,
    *,
    retry_after_seconds: int | None = None,
    members: Mapping[str, object] = NO_MEMBERS,
) -> Answer:
    """Return a problem (RFC 9457) whose ``message`` is what Jupyter's pages show.

    ``members`` say more, for programs.
    """
    title = HTTPStatus(status).phrase
    said = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "message": detail,
        **members,
    }
    extra = b"" if retry_after_seconds is None else b"retry-after: %d\r\n" % retry_after_seconds
    if status == HTTPStatus.UNAUTHORIZED:
        extra += b'www-authenticate: Bearer realm="gateway"\r\n'  # RFC 9110, section 11.6.1
    return _answer(status, b"application/problem+json", json.dumps(said).encode(), extra=extra)


def instead(status: int, body: bytes) -> Answer:
    """Return JSON, or nothing at all, in a notebook's place."""
    if body:
        return _answer(status, b"application/json", body)
    head = b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode())
    return Answer(status, head + _COMMON)  # a 204 has no length (RFC 9110, section 8.6)


def redirect(status: int, location: bytes) -> Answer:
    """Return a redirect to ``location``, which must already be safe to write."""
    return _answer(status, None, b"", extra=b"location: %b\r\n" % location)


def _answer(
    status: int,
    content_type: bytes | None,
    body: bytes,
    *,
    extra: bytes = b"",
    closes: bool = False,
) -> Answer:
    start = b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode())
    if content_type is not None:
        start += b"content-type: %b\r\n" % content_type
    head = start + b"content-length: %d\r\n" % len(body) + _COMMON + extra
    return Answer(status, head, body, closes)
