"""Stand-ins for what the door leans on, each keeping the real one's promises, and a door among them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace

from gateway.core.identity import CredentialId, CredentialKind, Identity
from gateway.core.inventory import (
    Address,
    Grantees,
    Inventory,
    Limits,
    Member,
    Notebook,
    PublicUrl,
    Routing,
    Scheme,
    Server,
)
from gateway.core.names import LoginName, MemberName, NotebookName, RemoteName
from gateway.core.outage import Outage
from gateway.core.status import NotebookState
from gateway.core.upstream import Upstream
from gateway.door.listener import Door
from gateway.door.visits import Visit
from gateway.errors import NotebookStopped, Reason, TunnelDown, UpstreamError, UpstreamLost
from tests.door.backend import Backend

ORIGIN = "http://gw.test"
MEMBERS = ("alice", "bob", "carol")
SESSIONS = {name: f"session-of-{name}-0123456789abcdef0123456789abcd" for name in MEMBERS}
TOKENS = {name: f"gwp_{name * 13}"[:47] + "aaaaaa" for name in MEMBERS}


class FakeWho:
    """Sessions and tokens of three members; one may be ended."""

    def __init__(self) -> None:
        self._sessions = {s: identity(m, CredentialKind.SESSION) for m, s in SESSIONS.items()}
        self._tokens = {s: identity(m, CredentialKind.TOKEN) for m, s in TOKENS.items()}

    def session(self, secret: str) -> Identity | None:
        return self._sessions.get(secret)

    def token(self, secret: str) -> Identity | None:
        return self._tokens.get(secret)

    def holds(self, credential: CredentialId) -> bool:
        held = [*self._sessions.values(), *self._tokens.values()]
        return any(one.credential == credential for one in held)

    def enter(self, secret: str, whose: Identity) -> None:
        self._sessions[secret] = whose

    def end(self, member: str) -> None:
        self._sessions.pop(SESSIONS[member], None)
        self._tokens.pop(TOKENS[member], None)


class FakeWitness:
    """Remembers who came, left and was not let in."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def opened(self, visit: Visit) -> None:
        self.told.append(("opened", visit.member, visit.notebook))

    def left(self, visit: Visit, seconds: float) -> None:
        self.told.append(("left", visit.member, f"{visit.notebook} after {seconds:.0f}"))

    def refused(self, member: MemberName, notebook: NotebookName, address: str) -> None:
        self.told.append(("refused", member, notebook))


