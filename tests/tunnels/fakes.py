"""Stand-ins for what the tunnels need: time, pins, keys, and protocols that remember."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from gateway.core.inventory import Address, Inventory, Notebook, PublicUrl, Remote, Server
from gateway.core.names import LoginName, NotebookName, RemoteName
from gateway.tunnels.keeper import Time

LAB = RemoteName("lab")
ALICE = NotebookName("alice")
SERVER = Server(Address("127.0.0.1", 0), PublicUrl("http", "localhost", 8000))


@dataclass(frozen=True)
class Keys:
    """Private keys, and the folder that holds their files."""

    folder: Path
    member: asyncssh.SSHKey
    stranger: asyncssh.SSHKey
    host: asyncssh.SSHKey
    other_host: asyncssh.SSHKey

    @classmethod
    def made_in(cls, folder: Path) -> "Keys":
        made = {}
        for name in ("member", "stranger", "host", "other_host"):
            made[name] = asyncssh.generate_private_key("ssh-ed25519")
            made[name].write_private_key(folder / name)
            made[name].write_public_key(folder / f"{name}.pub")
            (folder / name).chmod(0o600)
        return cls(folder, **made)

    def path(self, name: str) -> str:
        return str(self.folder / name)


class FakePins:
    """Remembers pins in memory."""

    def __init__(self, **pins: str) -> None:
        self.pins = {RemoteName(name): value for name, value in pins.items()}

    def pinned(self, remote: RemoteName) -> str | None:
        return self.pins.get(remote)

    async def pin(self, remote: RemoteName, fingerprint: str) -> None:
        self.pins[remote] = fingerprint


class FakeTime:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waits: list[float] = []
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._fell_asleep = asyncio.Event()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        waker = asyncio.get_running_loop().create_future()
        entry = (self.now + seconds, waker)
        self._sleepers.append(entry)
        self._fell_asleep.set()
        try:
            await waker
        finally:
            self._sleepers.remove(entry)

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and wake whom it wakes."""
        self.now += seconds
        for moment, waker in self._sleepers:
            if moment <= self.now and not waker.done():
                waker.set_result(None)

    async def asleep(self, at_least: float = 0.0) -> float:
        """Return when somebody sleeps for so long; say how long."""
        while True:
            left = [moment - self.now for moment, waker in self._sleepers if not waker.done()]
            if fitting := [seconds for seconds in left if seconds >= at_least]:
                return min(fitting)
            self._fell_asleep.clear()
            await self._fell_asleep.wait()

    @property
    def injected(self) -> dict[str, object]:
        """What to hand to ``Tunnels`` and others."""
        return {
            "clock": self.clock,
            "monotonic": self.clock,
            "sleep": self.sleep,
            "entropy": lambda: 0.5,
        }

    @property
    def time(self) -> Time:
        return Time(self.clock, self.clock, self.sleep, lambda: 0.5)


@dataclass
class Listener(asyncio.Protocol):
    """A protocol that remembers what it is told."""

    keep_open: bool = False
    told: list[str] = field(default_factory=list)
    got: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._tell("made")

    def data_received(self, data: bytes) -> None:
        self.got += data
        self._changed.set()

    def eof_received(self) -> bool:
        self._tell("eof")
        return self.keep_open

    def pause_writing(self) -> None:
        self._tell("pause")

    def resume_writing(self) -> None:
        self._tell("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self._tell("lost")
        self.lost.set_result(exc)

    async def until(self, true: Callable[["Listener"], bool]) -> None:
        """Return when ``true`` of this protocol."""
        while not true(self):
            self._changed.clear()
            await self._changed.wait()

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self._changed.set()


def inventory(*notebooks: Notebook, remotes: tuple[Remote, ...]) -> Inventory:
    return Inventory(
        SERVER,
        remotes={remote.name: remote for remote in remotes},
        notebooks={notebook.name: notebook for notebook in notebooks},
    )


def alices(port: int | None, **options: object) -> Notebook:
    given = {"name": ALICE, "remote": LAB, "login": LoginName("alice"), "port": port}
    return Notebook(**{**given, **options})  # type: ignore[arg-type]  # a test's shorthand
