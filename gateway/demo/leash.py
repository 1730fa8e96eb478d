"""Run a command that is told to end when the process that started it dies, however that dies.

A script of its own rather than a function between fork and exec, where hardly anything is safe to
call (fork(2) in a process with threads). It knows nothing but the standard library, to be quick.
"""

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""prctl(2), Linux only: the signal to get when the parent dies. It outlasts execve(2)."""


def run(parent: int, command: list[str]) -> None:
    """Become ``command``, on the leash of the process ``parent`` where the system has such a thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask to be told
            return
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2:])
