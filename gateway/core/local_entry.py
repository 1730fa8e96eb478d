"""A notebook at a port of the member's own machine: what comes in there, and as what it goes to the gateway.

The port adds the member's token, so whatever gets in acts as the member. A page of another site that a browser
here shows must not: neither by asking (Origin and Sec-Fetch-Site tell) nor by a name that it has pointed at this
machine (Host tells). Nothing but the one notebook can be reached, whatever path is asked for.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.core.browser import OWN_SITE, SAFE_METHODS
from gateway.core.framing import wants_upgrade
from gateway.core.head import Header, RequestHead, ResponseHead
from gateway.errors import RequestInvalid

SWITCHING: Final = 101
_NOT_PASSED_ON: Final = frozenset({
    b"host", b"origin", b"referer", b"authorization", b"connection", b"upgrade", b"keep-alive",
    b"proxy-connection", b"proxy-authorization", b"te", b"trailer",
})  # fmt: skip
_NOT_PASSED_BACK: Final = frozenset({b"connection", b"upgrade", b"keep-alive"})
_FOR_HTTPS: Final = re.compile(rb";\s*(?:secure|domain=[^;]*)(?=;|$)", re.IGNORECASE)
"""What would have a client on http://localhost refuse a cookie, or not send it back."""


@dataclass(frozen=True, slots=True)
class LocalEntry:
    """The way from a local port to one notebook, in a member's name."""

    notebook_url: str
    """Where the gateway has it: ``https://notebooks.example.org/alice/`` or ``https://alice.notebooks.example.org/``."""
    token: str
    port: int

    @property
    def origin(self) -> bytes:
        """The notebook's origin at the gateway."""
        parts = urlsplit(self.notebook_url)
        return f"{parts.scheme}://{parts.netloc}".encode()

    @property
    def prefix(self) -> bytes:
        """What the notebook's paths begin with at the gateway: ``/alice``, or nothing in host routing."""
        return urlsplit(self.notebook_url).path.rstrip("/").encode()

    def outward(self, head: RequestHead) -> RequestHead:
        """Return a request as it goes to the gateway; raise RequestInvalid for one that may not."""
        self._check(head)
        headers: list[Header] = [(b"host", self.origin.partition(b"://")[2])]
        headers += [(name, value) for name, value in head.headers if name not in _NOT_PASSED_ON]
        headers.append((b"authorization", b"Bearer " + self.token.encode()))
        if wants_upgrade(head):
            headers += [(b"connection", b"upgrade"), (b"upgrade", head.first(b"upgrade") or b"")]
        if head.first(b"origin") is not None:
            headers.append((b"origin", self.origin))
        return RequestHead(head.method, self._path(head.target), headers)

    def inward(self, head: ResponseHead) -> ResponseHead:
        """Return the gateway's answer as it goes to the client."""
        hop_by_hop = frozenset() if head.status == SWITCHING else _NOT_PASSED_BACK
        headers = [
            (name, self._inward(name, value))
            for name, value in head.headers
            if name not in hop_by_hop
        ]
        return ResponseHead(head.status, head.reason, headers)

    def _path(self, target: bytes) -> bytes:
        """Return the path at the gateway; a page of the notebook may name its own paths in full."""
        path = target.partition(b"?")[0]
        return target if (path + b"/").startswith(self.prefix + b"/") else self.prefix + target

    def _inward(self, name: bytes, value: bytes) -> bytes:
        if name == b"location" and value.startswith(self.origin + b"/"):
            return value.removeprefix(self.origin)
        return _FOR_HTTPS.sub(b"", value) if name == b"set-cookie" else value

    def _check(self, head: RequestHead) -> None:
        if not head.target.startswith(b"/"):
            raise RequestInvalid(400, "ask for a path")
        hosts = head.every(b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise RequestInvalid(421, f"this is localhost:{self.port}, and goes by no other name")
        if any(origin != b"http://" + hosts[0].lower() for origin in head.every(b"origin")):
            raise RequestInvalid(403, "the request comes from another site")
        navigates = head.first(b"sec-fetch-mode") == b"navigate" and head.method in SAFE_METHODS
        if head.first(b"sec-fetch-site") not in OWN_SITE and not navigates:
            raise RequestInvalid(403, "the request comes from another site")

    @property
    def _hosts(self) -> frozenset[bytes]:
        return frozenset(
            f"{host}:{self.port}".encode() for host in ("localhost", "127.0.0.1", "[::1]")
        )
