"""All tunnels and notebooks: kept as the inventory wants them, and handed out to whom they concern."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeAlias

from gateway.core.diagnosis import Diagnosis, Finding
from gateway.core.holding import hold_seconds
from gateway.core.host_key import HostKeyChange
from gateway.core.inventory import Grantees, Inventory, Notebook, Routing
from gateway.core.names import LoginName, NotebookName, RemoteName, TunnelId
from gateway.core.notebook_state import failure
from gateway.core.outage import Outage, outage_of
from gateway.core.status import Degraded, NotebookState, NotebookStatus, TunnelState, TunnelStatus
from gateway.core.upstream import Upstream
from gateway.errors import Reason, TunnelDown
from gateway.tunnels.case import Case
from gateway.tunnels.channel import ProtocolFactory
from gateway.tunnels.credential_watcher import CredentialWatcher
from gateway.tunnels.diagnosing import Doctor
from gateway.tunnels.dialing import Dialer, Pins, Way
from gateway.tunnels.gate import Gate
from gateway.tunnels.identities import Prover
from gateway.tunnels.idler import Idler, Quiet, idlers, never_quiet
from gateway.tunnels.keeper import CREDENTIAL_REASONS, HOST_KEY_REASONS, Keeper, Time
from gateway.tunnels.prober import Prober
from gateway.tunnels.rehearser import Rehearser, rehearsed
from gateway.tunnels.walk import Tell
from gateway.tunnels.windows import Windows

log = logging.getLogger(__name__)

WAKE_SECONDS: Final = 15.0
"""More than a dial may take; whoever wakes a tunnel must not be told to come again while all goes well."""
AFTER_A_BUG_SECONDS: Final = 5.0


Kept: TypeAlias = Keeper | Prober | Idler | CredentialWatcher | Rehearser


class Tunnels:
    """Keeps every tunnel of the inventory up, and knows how every notebook stands."""

    def __init__(
        self,
        *,
        pins: Pins,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        entropy: Callable[[], float] = random.random,
        agent_path: str = "",
    ) -> None:
        """Keep nothing yet; ``apply`` says what, and ``run`` does it."""
        self._time = Time(clock, monotonic, sleep, entropy)
        self._prover = Prover(clock=clock, agent_path=agent_path)
        self._dialer = Dialer(pins=pins, windows=Windows(), prover=self._prover)
        self._quiet: Quiet = never_quiet
        self._gates: dict[RemoteName, Gate] = {}
        self._keepers: dict[TunnelId, Keeper] = {}
        self._probers: dict[NotebookName, Prober] = {}
        self._idlers: set[Idler] = set()
        self._rehearsers: dict[RemoteName, Rehearser] = {}
        self._routing = Routing.PATH
        self._tasks: asyncio.TaskGroup | None = None
        self._watchers: dict[TunnelId, CredentialWatcher] = {}
        self._running: dict[Kept, asyncio.Task[None]] = {}
        self._waiting: set[asyncio.Event] = set()

    async def run(self) -> None:
        """Keep all that is wanted until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                self._start_and_stop()
                await asyncio.get_running_loop().create_future()
            finally:
                self._tasks = None
                self._running.clear()

    def ask_about_use(self, quiet: Quiet) -> None:
        """Let tunnels sleep by what ``quiet`` says from the next ``apply`` on; until then none sleeps."""
        self._quiet = quiet

    def apply(self, inventory: Inventory) -> None:
        """Take ``inventory`` as what is wanted; what did not change goes on undisturbed."""
        self._routing = inventory.server.routing
        ways = dict(_ways(inventory))
        keepers: dict[TunnelId, Keeper] = {}
        for tunnel in ways:
            self._keep(tunnel, ways, keepers)
        self._keepers = keepers
        self._watchers = {name: self._watcher(keeper) for name, keeper in keepers.items()}
        self._probers = {
            name: self._prober(_plain(notebook)) for name, notebook in inventory.notebooks.items()
        }
        for keeper in keepers.values():
            if inventory.remotes[keeper.id.remote].idle_seconds is None:
                keeper.wake()
        self._idlers = set(
            idlers(inventory, self._keepers.values(), quiet=self._quiet, time=self._time)
        )
        self._rehearse(inventory)
        self._start_and_stop()
        self._changed()

    def tunnel_statuses(self) -> tuple[TunnelStatus, ...]:
        """Return how every tunnel stands."""
        return tuple(map(self._tunnel_status, self._keepers.values()))

    def degraded(self, name: NotebookName) -> Degraded | None:
        """Return why a notebook that can be used would be lost with its connection; None if it would not."""
        prober = self._probers.get(name)
        return None if prober is None else self._tunnel_status(prober.keeper).degraded

    def host_key_changes(self) -> tuple[HostKeyChange, ...]:
        """Return the remotes that show another host key than the one we know."""
        names = sorted({tunnel.remote for tunnel in self._keepers})
        found = ((name, self._gates[name].alarm.change) for name in names)
        return tuple(HostKeyChange(name, c.known, c.shown) for name, c in found if c is not None)

    def host_keys_changed(self, remotes: Collection[RemoteName]) -> None:
        """Dial again where a host key stood in the way: what we know of those ``remotes`` has changed."""
        for keeper in self._keepers.values():
            if keeper.id.remote in remotes:
                self._gates[keeper.id.remote].alarm.look_again()
                keeper.look_again(HOST_KEY_REASONS)

    def credentials_changed(self, remotes: Collection[RemoteName]) -> None:
        """Dial again where a credential stood in the way: those of these ``remotes`` have changed.

        That is a new try, not one more of what was refused; the gate sees to it that it bars nobody.
        """
        for keeper in self._keepers.values():
            if keeper.id.remote in remotes:
                keeper.look_again(CREDENTIAL_REASONS)

    def try_now(self, tunnel: TunnelId) -> bool:
        """Dial a tunnel now for whose next try is waited; say whether there is such a one."""
        keeper = self._keepers.get(tunnel)
        return keeper is not None and keeper.try_now()

    def status(self, name: NotebookName) -> NotebookStatus | None:
        """Return how a notebook stands; None when there is none of that name."""
        prober = self._probers.get(name)
        return None if prober is None else prober.status

    def upstream_nowait(self, name: NotebookName) -> Upstream | None:
        """Return how to speak to a notebook, if that can be done now."""
        prober = self._probers.get(name)
        return None if prober is None else prober.upstream

    async def upstream(
        self, name: NotebookName, *, within_seconds: float, patient: bool = True
    ) -> Upstream:
        """Return how to speak to a notebook, waiting while it is coming; raise UpstreamError else.

        Who is not ``patient`` waits in the first seconds of an outage only. What is returned was true a moment
        ago: a notebook that nobody has asked for a while is asked first. A tunnel that is asleep is woken, and
        that may take longer, as long as nothing goes wrong.
        """
        self._prober_of(name).keeper.wake()
        now = asyncio.get_running_loop().time
        ends = now() + within_seconds
        with suppress(TimeoutError):
            async with asyncio.timeout_at(ends) as waiting:
                await self._prober_of(name).confirmed()
                while (prober := self._prober_of(name)).coming:
                    outage_seconds = prober.keeper.outage_seconds
                    left = hold_seconds(
                        within_seconds, outage_seconds=outage_seconds, patient=patient
                    )
                    waiting.reschedule(min(ends, now() + left))
                    await self._change()
        with suppress(TimeoutError):
            async with asyncio.timeout(WAKE_SECONDS):
                while (prober := self._prober_of(name)).coming and prober.keeper.waking:
                    await self._change()
        prober = self._prober_of(name)
        if prober.upstream is None:
            prober.look()
            raise failure(prober.status)
        return prober.upstream

    async def open_channel(self, name: NotebookName, factory: ProtocolFactory) -> asyncio.Transport:
        """Open a fresh stream to a notebook, TLS done; raise UpstreamError when it can't be had."""
        return await self._prober_of(name).open(factory)

    def doubt(self, name: NotebookName) -> None:
        """Have the remote of a notebook pinged that has been asked, and says nothing for long."""
        if (prober := self._probers.get(name)) is not None:
            prober.doubt()

    def suspect(self, name: NotebookName) -> None:
        """Look after a notebook at which something odd was seen."""
        if (prober := self._probers.get(name)) is not None:
            prober.suspect()

    async def diagnose(
        self, name: NotebookName, *, tell: Tell | None = None, with_rights: bool
    ) -> Diagnosis:
        """Walk the way to a notebook hop by hop, beside its tunnel; raise TunnelDown when there is none."""
        prober = self._prober_of(name)
        neighbours = tuple(
            other.notebook
            for other in self._probers.values()
            if other is not prober and other.notebook.remote == prober.notebook.remote
        )
        up = prober.keeper.connection is not None
        case = Case(prober.notebook, prober.keeper.way, neighbours, self._routing, still_up=up)
        doctor = Doctor(dialer=self._dialer, gate_of=self._gate, time=self._time)
        found = await doctor.diagnose(case, tell=tell or _rest, with_rights=with_rights)
        if found.let_in:
            prober.keeper.look_again(HOST_KEY_REASONS | CREDENTIAL_REASONS)
        return found

    def outage(self, name: NotebookName, *, seen: Reason) -> Outage:
        """Return what to tell of a notebook at which a request has met ``seen`` just now."""
        now = self._time.clock()
        status = self.status(name) or NotebookStatus(name, NotebookState.UNKNOWN, now)
        return outage_of(status, now, seen=seen)

    async def settled(self, *, within_seconds: float) -> None:
        """Return when every notebook has been reached, or it is known why not, or time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                while any(map(_unsettled, self._probers.values())) or self._unseen():
                    await self._change()

    def _prober_of(self, name: NotebookName) -> Prober:
        prober = self._probers.get(name)
        if prober is None:
            raise TunnelDown(Reason.UNREACHABLE, f"there is no notebook {name} any more")
        return prober

    def _keep(
        self, tunnel: TunnelId, ways: dict[TunnelId, Way], keepers: dict[TunnelId, Keeper]
    ) -> Keeper:
        """Put the keeper of ``tunnel`` into ``keepers``, and those of its jumps before it."""
        if (done := keepers.get(tunnel)) is not None:
            return done
        way = ways[tunnel]
        jump = None if way.jump is None else self._keep(_id(way.jump), ways, keepers)
        keeper = self._keepers.get(tunnel)
        if keeper is None or keeper.way != way:
            gate = self._gate(tunnel.remote)
            gate.alarm.look_again()
            keeper = Keeper(way, dialer=self._dialer, gate=gate, time=self._time, jump=jump)
        keepers[tunnel] = keeper
        return keeper

    def _rehearse(self, inventory: Inventory) -> None:
        """Have the remotes knocked at that should be, for the tunnels of now."""
        held, self._rehearsers = self._rehearsers, {}
        for name, seconds in rehearsed(inventory, self._keepers.values()):
            keepers = [one for one in self._keepers.values() if one.id.remote == name]
            one = held.pop(name, None) or Rehearser(
                name, dialer=self._dialer, gate=self._gate(name), time=self._time
            )
            one.follow(keepers, seconds)
            self._rehearsers[name] = one
        for one in held.values():
            one.follow((), 0.0)

    def _tunnel_status(self, keeper: Keeper) -> TunnelStatus:
        rehearser = self._rehearsers.get(keeper.id.remote)
        if rehearser is None or keeper.status.state is not TunnelState.UP:
            return keeper.status
        return replace(keeper.status, degraded=rehearser.degraded)

    def _watcher(self, keeper: Keeper) -> CredentialWatcher:
        held = self._watchers.get(keeper.id)
        if held is not None and held.keeper is keeper:
            return held
        return CredentialWatcher(
            keeper, self._prover.look, time=self._time, on_change=self._changed
        )

    def _gate(self, remote: RemoteName) -> Gate:
        return self._gates.setdefault(
            remote, Gate(clock=self._time.monotonic, sleep=self._time.sleep)
        )

    def _prober(self, notebook: Notebook) -> Prober:
        keeper = self._keepers[notebook.tunnel]
        held = self._probers.get(notebook.name)
        if held is not None and held.keeper is keeper and held.notebook == notebook:
            return held
        return Prober(notebook, keeper, time=self._time, on_change=self._changed)

    def _start_and_stop(self) -> None:
        """Make the tasks those of the keepers and probers that are wanted."""
        if self._tasks is None:
            return
        wanted: set[Kept] = {
            *self._keepers.values(),
            *self._watchers.values(),
            *self._probers.values(),
            *self._idlers,
            *self._rehearsers.values(),
        }
        for one in [held for held in self._running if held not in wanted]:
            self._running.pop(one).cancel()
        for one in wanted - self._running.keys():
            self._running[one] = self._tasks.create_task(self._supervise(one), name=_name(one))

    async def _supervise(self, one: Kept) -> None:
        """Run one, again after a bug of ours: the others' notebooks must not go down with it."""
        while True:
            try:
                await one.run()
            except Exception:
                log.exception("%s stumbled over a bug; it goes on soon", one)
            await self._time.sleep(AFTER_A_BUG_SECONDS)

    def _unseen(self) -> bool:
        """Say whether there is a credential that nobody has looked at."""
        return not all(watcher.looked for watcher in self._watchers.values())

    def _changed(self) -> None:
        for event in self._waiting:
            event.set()

    async def _change(self) -> None:
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)


