"""gateway.tunnels.vigil: when a line counts as silent, and when it does not any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import asyncssh
import pytest

from gateway.tunnels import vigil
from gateway.tunnels.vigil import KEEPALIVES, Vigil

pytestmark = pytest.mark.anyio

SOON = 0.05


class FakeLine:
    """A line whose far end answers when the test says so."""

    def __init__(self) -> None:
        self.pings = 0
        self.arrived = 0
        self.pinged = asyncio.Event()
        self.answers = asyncio.Event()
        self.silences = 0
        self.vigil: Vigil

    def is_closed(self) -> bool:
        return False

    async def ping(self, _: object) -> None:
        self.pings += 1
        self.pinged.set()
        await self.answers.wait()
        self.arrived += 1

    def pulse(self, _: object) -> tuple[int, int]:
        return self.arrived, 0

    def note(self) -> None:
        self.silences += 1


@asynccontextmanager
async def watching(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeLine]:
    line = FakeLine()
    monkeypatch.setattr(vigil, "PING_SECONDS", SOON)
    monkeypatch.setattr(vigil, "ping", line.ping)
    monkeypatch.setattr(vigil, "pulse", line.pulse)
    ssh = cast("asyncssh.SSHClientConnection", line)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        line.vigil = Vigil(ssh, tasks=tasks, on_silence=line.note)
        yield line
        line.vigil.end()
        line.answers.set()


async def test_no_sign_of_life_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said once, however many doubt; the one ping stays on its way, and its answer ends it."""
    async with watching(monkeypatch) as line:
        for _ in range(5):
            line.vigil.doubt()
        await line.vigil.silence
        line.vigil.doubt()
        assert (line.vigil.silent, line.silences, line.pings) == (True, 1, 1)

        line.answers.set()
        await line.vigil.voice

        assert not line.vigil.silent
        assert not line.vigil.silence.done()


async def test_an_answer_in_time_is_the_end_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(monkeypatch) as line:
        line.answers.set()
        line.vigil.doubt()
        await asyncio.sleep(2 * SOON)

        assert (line.silences, line.pings) == (0, 1)


async def test_any_byte_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full line is slow, and not dead; but the answer must come some time, or something else."""
    async with watching(monkeypatch) as line:
        line.vigil.doubt()
        line.arrived += 1
        await asyncio.sleep(1.2 * SOON)
        assert not line.vigil.silent

        await line.vigil.silence

        assert line.vigil.answer_seconds == pytest.approx(SOON, rel=0.5)


async def test_who_is_in_a_hurry_judges_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keepalive's ping may take its time; the same ping must not, once somebody waits."""
    async with watching(monkeypatch) as line:
        keeping = asyncio.ensure_future(line.vigil.keep(SOON))
        await line.pinged.wait()
        now = asyncio.get_running_loop().time
        asked = now()

        line.vigil.doubt()
        await line.vigil.silence

        assert now() - asked < KEEPALIVES * SOON
        assert line.pings == 1
        keeping.cancel()
