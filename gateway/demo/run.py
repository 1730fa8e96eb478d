"""The demo: a stand-in remote, three real notebooks and the gateway, on this machine, until Ctrl-C."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from gateway.demo.cast import RESEARCHERS, Researcher, new_password
from gateway.demo.health import ready
from gateway.demo.notebooks import (
    PATIENCE_SECONDS,
    environment,
    jupyter,
    jupyter_installed,
    runtime_file,
)
from gateway.demo.orphans import orphans_ended
from gateway.demo.parts import Command, Part, Parts
from gateway.demo.programme import Passwords, programme
from gateway.demo.stage import Stage, free_ports, is_free, listening_socket
from gateway.errors import DemoFailed, GatewayError, PasswordTooWeak
from gateway.store.store import open_store

DEFAULT_PORT: Final = 8000
SERVE: Final = (sys.executable, "-m", "gateway", "serve", "--config")
PACKAGE_FOLDER: Final = Path(__file__).parent.parent.parent
"""Where ``python -m gateway…`` finds this very package, installed or not."""

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(
    port: int | None = None, password: str | None = None, *, serve: tuple[str, ...] = SERVE
) -> int:
    """Show the demo at ``port`` until a signal ends it, and return the exit code.

    Every member gets ``password``, or each a random one. ``serve`` plus the configuration's path is the
    command that starts the gateway.
    """
    failures: list[BaseException] = []
    try:
        _show(DEFAULT_PORT if port is None else port, password, serve)
    except* GatewayError as group:
        failures = _leaves(group)
    for failure in failures:
        _say(f"demo: {failure}")
    return 1 if failures else 0


def _show(port: int, password: str | None, serve: tuple[str, ...]) -> None:
    _check(port)
    passwords = {who.name: password or new_password() for who in RESEARCHERS}
    with tempfile.TemporaryDirectory(prefix="gateway-demo-") as folder, orphans_ended():
        names = [who.name for who in RESEARCHERS]
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        stage = Stage(Path(folder).resolve(), port=port, notebook_ports=ports)
        asyncio.run(_perform(stage, passwords, serve))


async def _perform(stage: Stage, passwords: Passwords, serve: tuple[str, ...]) -> None:
    """Start everything, say so, and stop everything when a signal comes or a part ends."""
    async with Parts() as parts:
        async with _until_signalled(), asyncio.TaskGroup() as watching:
            await _Play(stage, parts, watching).perform(passwords, serve)
            print(programme(stage.port, passwords), flush=True)  # noqa: T201 - this is what was asked for
        _say("demo: stopping …")


def _check(port: int) -> None:
    if not jupyter_installed():
        raise DemoFailed(
            "JupyterLab is missing; `make demo` brings it, or: pip install 'notebook-gateway[demo]'"
        )
    if not is_free(port):
        raise DemoFailed(
            f"port {port} is taken on this machine; choose another: GATEWAY_DEMO_PORT={port + 1} make demo"
        )


class _Play:
    """Starts one part after the other; what ends too early ends the group that watches."""

    def __init__(self, stage: Stage, parts: Parts, watching: asyncio.TaskGroup) -> None:
        self._stage = stage
        self._parts = parts
        self._watching = watching

    async def perform(self, passwords: Passwords, serve: tuple[str, ...]) -> None:
        """Return when everything runs and the gateway takes requests."""
        await self._start_remote()
        async with asyncio.TaskGroup() as starting:
            for who in RESEARCHERS:
                starting.create_task(self._start_notebook(who), name=f"start {who.name}")
            starting.create_task(self._set_passwords(passwords), name="set passwords")
        await self._start_gateway(serve)

    async def _start_remote(self) -> None:
        _say("starting the stand-in for a remote …")
        with listening_socket(0) as listener:
            self._stage.set(remote_port=listener.getsockname()[1])
            fd = listener.fileno()
            argv = (sys.executable, "-m", "gateway.demo.remote", str(self._stage.accounts), str(fd))
            await self._start(
                Command(
                    "the stand-in remote",
                    argv,
                    PACKAGE_FOLDER,
                    environment(self._stage.folder),
                    self._stage.log("remote"),
                    (fd,),
                )
            )

    async def _start_notebook(self, who: Researcher) -> None:
        _say(f"starting Jupyter for {who.name} …")
        home = self._stage.home(who)
        await self._start(
            jupyter(
                f"Jupyter for {who.name}",
                home=home,
                port=self._stage.notebook_ports[who.name],
                output=self._stage.log(who.name),
            )
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await runtime_file(home)
        except TimeoutError as exc:
            raise DemoFailed(
                f"Jupyter for {who.name} did not start in {PATIENCE_SECONDS:.0f} s"
            ) from exc

    async def _set_passwords(self, passwords: Passwords) -> None:
        try:
            async with open_store(self._stage.store) as store:
                for member, password in passwords.items():
                    await store.set_password(member, password)
        except PasswordTooWeak as exc:
            raise DemoFailed(f"GATEWAY_DEMO_PASSWORD won't do: {exc}") from exc

    async def _start_gateway(self, serve: tuple[str, ...]) -> None:
        _say("starting the gateway …")
        argv = (*serve, str(self._stage.configuration))
        await self._start(
            Command("the gateway", argv, PACKAGE_FOLDER, environment(self._stage.folder))
        )
        await ready(self._stage.port)

    async def _start(self, command: Command) -> None:
        part = await self._parts.start(command)
        self._watching.create_task(_watch(part, command), name=f"watch {command.title}")


async def _watch(part: Part, command: Command) -> None:
    """Wait for a part to end, and say so if the demo can go on without it."""
    await part.ended()
    _say(f"demo: {command.title} has been shut down; its page says how to start one")


@asynccontextmanager
async def _until_signalled() -> AsyncIterator[None]:
    """Leave the block when a signal asks us to end, as if it had ended by itself."""
    loop = asyncio.get_running_loop()
    scope = asyncio.timeout(None)

    def leave() -> None:
        with suppress(RuntimeError):  # we are on the way out already
            scope.reschedule(loop.time())

    for number in SIGNALS:
        loop.add_signal_handler(number, leave)
    try:
        async with scope:
            yield
    except TimeoutError:
        if not scope.expired():
            raise


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """Return the failures of nested groups in one list."""
    found: list[BaseException] = []
    for exc in group.exceptions:
        found += _leaves(exc) if isinstance(exc, BaseExceptionGroup) else [exc]
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress, for a person
