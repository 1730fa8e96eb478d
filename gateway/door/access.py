"""The access log: one line for each request, without queries and without secrets."""

import logging
from typing import Final, NamedTuple

log = logging.getLogger("gateway.access")

SECRETS: Final = (b"/-/invite/", b"/-/link/")
"""What follows is a secret while it is good."""


class Entry(NamedTuple):
    """What is told of a request."""

    method: bytes
    target: bytes
    route: str
    member: str
    status: int
    bytes_out: int
    seconds: float


def wanted() -> bool:
    """Say whether anybody reads the access log."""
    return log.isEnabledFor(logging.INFO)


def write(entry: Entry) -> None:
    """Write one line; the path is escaped, so that it can't forge another (threat D12)."""
    path = _tellable(entry.target.partition(b"?")[0])[:1024].decode("ascii", "backslashreplace")
    milliseconds = round(entry.seconds * 1000, 1)
    log.info(
        "%s %s %d %d B %.1f ms %s %s",
        entry.method.decode("ascii", "backslashreplace"),
        path,
        entry.status,
        entry.bytes_out,
        milliseconds,
        entry.route or "-",
        entry.member or "-",
        extra={
            "method": entry.method.decode("ascii", "backslashreplace"),
            "path": path,
            "status": entry.status,
            "bytes": entry.bytes_out,
            "milliseconds": milliseconds,
            "route": entry.route,
            "member": entry.member,
        },
    )


def _tellable(path: bytes) -> bytes:
    secret = next((prefix for prefix in SECRETS if path.startswith(prefix)), None)
    return path if secret is None else secret + b"..."
