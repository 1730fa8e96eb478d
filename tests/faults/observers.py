"""Who looks on while a fault is in force: steady requests, open WebSockets, the API's states.

They live in a thread with an event loop of its own, so that what a row does to the containers does not delay
them. Their number is bounded: so many requests a second for each notebook, and never more than some under way.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.faults.lab import HOST, Lab
from tests.faults.timeline import ABNORMAL, OK, Closed, Probe, State, Timeline

UNDER_WAY: Final = 250
"""Of one notebook's requests."""
PATIENCE_SECONDS: Final = 30.0
ECHO_SECONDS: Final = 0.5
STATE_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Watched:
    """What to look at, and how eagerly."""

    notebooks: Sequence[str] = ("alice", "carol", "bob")
    rate: float = 15.0
    """Requests a second to each notebook."""
    sockets: int = 2
    """WebSockets held open to each notebook."""


@dataclass(slots=True)
class Sights:
    """Everything seen so far."""

    probes: list[Probe] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    echoes: list[Probe] = field(default_factory=list)


class Observers:
    """Looks on in a thread while it is entered; what it has seen is whole afterwards."""

    def __init__(self, lab: Lab, watched: Watched) -> None:
        self.sights = Sights()
        self.address = lab.address(lab.gateway)
        self._tokens = lab.tokens
        self._watched = watched
        self._opened = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._look()), daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._under_way: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._opened.wait(PATIENCE_SECONDS):
            raise TimeoutError("the observers' WebSockets did not open")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._loop is not None and self._ending is not None:
            with suppress(RuntimeError):  # the loop may have ended by itself
                self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(PATIENCE_SECONDS + 15)

    def timeline(self, begun: float, lifted: float) -> Timeline:
        """Return what was seen, around a fault of that time."""
        seen = self.sights
        return Timeline(begun, lifted, seen.probes, seen.states, seen.closed, seen.echoes)

    async def _look(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        names = [name for name in self._watched.notebooks for _ in range(self._watched.sockets)]
        sockets = [(name, await self._open_socket(name)) for name in names]
        self._opened.set()
        async with asyncio.TaskGroup() as tasks:
            looking = [tasks.create_task(self._watch_states())]
            looking += [tasks.create_task(self._hold(name, one)) for name, one in sockets]
            looking += [tasks.create_task(self._echo(name, one)) for name, one in sockets]
            asking = [tasks.create_task(self._ask_on(name)) for name in self._watched.notebooks]
            await self._ending.wait()
            for task in looking:
                task.cancel()
            await asyncio.wait(asking)

    # --- Requests ---

    async def _ask_on(self, notebook: str) -> None:
        """Ask steadily until it is time to end, then wait for what is under way."""
        limits = httpx2.Limits(max_connections=UNDER_WAY, max_keepalive_connections=UNDER_WAY)
        async with (
            httpx2.AsyncClient(limits=limits, timeout=PATIENCE_SECONDS) as client,
            asyncio.TaskGroup() as tasks,
        ):
            due = time.monotonic()
            while self._ending is not None and not self._ending.is_set():
                if self._under_way[notebook] < UNDER_WAY:
                    tasks.create_task(self._ask(client, notebook))
                due += 1 / self._watched.rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _ask(self, client: httpx2.AsyncClient, notebook: str) -> None:
        self._under_way[notebook] += 1
        sent = time.monotonic()
        status: int | None = None
        url = f"http://{self.address}:8000/{notebook}/api"
        try:
            answer = await client.get(url, headers=self._headers(notebook))
            wrong = answer.status_code == OK and "version" not in answer.text
            status = None if wrong else answer.status_code
        except httpx2.HTTPError:
            pass
        finally:
            self._under_way[notebook] -= 1
        self.sights.probes.append(Probe(notebook, sent, time.monotonic(), status))

    # --- WebSockets ---

    async def _open_socket(self, notebook: str) -> ClientConnection:
        """Listen to the notebook's own events: a WebSocket that every Jupyter server has."""
        return await connect(
            f"ws://{HOST}/{notebook}/api/events/subscribe",
            host=self.address,
            port=8000,
            additional_headers={"Authorization": f"Bearer {self._tokens[notebook]}"},
            proxy=None,
            compression=None,
            ping_interval=None,
            close_timeout=1,
        )

    async def _hold(self, notebook: str, socket: ClientConnection) -> None:
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as exc:
            code = ABNORMAL if exc.rcvd is None else exc.rcvd.code
            self.sights.closed.append(Closed(notebook, time.monotonic(), code))

    async def _echo(self, notebook: str, socket: ClientConnection) -> None:
        """Send a Ping now and then; the frames go through untouched, so the notebook itself answers."""
        while True:
            sent, status = time.monotonic(), None
            try:
                await asyncio.wait_for(await socket.ping(), PATIENCE_SECONDS)
                status = OK
            except ConnectionClosed:
                return
            except TimeoutError:
                pass
            self.sights.echoes.append(Probe(notebook, sent, time.monotonic(), status))
            await asyncio.sleep(ECHO_SECONDS)

    # --- States ---

    async def _watch_states(self) -> None:
        """Note every change of a notebook's state, as the API gives it."""
        before: dict[str, str] = {}
        async with httpx2.AsyncClient(timeout=2) as client:
            while True:
                url = f"http://{self.address}:8000/-/api/v1/notebooks"
                with suppress(httpx2.HTTPError, ValueError):
                    answer = await client.get(url, headers=self._headers("watcher"))
                    now = {one["name"]: one["state"] for one in answer.raise_for_status().json()}
                    for name in now.keys() - {n for n in now if before.get(n) == now[n]}:
                        self.sights.states.append(State(name, time.monotonic(), now[name]))
                    before = now
                await asyncio.sleep(STATE_SECONDS)

    def _headers(self, member: str) -> dict[str, str]:
        return {"Host": HOST, "Authorization": f"Bearer {self._tokens[member]}"}
