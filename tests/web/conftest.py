"""A gateway's control plane over fakes, and browsers that visit it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from gateway.core.audit import Standing
from gateway.core.disabled import without
from gateway.core.inventory import Inventory
from gateway.core.names import MemberName, NotebookName, TunnelId
from gateway.core.presence import Present
from gateway.core.sharing import effective
from gateway.core.status import TunnelState
from gateway.web.administration import Administration
from gateway.web.app import create_app
from gateway.web.challenges import Challenges
from gateway.web.handover import Handovers
from gateway.web.site import Site
from gateway.web.terminals import Terminals
from gateway.web.turns import Turns
from tests.web.fake_audit import FakeAudit
from tests.web.fake_members import FakeMembers
from tests.web.fake_passkeys import FakePasskeys
from tests.web.fake_providing import FakeLinks, FakeProvider
from tests.web.fake_sharing import FakeSharing
from tests.web.fakes import ALICE, BOB, PASSWORD, FakeAccounts, FakeClock, FakeNotebooks, inventory


@dataclass
class House:
    """The control plane, with what it stands on at hand."""

    wanted: Inventory = field(default_factory=inventory)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    notebooks: FakeNotebooks = field(default_factory=FakeNotebooks)
    sharing: FakeSharing = field(default_factory=FakeSharing)
    links: FakeLinks = field(default_factory=FakeLinks)
    present: dict[NotebookName, tuple[Present, ...]] = field(default_factory=dict)
    audit: FakeAudit = field(default_factory=FakeAudit)
    standing: Standing = field(default_factory=Standing)
    clock: FakeClock = field(default_factory=FakeClock)
    ready: bool = True
    problems: tuple[str, ...] = ()
    configuration: str = "version: 1"
    tried: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.passkeys = FakePasskeys(self.accounts)
        self.accounts.passwords |= {ALICE: PASSWORD, BOB: PASSWORD}
        self.members = FakeMembers(self.accounts)
        site = Site(
            inventory=lambda: effective(self.admitted, self.sharing.shared().shares, self.clock()),
            declared=lambda: self.admitted,
            configured=lambda: self.wanted,
            administration=Administration(
                declared=lambda: self.wanted,
                members=self.members,
                configuration=lambda: self.configuration,
                try_now=self._try_now,
            ),
            accounts=self.accounts,
            sharing=self.sharing,
            provider=FakeProvider(),
            links=self.links,
            passkeys=self.passkeys,
            present=lambda name: self.present.get(name, ()),
            audit=self.audit,
            audit_standing=lambda: self.standing,
            notebooks=self.notebooks,
            ready=lambda: self.ready,
            configuration_problems=lambda: self.problems,
            clock=self.clock,
            handovers=Handovers(self.clock),
            challenges=Challenges(self.clock),
            terminals=Terminals(self.clock),
            diagnoses=Turns(self.clock),
        )
        self.app = create_app(site)

    @property
    def admitted(self) -> Inventory:
        return without(self.wanted, self.members.out)

    def _try_now(self, tunnel: TunnelId) -> bool:
        self.tried.append(str(tunnel))
        waiting = {TunnelState.PARKED, TunnelState.WAITING}
        return any(one.id == tunnel and one.state in waiting for one in self.notebooks.tunnels)

    def browser(self, member: MemberName | None = None, *, origin: str | None = None) -> "Browser":
        url = self.wanted.server.public_url
        browser = Browser(self, origin or url.origin)
        if member is not None:
            browser.keep(browser.session_cookie, self.accounts.open(member).secret)
        return browser


class Browser:
    """A browser that keeps cookies, follows nothing, and finds the CSRF field of the last page."""

    def __init__(self, house: House, origin: str) -> None:
        self.origin = origin
        self.http = TestClient(
            house.app,
            base_url=origin,
            follow_redirects=False,
            raise_server_exceptions=False,
            headers={"X-Forwarded-For": "192.0.2.7", "User-Agent": "Firefox/140 (X11; Linux)"},
        )

        self.host = urlsplit(origin).hostname or ""
        self.session_cookie = "__Host-gateway" if origin.startswith("https:") else "gateway"

    def keep(self, cookie: str, value: str) -> None:
        self.http.cookies.set(cookie, value, domain=self.host)

    @property
    def session(self) -> str | None:
        return self.http.cookies.get(self.session_cookie)

    def get(self, path: str, **headers: str) -> Response:
        return self.http.get(path, headers=spelt(headers))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Response:
        return self.http.post(path, data=fields, headers=spelt(headers))

    def csrf(self, path: str) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get(path).text)
        assert found is not None, f"no form on {path}"
        return found[1]

    def send(self, path: str, fields: dict[str, str], *, seen_on: str, **headers: str) -> Response:
        return self.post(path, {"csrf": self.csrf(seen_on), **fields}, **headers)

    def log_in(self, member: str = "alice", password: str = PASSWORD, **more: str) -> Response:
        fields = {"member": member, "password": password, **more}
        return self.send("/-/login", fields, seen_on="/-/login")


def spelt(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def alice(house: House) -> Browser:
    return house.browser(ALICE)


@pytest.fixture
def bob(house: House) -> Browser:
    return house.browser(BOB)


@pytest.fixture
def stranger(house: House) -> Browser:
    return house.browser()


HouseOf = Callable[..., House]


@pytest.fixture
def house_of() -> HouseOf:
    return lambda **wanted: House(wanted=inventory(**wanted))
