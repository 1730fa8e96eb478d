"""A gateway's pages, store and provider, put together as wiring does it, and browsers that visit it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2

from gateway.core.audit import Standing
from gateway.core.identity import CredentialKind, Identity
from gateway.core.inventory import Inventory
from gateway.core.names import MemberName
from gateway.provider.provider import Provider
from gateway.store.store import Store, open_store
from gateway.web.administration import Administration
from gateway.web.app import create_app
from gateway.web.journeys import Journeys
from gateway.web.site import Site
from gateway.wiring.effective import Effective
from gateway.wiring.wanted import Wanted
from tests.provider.fake_provider import FakeProvider
from tests.store.fakes import FakeHasher
from tests.web.fakes import FakeNotebooks

PASSWORD = "correct horse battery"
ORIGIN = "http://localhost:8000"
FILE = """
version: 1
server: {{listen: "127.0.0.1:8000", public_url: "{origin}"}}
remotes:
  lab: {{host: lab, agent: true, host_key_policy: accept-new}}
notebooks:
  alice: {{remote: lab, login: alice, port: 7001, use: ["group:staff"]}}
members:
  alice: {{}}
  bob: {{oidc: s-bob}}
  carol: {{}}
{more}
store: sqlite:///{folder}/gateway.db
auth:
  oidc:
    issuer: {issuer}
    client_id: gateway
    client_secret_file: {folder}/secret
    name: Example ID
    admit: [staff]
"""


class Clock:
    """Time as it is, and as much more as the test wants to have passed."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        return 1_800_000_000.0 + self.skipped


@dataclass
class House:
    """The parts, at hand."""

    idp: FakeProvider
    wanted: Wanted
    store: Store
    effective: Effective
    provider: Provider
    clock: Clock

    def __post_init__(self) -> None:
        self.app = create_app(
            Site(
                inventory=lambda: self.effective.inventory,
                declared=lambda: self.effective.admitted,
                configured=lambda: self.wanted.inventory,
                administration=Administration(
                    declared=lambda: self.effective.everybody,
                    members=self.store,
                    configuration=lambda: "",
                    try_now=lambda _: False,
                ),
                accounts=self.store,
                sharing=self.store,
                provider=self.provider,
                links=self.store,
                passkeys=self.store,
                present=lambda _: (),
                audit=self.store.audit,
                audit_standing=Standing,
                notebooks=FakeNotebooks(),
                ready=lambda: True,
                configuration_problems=lambda: (),
                journeys=Journeys(self.clock),
            )
        )

    @property
    def inventory(self) -> Inventory:
        return self.effective.inventory

    def browser(self) -> "Browser":
        return Browser(self)

    def write(self, old: str, new: str) -> None:
        """Change the configuration."""
        text = self.wanted.path.read_text()
        assert old in text
        self.wanted.path.write_text(text.replace(old, new))
        self.wanted.reload()
        assert self.wanted.problems == ()

    def without_provider(self) -> None:
        """Take the provider out of the configuration."""
        text = re.sub(r"^auth:.*", "", self.wanted.path.read_text(), flags=re.DOTALL | re.MULTILINE)
        text = text.replace("{oidc: s-bob}", "{}").replace('["group:staff"]', "[]")
        self.wanted.path.write_text(text)
        self.wanted.reload()
        assert self.wanted.problems == ()


class Browser:
    """A browser that keeps cookies and follows nothing."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=house.app),
            base_url=ORIGIN,
            headers={"X-Forwarded-For": "192.0.2.7", "User-Agent": "Firefox/140 (X11; Linux)"},
        )

    async def get(self, path: str) -> httpx2.Response:
        return await self.http.get(path)

    async def send(self, path: str, seen_on: str, **fields: str) -> httpx2.Response:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await self.get(seen_on)).text)
        assert found is not None, f"no form on {seen_on}"
        return await self.http.post(path, data={"csrf": found[1], **fields})

    async def by_password(self, member: str) -> httpx2.Response:
        return await self.send("/-/login", "/-/login", member=member, password=PASSWORD)

    async def leave(self, next: str = "/") -> str:  # noqa: A002 - the URL's word
        """Go to the provider; return the URL that leads there."""
        answer = await self.http.get("/-/oidc/start", params={"next": next})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def come_back(self, url: str, **changes: str) -> httpx2.Response:
        """Log in at the provider that ``url`` leads to, and come back."""
        answer = self.house.idp.log_in(url, **changes)
        callback = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        return await self.http.get(callback, params=answer)

    async def by_provider(self, next: str = "/", **claims: object) -> httpx2.Response:  # noqa: A002
        """Log in at the provider as whoever the claims say."""
        self.house.idp.claims |= claims
        return await self.come_back(await self.leave(next))

    def me(self) -> Identity | None:
        """Return whom the session vouches for."""
        secret = self.http.cookies.get("gateway")
        return None if secret is None else self.house.store.session(secret)

    def member(self) -> MemberName | None:
        """Return who this is, as pages and door judge it."""
        me = self.me()
        if me is None or me.member not in self.house.inventory.members:
            return None
        assert me.kind is CredentialKind.SESSION
        return me.member


def onward(answer: httpx2.Response) -> str:
    """Return where a page goes on to by itself."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1].replace("&amp;", "&")


@asynccontextmanager
async def built(idp: FakeProvider, folder: Path, more: str = "") -> AsyncIterator[House]:
    """Hold a house; its configuration and its store are in ``folder``, and stay there."""
    file = folder / "gateway.yaml"
    if not file.exists():
        text = FILE.format(origin=ORIGIN, folder=folder, issuer=idp.issuer, more=more)
        file.write_text(text)
    wanted = Wanted(file, {})
    async with open_store(wanted.inventory.store, hasher=FakeHasher()) as store:
        provider = Provider(lambda: wanted.inventory.auth.oidc)
        house = House(idp, wanted, store, Effective(wanted, store), provider, Clock())
        yield house
        await provider.close()
