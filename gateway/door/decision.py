"""Who? Where? May they? One decision for each request, HTTP and WebSocket alike; it waits for nothing."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote_from_bytes

from gateway.core.browser import asks_for_page, check_route, check_site, from_open_page
from gateway.core.cookies import session_cookie_name
from gateway.core.credentials import Presented, is_api_path, presented
from gateway.core.forwarded import Client, client_of
from gateway.core.framing import wants_upgrade
from gateway.core.grants import Level, level_of
from gateway.core.head import RequestHead
from gateway.core.identity import CredentialId, Identity
from gateway.core.inventory import Inventory, Routing
from gateway.core.logout import is_logout
from gateway.core.mapping import own_path
from gateway.core.names import MemberName, NotebookName
from gateway.core.passing import to_control
from gateway.core.routing import AtNotebook, OwnPage, Redirect, Routes
from gateway.core.upstream import Kind, Upstream
from gateway.core.viewing import REFUSAL, UNJUDGED, Instead, View, Viewing, judge
from gateway.core.viewing_rooms import room_sealed_by
from gateway.door.answers import Answer, instead, page, problem, protocol_error, redirect
from gateway.door.writing import without
from gateway.errors import Reason, RequestInvalid

MISSING_PAGE: Final = b"/-/missing"
WAITING_PAGE: Final = b"/-/waiting/"
STATIC_PAGES: Final = b"/-/static/"
_SOFT: Final = frozenset({403, 404})
"""Refusals of a request that was understood: the connection stays good."""


class Who(Protocol):
    """Who a secret belongs to; asked for every request, so it answers from memory."""

    def session(self, secret: str) -> Identity | None:
        """Return whom the session ``secret`` vouches for."""

    def token(self, secret: str) -> Identity | None:
        """Return whom the token ``secret`` vouches for."""

    def holds(self, credential: CredentialId) -> bool:
        """Say whether a session or token still counts; asking is not using."""


class Ready(Protocol):
    """How notebooks stand; asked from memory too."""

    def upstream_nowait(self, name: NotebookName) -> Upstream | None:
        """Return how to speak to the notebook, if it is ready."""


@dataclass(slots=True)
class ToControl:
    """The request goes to the control plane, as ``head``."""

    head: RequestHead
    substitute: bool = False
    """Whether ``head`` asks for another page than the client did: the body then stays behind."""


@dataclass(slots=True)
class ToNotebook:
    """The request goes to a notebook, in a member's name."""

    place: AtNotebook
    identity: Identity
    target: bytes
    client: Client
    page: bool
    """Whether a browser wants to show the answer as a page."""
    viewing: Viewing | None = None
    """How the request of somebody who may only view goes on; None is somebody who uses the notebook."""


Plan = ToControl | ToNotebook | Answer
Refused = Callable[[MemberName, NotebookName, str], None]
"""Told who asked for which notebook in vain, and from where."""