def _rest(_finding: Finding) -> None:
    """Tell nobody."""


def _ways(inventory: Inventory) -> Iterator[tuple[TunnelId, Way]]:
    """Yield the ways that the notebooks need, and those that these lead through."""
    for notebook in inventory.notebooks.values():
        way: Way | None = _way(inventory, notebook.remote, notebook.login)
        while way is not None:
            yield _id(way), way
            way = way.jump


def _way(inventory: Inventory, name: RemoteName, login: LoginName) -> Way:
    remote = inventory.remotes[name].as_login(login)
    if remote.jump is None:
        return Way(remote, login)
    return Way(
        remote, login, _way(inventory, remote.jump, inventory.remotes[remote.jump].login or login)
    )


def _id(way: Way) -> TunnelId:
    return TunnelId(way.remote.name, way.login)


def _name(one: Kept) -> str:
    match one:
        case Keeper() | CredentialWatcher():
            return str(one.id)
        case Prober():
            return one.notebook.name
        case Rehearser():
            return f"rehearser of {one.remote}"
        case Idler():
            return f"idler of {one.keeper.id}"


def _plain(notebook: Notebook) -> Notebook:
    """Leave out what concerns people only, so that a new grant disturbs nothing."""
    return replace(notebook, owner=None, use=Grantees(), view=Grantees())


def _unsettled(prober: Prober) -> bool:
    return prober.status.state is NotebookState.STARTING and prober.status.reason is None
