"""How soon everybody is out whose grant has ended: 200 WebSockets of one member, closed in each of six ways.

    python -m tests.bench.revocation

A real gateway and a real sshd; the notebook is a stand-in that sends back what it gets.
"""

import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncssh
import httpx2
import yaml
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.core.audit import Act, Choice, Line
from gateway.core.grants import Level
from gateway.core.names import MemberName, NotebookName
from gateway.demo.stage import free_ports
from gateway.store.store import open_store
from tests.bench.backdrop import Backdrop, set_up
from tests.bench.echo import MESSAGE_BYTES
from tests.bench.processes import ROOT, Processes

ALICE, BOB, CAROL = map(MemberName, ("alice", "bob", "carol"))
NOTEBOOK: Final = NotebookName("alice")
SOCKETS: Final = 200
OTHERS: Final = 5
"""WebSockets of each of those who must notice nothing."""
AT_ONCE: Final = 20
"""How many are opened at the same time."""
PASSWORD: Final = "correct horse battery staple"
PATIENCE_SECONDS: Final = 20.0
SHARED: Final = frozenset({"click", "clock"})
"""The ways that end a share; the others end what the configuration grants, or a credential."""


@dataclass(slots=True)
class Scene:
    """A gateway that runs, and what its members hold."""

    file: Path
    wanted: dict[str, object]
    store: str
    port: int
    sessions: dict[MemberName, str] = field(default_factory=dict)
    tokens: dict[MemberName, str] = field(default_factory=dict)
    bobs_token: str = ""
    share: str = ""

    @property
    def origin(self) -> str:
        """The gateway's."""
        return f"http://127.0.0.1:{self.port}"

    def browser(self, member: MemberName) -> httpx2.AsyncClient:
        """Return a browser in which ``member`` is logged in."""
        headers = {"Cookie": f"gateway={self.sessions[member]}", "Origin": self.origin}
        return httpx2.AsyncClient(base_url=self.origin, headers=headers)

    async def command(self, *arguments: str) -> None:
        """Run a command of ``gateway`` on this deployment."""
        argv = ["-m", "gateway", *arguments, "--config", str(self.file)]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            sys.executable, *argv, cwd=ROOT, stdout=quiet, stderr=quiet
        )
        assert await process.wait() == 0, arguments

    async def lines_of(self, act: Act) -> Sequence[Line]:
        """Return the last that the audit log says of an act, if anything."""
        async with open_store(self.store) as store:
            return await store.audit.lines(Choice(acts=frozenset({act})), limit=1)

    async def done_at(self, act: Act) -> float:
        """Return when the audit log says that something was done."""
        (line,) = await self.lines_of(act)
        return line.entry.at


async def click(scene: Scene) -> float:
    """Have alice take the share back on her page."""
    async with scene.browser(ALICE) as browser:
        page = (await browser.get(f"/-/share/{NOTEBOOK}")).text
        csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)[0]
        begun = time.time()
        path = f"/-/share/{NOTEBOOK}/take-back/{scene.share}"
        assert (await browser.post(path, data={"csrf": csrf})).status_code == 303
    return begun


async def clock(scene: Scene) -> float:
    """Let the share's time be over."""
    async with open_store(scene.store) as store:
        given = await store.share(NOTEBOOK, BOB, level=Level.USE, by=ALICE, lifetime_seconds=2.0)
    return given.expires_at


async def command(scene: Scene) -> float:
    """Revoke the token that bob's script uses, on the command line."""
    await scene.command("tokens", "revoke", scene.bobs_token)
    return await scene.done_at(Act.TOKEN_REVOKED)


async def reload(scene: Scene) -> float:
    """Take bob out of the configuration's grant."""
    begun = time.time()
    await asyncio.to_thread(write_configuration, scene, {"carol"})
    return begun


async def log_out(scene: Scene) -> float:
    """Have bob log out in his browser."""
    async with scene.browser(BOB) as browser:
        page = (await browser.get("/-/logout")).text
        csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)[0]
        begun = time.time()
        assert (await browser.post("/-/logout", data={"csrf": csrf})).status_code == 303
    return begun


async def disable(scene: Scene) -> float:
    """Disable bob's account, on the command line."""
    await scene.command("members", "disable", "bob")
    return await scene.done_at(Act.DISABLED)