class Decider:
    """Decides by the inventory that it was given last."""

    def __init__(self, who: Who, ready: Ready, inventory: Inventory, *, refused: Refused) -> None:
        self._who = who
        self._refused = refused
        self._ready = ready
        self._secret = secrets.token_bytes(32)
        self.apply(inventory)

    def apply(self, inventory: Inventory) -> None:
        """Decide by ``inventory`` from now on."""
        self.inventory = inventory
        self._server = inventory.server
        self._routes = Routes(inventory.server)
        self.secure = inventory.server.public_url.secure
        self.cookie = session_cookie_name(secure=self.secure)
        self._origin = inventory.server.public_url.origin.encode()

    def decide(self, head: RequestHead, *, peer: str, secure: bool) -> Plan:
        """Return what becomes of ``head``, which came from ``peer``."""
        try:
            client = client_of(head, peer=peer, secure=secure, trusted=self._server.trusted_proxies)
            place = self._routes.locate(head)
        except RequestInvalid as exc:
            if exc.status in _SOFT:
                return problem(exc.status, exc.detail)
            return protocol_error(exc.status, exc.detail)
        match place:
            case OwnPage(host):
                return self._own_page(host, head, client)
            case AtNotebook():
                return self._at_notebook(place, head, client)
            case Redirect(status, location):
                return redirect(status, location)

    def holds(self, plan: ToNotebook) -> bool:
        """Say whether what let ``plan`` through would let it through now."""
        # By its name, not by its secret: that is another one after a log-in that renews the session.
        if not self._who.holds(plan.identity.credential):
            return False
        level = self._level(plan.identity, plan.place.name)
        return level is Level.USE or (level is Level.VIEW and plan.viewing is not None)

    def waiting(self, head: RequestHead, plan: ToNotebook, seen: Reason) -> ToControl:
        """Return the way to the page that says why a notebook can't be shown, and comes back to it."""
        target = b"%b%b?seen=%b" % (WAITING_PAGE, plan.place.name.encode(), seen.encode())
        return self._page(target, head, plan.client)

    def again(self, plan: ToNotebook) -> Answer:
        """Return what has a browser load the page of ``plan`` once more, to be decided on anew."""
        return redirect(303, self._origin_of(plan.place) + plan.target)

    def _own_page(self, host: NotebookName | None, head: RequestHead, client: Client) -> Plan:
        if host is not None and not _may_be_on_hosts(head.target.partition(b"?")[0], host):
            return self._missing(head, client)
        return ToControl(to_control(head, client))

    def _at_notebook(self, place: AtNotebook, head: RequestHead, client: Client) -> Plan:
        shown = presented(head, cookie=self.cookie, api_path=is_api_path(place.rest))
        identity = self._identify(shown, place.name)
        if identity is None:
            return self._unknown(head, shown)
        try:
            by_token, origin = shown.token is not None, self._origin_of(place)
            check_site(head, origin=origin, by_token=by_token)
            if place.prefix and not by_token:
                check_route(head, base=origin + place.prefix + b"/")
        except RequestInvalid as exc:
            return problem(exc.status, exc.detail)
        level = self._level(identity, place.name)
        if level is None:
            if place.name in self.inventory.notebooks:
                self._refused(identity.member, place.name, client.address)
            return self._missing(head, client, place.name)
        if is_logout(place) and self._token_added(place.name):
            # With a token of its own added, the notebook would log nobody out.
            return redirect(303, self._origin + b"/")
        plan = ToNotebook(place, identity, shown.target, client, asks_for_page(head))
        upstream_of = self._ready.upstream_nowait
        return plan if level is Level.USE else self.judged(plan, head, upstream_of(place.name))

    def judged(self, plan: ToNotebook, head: RequestHead, upstream: Upstream | None) -> Plan:
        """Return what becomes of a viewer's request, by what the notebook is; held, it is judged again."""
        if upstream is None:
            plan.viewing = UNJUDGED
            return plan
        try:
            return self._allowed(plan, head, upstream)
        except RequestInvalid as exc:
            answer = page if plan.page else problem
            return answer(exc.status, exc.detail)

    def _allowed(self, plan: ToNotebook, head: RequestHead, upstream: Upstream) -> Plan:
        """Return how a viewer's request goes on; raise RequestInvalid (403) if it doesn't."""
        if upstream.kind is not Kind.JUPYTER:
            raise RequestInvalid(403, "only Jupyter can be viewed; this notebook is something else")
        path = own_path(plan.place, upstream).partition(b"?")[0]
        query = plan.target.partition(b"?")[2]
        verdict = judge(head, path, query, upgrade=wants_upgrade(head))
        if isinstance(verdict, Instead):
            return instead(verdict.status, verdict.json)
        key = self._secret if upstream.token is None else upstream.token.encode()
        plan.viewing = Viewing(verdict, key)
        if verdict is View.ROOM:
            named = path.rpartition(b"/")[2]
            room = room_sealed_by(key, named)
            if room is None:
                raise RequestInvalid(403, REFUSAL)
            plan.target = plan.target.replace(b"/room/" + named, b"/room/" + room, 1)
        return plan

    def _identify(self, shown: Presented, notebook: NotebookName) -> Identity | None:
        """Return who it is; a secret shown twice is none (threat C7)."""
        if shown.token is not None:
            identity = self._who.token(shown.token)
        elif len(shown.sessions) == 1:
            identity = self._who.session(shown.sessions[0])
        else:
            return None
        if identity is None or identity.member not in self.inventory.members:
            return None
        if shown.token is None and identity.audience != self._audience(notebook):
            return None
        return identity

    def _audience(self, notebook: NotebookName) -> NotebookName | None:
        return notebook if self._server.routing is Routing.HOST else None

    def _token_added(self, notebook: NotebookName) -> bool:
        upstream = self._ready.upstream_nowait(notebook)
        return upstream is not None and upstream.token is not None

    def _level(self, identity: Identity, notebook: NotebookName) -> Level | None:
        return level_of(self.inventory, identity.member, notebook)

    def _origin_of(self, place: AtNotebook) -> bytes:
        if self._server.routing is Routing.HOST:
            return self._server.public_url.beneath(place.name).origin.encode()
        return self._origin

    def _unknown(self, head: RequestHead, shown: Presented) -> Plan:
        """Answer a request without a credential that counts; all names look alike to it."""
        if asks_for_page(head):
            page = b"enter" if self._server.routing is Routing.HOST else b"login"
            deep_link = quote_from_bytes(shown.target, safe="/").encode()
            return redirect(303, b"/-/%b?next=%b" % (page, deep_link))
        if from_open_page(head):
            # JupyterLab gives a kernel up for dead at a 401; a 424 it takes for weather.
            return problem(424, "you are logged out; load the page again to log in")
        return problem(401, "log in, or send a token")

    def _missing(
        self, head: RequestHead, client: Client, notebook: NotebookName | None = None
    ) -> Plan:
        if asks_for_page(head):
            query = b"" if notebook is None else b"?notebook=" + notebook.encode()
            return self._page(MISSING_PAGE + query, head, client)
        return problem(404, "there is no such notebook, or it is not open to you")

    def _page(self, target: bytes, head: RequestHead, client: Client) -> ToControl:
        method = b"HEAD" if head.method == b"HEAD" else b"GET"
        instead = RequestHead(method, target, without(head.headers, b"expect"), head.minor)
        return ToControl(to_control(instead, client), substitute=True)


def _may_be_on_hosts(path: bytes, host: NotebookName) -> bool:
    """Say whether the control plane's ``path`` is served on the notebook ``host``'s own host too."""
    waiting = WAITING_PAGE + host.encode()
    return path.startswith(STATIC_PAGES) or path in (
        b"/-/enter",
        b"/-/logout",
        b"/-/session",
        MISSING_PAGE,
        waiting,
        waiting + b"/state",
    )