class FakeNotebooks:
    """Notebooks at ports of this machine, which may be down or slow to open."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.ports = dict(ports)
        self.down: dict[str, UpstreamError] = {}
        self.upstreams = {NotebookName(name): upstream(name) for name in ports}
        self.opened: list[str] = []
        self.holds: list[float] = []
        """For how long each request was ready to wait."""
        self.failing: list[UpstreamError] = []
        """What opening a channel meets first."""
        self._waiting = 0
        self._waiting_changed = asyncio.Event()
        self._channels: list[tuple[asyncio.Transport, asyncio.BaseProtocol]] = []
        self.suspected: list[str] = []
        self.doubted: list[str] = []
        self.doubt_arose = asyncio.Event()
        self.patience: list[bool] = []
        self.opening = asyncio.Event()
        self.may_open = asyncio.Event()
        self.may_open.set()
        self.cancelled = 0
        self.ready = asyncio.Event()

    def upstream_nowait(self, name: NotebookName) -> Upstream | None:
        return None if name in self.down else self.upstreams.get(name)

    async def upstream(
        self, name: NotebookName, *, within_seconds: float, patient: bool
    ) -> Upstream:
        self.holds.append(within_seconds)
        self.patience.append(patient)
        if isinstance(self.down.get(name), TunnelDown):
            with suppress(TimeoutError), self._counted():
                async with asyncio.timeout(within_seconds):
                    await self.ready.wait()
        if (failure := self.down.get(name)) is not None:
            raise failure
        return self.upstreams[name]

    async def open_channel(
        self, name: NotebookName, factory: Callable[[], asyncio.Protocol]
    ) -> asyncio.Transport:
        self.opened.append(name)
        self.opening.set()
        try:
            await self.may_open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failing:
            raise self.failing.pop(0)
        protocol = factory()
        transport = await dial(self.ports[name], lambda: protocol)
        self._channels.append((transport, protocol))
        return transport

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._waiting += 1
        self._waiting_changed.set()
        try:
            yield
        finally:
            self._waiting -= 1
            self._waiting_changed.set()

    async def until_waited_for(self, *, by: int) -> None:
        """Wait until so many wait for a notebook."""
        async with asyncio.timeout(10):
            while self._waiting != by:
                self._waiting_changed.clear()
                await self._waiting_changed.wait()

    def comes_back(self, name: str) -> None:
        """Let go on who waits for it."""
        del self.down[name]
        self.ready.set()

    def lose_tunnel(self) -> None:
        """End every channel as the end of an SSH connection does."""
        for transport, protocol in self._channels:
            protocol.connection_lost(UpstreamLost(Reason.LOST, "the tunnel ended"))
            transport.abort()
        self._channels.clear()

    def suspect(self, name: NotebookName) -> None:
        self.suspected.append(name)

    def outage(self, name: NotebookName, *, seen: Reason) -> Outage:
        return Outage(NotebookState.RECONNECTING, seen, 1_800_000_000.0, 7)

    def doubt(self, name: NotebookName) -> None:
        self.doubted.append(name)
        self.doubt_arose.set()


async def dial(port: int, factory: Callable[[], asyncio.Protocol]) -> asyncio.Transport:
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_connection(factory, "127.0.0.1", port)
    except OSError as exc:
        raise NotebookStopped(Reason.NOT_RUNNING, "nothing listens there") from exc
    return transport


@dataclass
class House:
    """An open door, and all that it leans on."""

    door: Door
    who: FakeWho
    notebooks: FakeNotebooks
    inventory: Inventory
    port: int
    control: Backend = field(repr=False)
    witness: FakeWitness

    def apply(self, **changes: object) -> None:
        self.inventory = replace(self.inventory, **changes)  # type: ignore[arg-type]  # the tests' own
        self.door.apply(self.inventory)


@asynccontextmanager
async def house(
    *,
    alice: Backend,
    bob: Backend,
    control: Backend,
    routing: Routing = Routing.PATH,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[House]:
    who, notebooks = FakeWho(), FakeNotebooks({"alice": alice.port, "bob": bob.port})
    wanted = inventory(routing, limits or Limits())
    witness = FakeWitness()
    door = Door(
        who=who,
        tunnels=notebooks,
        control=lambda factory: dial(control.port, factory),
        witness=witness,
    )
    door.apply(wanted)
    async with door.listening(wanted.server.listen, tls) as port:
        yield House(door, who, notebooks, wanted, port, control, witness)
        await door.drain(0.2)


def inventory(routing: Routing, limits: Limits) -> Inventory:
    """Alice's notebook is open to carol, bob's to nobody."""
    url = PublicUrl("http", "gw.test", 80)
    server = Server(Address("127.0.0.1", 0), url, routing=routing, limits=limits, hold_seconds=0.2)
    carol = Grantees(members=frozenset({MemberName("carol")}))
    return Inventory(
        server=server,
        notebooks={
            NotebookName("alice"): notebook("alice", carol),
            NotebookName("bob"): notebook("bob", Grantees()),
        },
        members={MemberName(name): Member(MemberName(name)) for name in MEMBERS},
    )


def notebook(name: str, use: Grantees) -> Notebook:
    return Notebook(
        NotebookName(name),
        RemoteName("lab"),
        LoginName(name),
        port=7001,
        owner=MemberName(name),
        use=use,
    )


def upstream(name: str) -> Upstream:
    return Upstream(NotebookName(name), b"localhost:7001", Scheme.HTTP)


def identity(member: str, kind: CredentialKind, audience: NotebookName | None = None) -> Identity:
    return Identity(MemberName(member), CredentialId(f"{kind}-{member}"), kind, 2e9, audience)
