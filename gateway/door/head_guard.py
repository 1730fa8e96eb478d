"""Our own look at the raw bytes of a head, beside llhttp's: what it tolerates, skips or does not count."""

from typing import Final

from gateway.errors import RequestInvalid

HEAD_END: Final = b"\r\n\r\n"
VERSIONS: Final = {b"HTTP/1.1": 1, b"HTTP/1.0": 0}


class HeadFault(Exception):
    """A head that may not pass; ``status`` is what a client is told."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def check_lines(raw: bytes, *, most_bytes: int, most_lines: int) -> None:
    """Raise HeadFault unless ``raw``, a head with its empty line, is small and cleanly cut in lines.

    A bare CR or LF ends a line for one parser and not for the next (RFC 9112, section 2.2), and so
    does a folded line (section 5.2): neither may pass, whatever the parser behind this one thinks.
    """
    if len(raw) > most_bytes:
        raise HeadFault(431, "the head is too large")
    ends = raw.count(b"\r\n")
    if raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        raise HeadFault(400, "a line does not end in CR LF")
    if ends - 2 > most_lines:
        raise HeadFault(431, "too many header fields")
    if b"\r\n " in raw or b"\r\n\t" in raw:
        raise HeadFault(400, "a header field is folded")


def check_beginning(raw: bytes | bytearray, *, most_bytes: int) -> None:
    """Raise HeadFault if ``raw``, a head that is not yet complete, can't become a good one."""
    if len(raw) > most_bytes:
        raise HeadFault(431, "the head is too large")
    if raw.count(b"\n") != raw.count(b"\r\n"):
        raise HeadFault(400, "a line does not end in CR LF")
    # Whatever begins like this is no method: most often TLS on the wrong port.
    if not raw[:1].isalpha() and not b"\r\n".startswith(raw[:2]):
        raise HeadFault(400, "this is not HTTP")


def request_line(raw: bytes) -> tuple[bytes, bytes, int]:
    """Return method, raw target and minor version of the head ``raw``; raise RequestInvalid.

    llhttp takes several spaces, and versions that we do not speak (RFC 9112, section 3).
    """
    parts = raw[: raw.index(b"\r\n")].split(b" ")
    if len(parts) != 3:  # noqa: PLR2004 - method, target, version
        raise RequestInvalid(400, "the request line is not METHOD TARGET VERSION")
    method, target, version = parts
    minor = VERSIONS.get(version)
    if minor is None:
        raise RequestInvalid(505, "this is not HTTP/1.0 or HTTP/1.1")
    if method == b"CONNECT":  # what follows it would not be HTTP (RFC 9110, section 9.3.6)
        raise RequestInvalid(501, "this is not that kind of proxy")
    return method, target, minor
