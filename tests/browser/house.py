"""A whole gateway as a process of its own, with members and no notebooks: enough to log in to."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import yaml

from tests.conftest import free_port
from tests.stack import PASSWORD, eventually

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 30


@dataclass(frozen=True)
class House:
    """Where it is."""

    url: str
    file: Path

    def run(self, *words: str, stdin: str = "") -> str:
        """Run a command of the gateway's on it, and return what it prints."""
        argv = (sys.executable, "-m", "gateway", *words, "--config", str(self.file))
        done = subprocess.run(
            argv, cwd=ROOT, input=stdin, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    def configure(self, **changed: object) -> None:
        """Write another configuration, which it takes by itself."""
        self.file.write_text(yaml.safe_dump(yaml.safe_load(self.file.read_text()) | changed))


@contextmanager
def opened(folder: Path, auth: Mapping[str, object]) -> Iterator[House]:
    """Serve it; alice and bob have the tests' password."""
    port = free_port()
    house = House(f"http://localhost:{port}", folder / "gateway.yaml")
    wanted = {
        "server": {"listen": f"127.0.0.1:{port}", "public_url": house.url},
        "members": {"alice": {}, "bob": {"admin": True}},
        "store": f"sqlite:///{folder / 'gateway.db'}",
        "auth": dict(auth),
    }
    house.file.write_text(yaml.safe_dump(wanted))
    for member in ("alice", "bob"):
        house.run("members", "password", member, "--stdin", stdin=PASSWORD + "\n")
    argv = (sys.executable, "-m", "gateway", "serve", "--config", str(house.file))
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=ROOT, stderr=log)
    try:
        eventually(lambda: _ready(house), within_seconds=START_SECONDS)
        yield house
    finally:
        process.terminate()
        process.wait(timeout=30)


def _ready(house: House) -> bool:
    try:
        return httpx2.get(f"{house.url}/-/readyz").is_success
    except httpx2.TransportError:
        return False
