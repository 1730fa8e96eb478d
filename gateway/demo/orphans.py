"""What the demo's processes leave behind when they end: found, and ended.

A notebook's kernels and terminals are in sessions of their own, so a signal to the notebook's process
group does not reach them. On Linux we ask to become the parent of every descendant whose own parent is
gone (PR_SET_CHILD_SUBREAPER); elsewhere we rely on kernels, which end when their server is gone.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PR_SET_CHILD_SUBREAPER: Final = 36
"""prctl(2), Linux only."""


@contextmanager
def orphans_ended() -> Iterator[None]:
    """End, on the way out, every descendant that the block started and left behind."""
    if sys.platform != "linux":
        yield
        return
    others = _children()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        # The end of one may leave us its own children, so look again until there are none.
        while left := _children() - others:
            for pid in left:
                _end(pid)


def _end(pid: int) -> None:
    """Kill our child ``pid`` and take note of its death; until then its number is not given away."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _children() -> set[int]:
    """Return the process ids of our children, the dead among them that nobody waited for too."""
    me = os.getpid()
    return {int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _parent(entry) == me}


def _parent(entry: Path) -> int | None:
    """Return the parent's id as proc_pid_stat(5) has it; None when the process has just gone."""
    try:
        text = (entry / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets, which may hold blanks and brackets itself.
    return int(text.rpartition(")")[2].split()[1])
