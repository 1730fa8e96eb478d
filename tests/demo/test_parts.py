"""gateway.demo.parts, leash and orphans: processes that end with us, whatever happens."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from gateway.demo import parts
from gateway.demo.orphans import orphans_ended
from gateway.demo.parts import Command, Part, Parts
from gateway.errors import DemoFailed

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
FOREVER = ("/bin/sleep", "600")
DEAF = (
    sys.executable,
    "-c",
    "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()",
)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's own")


def command(*argv: str, folder: Path, output: Path | None = None) -> Command:
    return Command("the part", argv, folder, ENVIRONMENT, output)


async def test_leaving_stops_every_part(tmp_path: Path) -> None:
    """What was started in the context is gone after it."""
    async with Parts() as running:
        started = [await running.start(command(*FOREVER, folder=tmp_path)) for _ in range(3)]

    assert not any(psutil.pid_exists(part.pid) for part in started)


async def test_parts_are_out_of_reach_of_the_terminals_signals(tmp_path: Path) -> None:
    """Ctrl-C goes to the foreground group; a part is not in it, and ends when we say so."""
    async with Parts() as running:
        part = await running.start(command(*FOREVER, folder=tmp_path))

        assert os.getpgid(part.pid) == part.pid
        assert os.getsid(part.pid) != os.getsid(0)


async def test_part_that_ends_on_its_own_leaves_its_last_words(tmp_path: Path) -> None:
    """The failure says which part it was, how it ended and what it said."""
    output = tmp_path / "log"
    part = await Part.start(
        command("/bin/sh", "-c", "echo no disk >&2; exit 3", folder=tmp_path, output=output)
    )

    with pytest.raises(DemoFailed, match=r"(?s)the part ended with status 3:.*no disk"):
        await part.ended()


@pytest.mark.parametrize("may_end", [True, False])
async def test_only_a_part_that_may_ends_well(tmp_path: Path, may_end: bool) -> None:  # noqa: FBT001 - a table
    part = await Part.start(replace(command("/bin/true", folder=tmp_path), may_end=may_end))

    with nullcontext() if may_end else pytest.raises(DemoFailed, match="status 0"):
        await part.ended()


async def test_part_that_will_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the grace time SIGTERM becomes SIGKILL."""
    monkeypatch.setattr(parts, "GRACE_SECONDS", 0.01)
    ready, told = os.pipe()
    part = await Part.start(Command("deaf", DEAF, tmp_path, ENVIRONMENT, Path(f"/dev/fd/{told}")))
    await asyncio.to_thread(os.read, ready, 1)

    await part.stop()

    os.close(ready), os.close(told)
    assert not psutil.pid_exists(part.pid)


@linux_only
def test_part_ends_when_we_are_killed() -> None:
    """Even SIGKILL, which nobody can catch, leaves no part behind."""
    script = (
        "import asyncio, pathlib, sys\n"
        "from gateway.demo.parts import Command, Part\n"
        "async def main():\n"
        f"    part = await Part.start(Command('x', {FOREVER}, pathlib.Path('/'), {{}}))\n"
        "    print(part.pid, flush=True)\n"
        "    await part.ended()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        part = psutil.Process(int(parent.stdout.readline()))

        parent.send_signal(signal.SIGKILL)

    part.wait(timeout=10)


@linux_only
def test_orphans_in_sessions_of_their_own_are_ended() -> None:
    """A kernel's child is in no group of ours; it is found all the same."""
    with orphans_ended():
        shell = subprocess.run(
            ["/bin/sh", "-c", "setsid sleep 600 >/dev/null & echo $!"],
            stdout=subprocess.PIPE,
            check=True,
        )
        orphan = int(shell.stdout)
        assert psutil.pid_exists(orphan)

    assert not psutil.pid_exists(orphan)


@linux_only
def test_children_from_before_are_left_alone() -> None:
    """Only what the block started is ended."""
    with subprocess.Popen(FOREVER) as other:
        with orphans_ended():
            pass

        assert other.poll() is None
        other.kill()
