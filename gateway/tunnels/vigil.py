"""The vigil over one connection: whether anything still comes from the far end.

Somebody who waits for an answer doubts the line, and when nothing at all has come for a while there is a doubt
anyway: then the remote is pinged, and has some seconds to give any sign of life. If there is none the line counts as
silent; the ping stays on its way, so that whoever waits on hears it when the line comes back.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import asyncssh

from gateway.core.patience import patience
from gateway.tunnels.pulse import ping, pulse

PING_SECONDS: Final = 7.0
"""A line that was cut for six seconds is not given up: TCP sends again 6.2 s after the first try. A line
that has been slow lately is given more."""
KEEPALIVES: Final = 2
"""How many intervals of silence a ping that nobody is in a hurry for may take."""


class Vigil:
    """Knows when a connection falls silent, and when it is heard again."""

    def __init__(
        self,
        ssh: asyncssh.SSHClientConnection,
        *,
        tasks: asyncio.TaskGroup,
        on_silence: Callable[[], None],
    ) -> None:
        self.silent = False
        self.answer_seconds = 0.0
        """How long the last answer took."""
        self._ssh = ssh
        self._tasks = tasks
        self._on_silence = on_silence
        self._loop = asyncio.get_running_loop()
        self.silence: asyncio.Future[None] = self._loop.create_future()
        """Done when the line falls silent, until it is heard again."""
        self.voice: asyncio.Future[None] = self._loop.create_future()
        """Done when a silent line is heard again, until it falls silent once more."""
        self._answered_at = 0.0
        self._asking = False
        self._judging: asyncio.TimerHandle | None = None

    async def measure(self) -> None:
        """Take note of how long an answer takes."""
        started = self._loop.time()
        with suppress(TimeoutError):
            async with asyncio.timeout(PING_SECONDS):
                await ping(self._ssh)
        self._took(started)

    async def keep(self, interval_seconds: float) -> None:
        """Doubt the line whenever nothing has come for so long, until cancelled."""
        while True:
            before = pulse(self._ssh)
            await asyncio.sleep(interval_seconds)
            if pulse(self._ssh) == before:
                self._expect(KEEPALIVES * interval_seconds)

    def doubt(self) -> None:
        """Expect a sign of life, as somebody waits for an answer."""
        self._expect(PING_SECONDS)

    def end(self) -> None:
        """Judge no more."""
        self._calm()

    def _expect(self, usual_seconds: float) -> None:
        """Ping, and judge when the time is up; one who is in more of a hurry judges sooner."""
        if self.silent:
            return
        if not self._asking:
            self._asking = True
            self._tasks.create_task(self._ask(), name="ping")
        now = self._loop.time()
        due = now + patience(
            usual_seconds,
            answer_seconds=self.answer_seconds,
            ago_seconds=now - self._answered_at,
        )
        if self._judging is None or due < self._judging.when():
            self._calm()
            self._judging = self._loop.call_at(due, self._judge, pulse(self._ssh), now)

    async def _ask(self) -> None:
        started = self._loop.time()
        await ping(self._ssh)
        self._asking = False
        if self._ssh.is_closed():
            return
        self._took(started)
        self._calm()
        if self.silent:
            self.silent = False
            self.silence = self._loop.create_future()
            self.voice.set_result(None)

    def _judge(self, before: tuple[int, int], since: float) -> None:
        self._judging = None
        if self._ssh.is_closed():
            return
        if pulse(self._ssh) != before:  # slow, and alive
            self._took(since)
            self._expect(PING_SECONDS)
            return
        self.silent = True
        self.voice = self._loop.create_future()
        self.silence.set_result(None)
        self._on_silence()

    def _took(self, started: float) -> None:
        self._answered_at = self._loop.time()
        self.answer_seconds = self._answered_at - started

    def _calm(self) -> None:
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None
