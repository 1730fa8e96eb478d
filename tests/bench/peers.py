"""Programs that the bench alone needs, installed into build/ at the first run."""

import os
import subprocess
from pathlib import Path
from typing import Final

from tests.bench.backdrop import program
from tests.bench.processes import ROOT, BenchFailed

CHP: Final = "configurable-http-proxy@5.3.0"
FOLDER: Final = ROOT / "build" / "bench" / "peers"


def configurable_http_proxy() -> str:
    """Return the path of JupyterHub's proxy, fetched with npm if it isn't there yet."""
    found = FOLDER / "node_modules" / ".bin" / "configurable-http-proxy"
    if not found.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "package.json").write_text('{"private": true}\n')
        argv = [program("npm"), "install", "--no-audit", "--no-fund", "--omit=dev"]
        argv += ["--prefix", str(FOLDER), "--ignore-scripts", CHP]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ))
    if not Path(found).exists():
        raise BenchFailed(f"npm installed no {found}")
    return str(found)
