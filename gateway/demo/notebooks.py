"""The researchers' notebooks: real JupyterLab servers, started as their owners would start them."""

import importlib.util
import os
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Final

from watchfiles import awatch

from gateway.demo.parts import Command
from gateway.demo.stage import RUNTIME

PATIENCE_SECONDS: Final = 120.0
"""How long a notebook may take to start: a cold disk and a slow machine together."""


def jupyter_installed() -> bool:
    """Say whether this Python has JupyterLab."""
    return importlib.util.find_spec("jupyterlab") is not None


def environment(home: Path) -> dict[str, str]:
    """Return what a fresh log-in would have: nothing of our own environment's gets in."""
    programs = str(Path(sys.executable).parent)
    return {
        "HOME": str(home),
        "JUPYTER_RUNTIME_DIR": str(home / RUNTIME),  # macOS would have it elsewhere
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join((programs, "/usr/local/bin", "/usr/bin", "/bin")),
        "SHELL": "/bin/sh",
    }


def jupyter(title: str, *, home: Path, port: int, output: Path) -> Command:
    """Return the command of a researcher: ``jupyter lab --no-browser --port=N`` in her home."""
    root = ("--allow-root",) if os.geteuid() == 0 else ()
    return Command(
        title,
        (sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", *root),
        home,
        environment(home),
        output,
        may_end=True,
    )


async def runtime_file(home: Path) -> Path:
    """Wait until the notebook of ``home`` listens, and return the file in which it says so."""
    folder = home / RUNTIME
    # The watch tells of what comes after its start; looking every second covers what came before, and
    # file systems that tell nothing.
    changes = awatch(folder, rust_timeout=1000, yield_on_timeout=True, debounce=50)
    async with aclosing(changes):
        async for _ in changes:
            for file in folder.glob("jpserver-*.json"):
                if file.stat().st_size:
                    return file
    raise AssertionError("a watch without a stop event never ends")
