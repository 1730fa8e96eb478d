"""The demo's parts: processes of their own, started together and stopped together."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.demo import leash
from gateway.errors import DemoFailed

GRACE_SECONDS: Final = 15.0
"""How long a part may take to end by itself: a notebook has kernels to stop, the gateway answers to finish."""

LAST_WORDS: Final = 15
"""How many lines of its output are shown when a part ends on its own."""


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a part."""

    title: str
    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    output: Path | None = None
    """Where its output goes; None is the terminal."""
    passed_fds: tuple[int, ...] = ()
    may_end: bool = False
    """Whether it may end by itself, as a notebook does that is shut down from its own menu."""


class Part:
    """One process, the leader of a process group of its own: the terminal's Ctrl-C is not for it."""

    def __init__(self, command: Command, process: asyncio.subprocess.Process) -> None:
        self._command = command
        self._process = process

    @classmethod
    async def start(cls, command: Command) -> Self:
        """Start ``command`` on a leash: it ends when we do, however that comes."""
        leashed = (sys.executable, "-I", leash.__file__, str(os.getpid()), *command.argv)
        output = (
            os.open(command.output, os.O_CREAT | os.O_WRONLY, 0o600) if command.output else None
        )
        try:
            process = await asyncio.create_subprocess_exec(
                *leashed,
                cwd=command.folder,
                env=command.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=command.passed_fds,
                start_new_session=True,
            )
        finally:
            if output is not None:
                os.close(output)
        return cls(command, process)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ended(self) -> None:
        """Wait for the process to end, and raise DemoFailed unless that was for it to decide."""
        status = await self._process.wait()
        if status == 0 and self._command.may_end:
            return
        raise DemoFailed(f"{self._command.title} ended with status {status}{self._last_words()}")

    async def stop(self) -> None:
        """End the process: politely, and after a while for sure."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _last_words(self) -> str:
        if self._command.output is None:
            return ""
        lines = self._command.output.read_text(errors="replace").splitlines()
        return "\n    ".join([":", *lines[-LAST_WORDS:]])


class Parts:
    """All parts that run; leaving the context stops them, the last started first."""

    def __init__(self) -> None:
        self._running: list[Part] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The last is the gateway, whose members should see it go before their notebooks do.
        if self._running:
            await self._running.pop().stop()
        async with asyncio.TaskGroup() as stopping:
            for part in self._running:
                stopping.create_task(part.stop())

    async def start(self, command: Command) -> Part:
        """Start ``command`` and keep it until the end."""
        part = await Part.start(command)
        self._running.append(part)
        return part
