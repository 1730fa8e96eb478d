"""The access log: one line for each request, without queries and without secrets."""

import logging
from typing import Final, NamedTuple

from gateway.core.head import RequestHead
from gateway.door.decision import Plan, ToNotebook
from gateway.door.reply import Reply

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


def told(head: RequestHead, plan: Plan | None, reply: Reply, seconds: float) -> Entry:
    """Return what is told of a request that went the way of ``plan``."""
    there = plan if isinstance(plan, ToNotebook) else None
    route, member = ("", "") if there is None else (there.place.name, there.identity.member)
    return Entry(head.method, head.target, route, member, reply.status, reply.bytes_out, seconds)


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