WAYS: Final[Mapping[str, Callable[[Scene], Awaitable[float]]]] = {
    "click": click,
    "clock": clock,
    "command": command,
    "reload": reload,
    "session end": log_out,
    "member disabled": disable,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of everybody."""

    seconds: Sequence[float]
    """For each of bob's WebSockets, from the act until it was closed, in order of size."""
    codes: frozenset[int | None]
    others: int
    """How many WebSockets of the others still get their answers."""
    status: int
    """What bob's next request is told."""

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """What 99 of 100 don't exceed."""
        return self.seconds[int(0.99 * (len(self.seconds) - 1))]


async def start(processes: Processes, backdrop: Backdrop, folder: Path, way: str) -> Scene:
    """Start a gateway with alice's notebook, open to bob and carol."""
    (port,) = free_ports(1)
    store = f"sqlite:///{folder / 'gateway.db'}"
    scene = Scene(folder / "gateway.yaml", _configuration(backdrop, port, store), store, port)
    write_configuration(scene, {"carol"} if way in SHARED else {"bob", "carol"})
    await _credentials(scene, shared=way in SHARED)
    processes.start("gateway", [sys.executable, "-m", "gateway", "serve", "--config", str(scene.file)])  # fmt: skip
    alice = {"Authorization": f"Bearer {scene.tokens[ALICE]}"}
    await asyncio.to_thread(processes.wait_for, port, f"/{NOTEBOOK}/", alice)
    return scene


async def measure(scene: Scene, way: str) -> Outcome:
    """Open everybody's WebSockets, end bob's in one of the WAYS, and see what becomes of all."""
    async with AsyncExitStack() as held:
        others = [await _open(scene, held, who) for who in (ALICE, CAROL) for _ in range(OTHERS)]
        bobs: list[ClientConnection] = []
        for _ in range(0, SOCKETS, AT_ONCE):
            async with asyncio.TaskGroup() as tasks:
                opening = [
                    tasks.create_task(_open(scene, held, BOB, token=way == "command"))
                    for _ in range(AT_ONCE)
                ]
            bobs += [task.result() for task in opening]
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
            ends = [tasks.create_task(_end_of(socket)) for socket in bobs]
            begun = await WAYS[way](scene)
        status = await _status(scene, way)
        alive = [await _echoes(socket) for socket in others]
    seconds = sorted(task.result()[0] - begun for task in ends)
    return Outcome(seconds, frozenset(t.result()[1] for t in ends), sum(alive), status)


def write_configuration(scene: Scene, users: set[str]) -> None:
    """Write the configuration, with ``users`` let in to the notebook."""
    notebooks = scene.wanted["notebooks"]
    assert isinstance(notebooks, dict)
    notebooks[str(NOTEBOOK)]["use"] = sorted(users)
    new = scene.file.with_suffix(".new")
    new.write_text(yaml.safe_dump(scene.wanted))
    new.replace(scene.file)


def line(way: str, outcome: Outcome) -> str:
    """Return the figures in a row of a table."""
    p50, p99 = (f"{seconds * 1000:.0f} ms" for seconds in (outcome.p50, outcome.p99))
    return f"| {way} | {p50} | {p99} |"


def _configuration(backdrop: Backdrop, port: int, store: str) -> dict[str, object]:
    host_key = asyncssh.read_public_key(Path(f"{backdrop.host_key}.pub"))
    remote = {
        "host": "127.0.0.1",
        "port": backdrop.ssh_port,
        "login": backdrop.login,
        "identity": str(backdrop.client_key),
        "host_key": host_key.get_fingerprint(),
    }
    notebook: dict[str, object] = {"remote": "lab", "port": backdrop.upstream_port}
    notebook |= {"scheme": "http", "token": "none", "owner": str(ALICE)}
    server = {"listen": f"127.0.0.1:{port}", "public_url": f"http://127.0.0.1:{port}"}
    return {
        "server": server,
        "remotes": {"lab": remote},
        "notebooks": {str(NOTEBOOK): notebook},
        "members": {str(name): {} for name in (ALICE, BOB, CAROL)},
        "store": store,
        "log": {"level": "warning"},
    }


async def _credentials(scene: Scene, *, shared: bool) -> None:
    async with open_store(scene.store) as store:
        for member in (ALICE, BOB, CAROL):
            await store.set_password(member, PASSWORD)
            opened = await store.log_in(member, PASSWORD, address="127.0.0.1", device="bench")
            scene.sessions[member] = opened.secret
            token, row = await store.create_token(member, label="bench", lifetime_seconds=None)
            scene.tokens[member] = token
            if member == BOB:
                scene.bobs_token = row.credential
        if shared:
            given = await store.share(NOTEBOOK, BOB, level=Level.USE, by=ALICE, lifetime_seconds=600)  # fmt: skip
            scene.share = given.id


async def _open(
    scene: Scene, held: AsyncExitStack, member: MemberName, *, token: bool = False
) -> ClientConnection:
    url = f"ws://127.0.0.1:{scene.port}/{NOTEBOOK}/echo"
    headers = _headers(scene, member, token=token)
    # An entered context would wait for the answers of those who are closed hard.
    socket = await connect(url, additional_headers=headers, proxy=None, ping_interval=None)
    held.callback(socket.transport.abort)
    assert await _echoes(socket)
    return socket


def _headers(scene: Scene, member: MemberName, *, token: bool) -> dict[str, str]:
    if token:
        return {"Authorization": f"Bearer {scene.tokens[member]}"}
    return {"Cookie": f"gateway={scene.sessions[member]}", "Origin": scene.origin}


async def _echoes(socket: ClientConnection) -> bool:
    await socket.send(bytes(MESSAGE_BYTES))
    async with asyncio.timeout(PATIENCE_SECONDS):
        return len(await socket.recv()) == MESSAGE_BYTES


async def _end_of(socket: ClientConnection) -> tuple[float, int | None]:
    try:
        await socket.recv()
    except ConnectionClosed as closed:
        return time.time(), None if closed.rcvd is None else closed.rcvd.code
    raise AssertionError("it was sent something")


async def _status(scene: Scene, way: str) -> int:
    headers = _headers(scene, BOB, token=way == "command")
    async with httpx2.AsyncClient(base_url=scene.origin, headers=headers) as client:
        return (await client.get(f"/{NOTEBOOK}/api/status")).status_code


def main() -> None:
    """Print a table: for each way, how soon everybody was out."""
    sys.stdout.write("| way | p50 | p99 |\n| --- | --: | --: |\n")
    with tempfile.TemporaryDirectory(prefix="revocation-") as name:
        folder = Path(name)
        with Processes(folder / "logs") as processes:
            backdrop = set_up(folder, processes, echo=True)
            for way in WAYS:
                home = folder / way
                home.mkdir()
                with Processes(home / "logs") as gateway:
                    sys.stdout.write(f"{line(way, asyncio.run(_round(gateway, backdrop, home, way)))}\n")  # fmt: skip


async def _round(processes: Processes, backdrop: Backdrop, folder: Path, way: str) -> Outcome:
    return await measure(await start(processes, backdrop, folder, way), way)


if __name__ == "__main__":
    main()
