"""Which place a request is for: one of our own pages, or a notebook; decided on the raw bytes.

Nothing is decoded on the way to the decision, and nothing is normalised: what another program might
read as another path is refused (dot segments in any spelling, backslashes, encoded characters in the
route's name). What is left goes on byte for byte.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.core.browser import asks_for_page
from gateway.core.head import RequestHead
from gateway.core.inventory import Routing, Server
from gateway.core.names import NAME, NotebookName
from gateway.errors import RequestInvalid

OWN: Final = b"/-/"
HEALTH: Final = frozenset({b"/-/livez", b"/-/readyz"})
"""Answered under any host: whoever watches a container asks by its address."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
AUTHORITY: Final = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
ESCAPE: Final = re.compile(
    rb"\\|%5c|(?:^|/|%2f)(?:\.|%2e){1,2}(?:(?:;|%3b)[^/]*)?(?=/|%2f|$)", re.IGNORECASE
)
"""A backslash, or a dot segment, in whatever spelling."""
REMEMBERED_HOSTS: Final = 1024
REMEMBERED_NAMES: Final = 1024


class OwnPage(NamedTuple):
    """One of the gateway's own, on the main host or on a notebook's."""

    host: NotebookName | None


class AtNotebook(NamedTuple):
    """Something of a notebook's; whether there is such a notebook is not the route's business.

    A tuple, for one is made for every request.
    """

    name: NotebookName
    prefix: bytes
    """What stands before the notebook's own paths: ``/alice``, or nothing in host routing."""
    rest: bytes
    """The raw target from the notebook's own ``/`` on."""


class Redirect(NamedTuple):
    """The same thing under its proper address."""

    status: int
    location: bytes


Place = OwnPage | AtNotebook | Redirect


class _Site(NamedTuple):
    """What a Host field means: whose host it is, and whether by a name other than members are told."""

    notebook: NotebookName | None
    alias: bool = False


@lru_cache(maxsize=REMEMBERED_NAMES)
def _name_in(segment: bytes) -> NotebookName | None:
    """Return the name that a path's segment is; whatever else it may be, it is not found."""
    text = segment.decode("latin-1")
    return None if NAME.fullmatch(text) is None else NotebookName(text)


class Routes:
    """Finds the place of a request, by the server's public URL and its way of routing."""

    def __init__(self, server: Server) -> None:
        self._url = server.public_url
        self._by_host = server.routing is Routing.HOST
        self._main = self._url.host.lower()
        # The public port, or none, or the scheme's: a proxy before us may leave it out or put it in.
        self._ports = {None, "80", "443", str(self._url.port)}
        is_local = self._main in LOOPBACK or self._main.endswith(".localhost")
        self._aliases = LOOPBACK - {self._main} if is_local else frozenset()
        self._sites: dict[bytes, _Site] = {}

    def locate(self, head: RequestHead) -> Place:
        """Return the place that ``head`` asks for; raise RequestInvalid with 400, 404 or 421."""
        target = head.target
        path = target.partition(b"?")[0]
        if path in HEALTH:
            self._host_of(head)
            return OwnPage(None)
        # What no escape does without is looked for first: that costs a quarter of the pattern.
        suspicious = b"%" in path or b"/." in path or b"\\" in path
        if suspicious and ESCAPE.search(path) is not None:
            raise RequestInvalid(400, "the path leads out of itself")
        site = self._site(head)
        if site.notebook is not None:
            own = path.startswith(OWN)
            return OwnPage(site.notebook) if own else AtNotebook(site.notebook, b"", target)
        if site.alias and asks_for_page(head):
            # Log-in checks the origin: a page must be on the one that members are told.
            return Redirect(307, self._url.origin.encode() + target)
        if path == b"/" or path.startswith(OWN):
            return OwnPage(None)
        return self._beneath(path, target)

    def _beneath(self, path: bytes, target: bytes) -> Place:
        """Return the notebook's place whose name is the path's first segment."""
        end = path.find(b"/", 1)
        segment = path[1:] if end < 0 else path[1:end]
        if b"%" in segment:
            raise RequestInvalid(400, "a notebook's name is not percent-encoded")
        name = _name_in(segment)
        if name is None:
            raise RequestInvalid(404, "there is nothing here")
        prefix = path[: len(segment) + 1]
        rest = target[len(prefix) :]
        if self._by_host:
            origin = self._url.beneath(name).origin.encode()
            return Redirect(307, origin + (rest if rest.startswith(b"/") else b"/" + rest))
        if end < 0:
            return Redirect(308, prefix + b"/" + rest)
        return AtNotebook(name, prefix, rest)

    def _site(self, head: RequestHead) -> _Site:
        raw = head.first(b"host") or b""
        known = self._sites.get(raw)
        if known is not None:
            return known
        site = self._judge(*self._host_of(head))
        if len(self._sites) < REMEMBERED_HOSTS:
            self._sites[raw] = site
        return site

    def _judge(self, host: str, port: str | None) -> _Site:
        if port in self._ports:
            if host == self._main or host in self._aliases:
                return _Site(None, alias=host != self._main)
            label, _, above = host.partition(".")
            if self._by_host and above == self._main and NAME.fullmatch(label):
                return _Site(NotebookName(label))
        raise RequestInvalid(421, "this host is not served here")

    @staticmethod
    def _host_of(head: RequestHead) -> tuple[str, str | None]:
        raw = head.first(b"host") or b""
        match = AUTHORITY.fullmatch(raw.decode("latin-1"))
        if match is None or int(match[2] or 0) > 65535:  # noqa: PLR2004 - the highest port
            raise RequestInvalid(400, "the field host is not a host")
        return match[1].lower(), match[2]
