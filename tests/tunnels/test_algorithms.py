"""gateway.tunnels.algorithms: what ssh-audit thinks of our client."""

import asyncio
import json
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import asyncssh
import pytest

from gateway.core.inventory import HostKeyPolicy, Remote
from gateway.core.ssh_credential import KeyFile
from gateway.errors import RemoteError
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.windows import Windows
from tests.tunnels.fakes import LAB, FakePins, Keys
from tests.tunnels.openssh import login

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]

AUDIT: Final = (str(Path(sys.executable).with_name("ssh-audit")), "--client-audit", "--json")
LISTENS: Final = b"Listening on [::]"
"""What it says in debug mode, once it listens on IPv4."""
NIST_KEY: Final = "using elliptic curves that are suspected as being backdoored"
WARNED: Final = {
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
}
"""Key exchanges that a quantum computer could break; mlkem768x25519, which it could not, is asked for first."""


async def audited(remote: Remote, pins: FakePins) -> dict[str, dict[str, list[str]]]:
    """Let ssh-audit play the server that our Dialer dials; return what it says of each algorithm."""
    process = await asyncio.create_subprocess_exec(
        *AUDIT, "--debug", "--port", str(remote.port), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if LISTENS in line:
            break
    with pytest.raises(RemoteError):
        await Dialer(pins=pins, windows=Windows()).dial(Way(remote, login()), None)
    said, _ = await process.communicate()
    report = json.loads(said.splitlines()[-1])
    return {
        entry["algorithm"]: entry["notes"]
        for part in ("kex", "key", "enc", "mac")
        for entry in report[part]
    }


@pytest.fixture
def config(keys: Keys) -> Remote:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return Remote(LAB, "127.0.0.1", port, credential=KeyFile(keys.path("member")))


def knowing(config: Remote, folder: Path, key: asyncssh.SSHKey, marker: str = "") -> Remote:
    line = f"{marker} [127.0.0.1]:{config.port} {key.export_public_key().decode()}"
    (folder / "known_hosts").write_text(line.lstrip())
    return replace(config, known_hosts=str(folder / "known_hosts"))


def situation(name: str, config: Remote, folder: Path, keys: Keys) -> tuple[Remote, FakePins]:
    """Return a remote whose host key is known in the way of that name."""
    pin = keys.host.get_fingerprint()
    accepting = replace(config, host_key_policy=HostKeyPolicy.ACCEPT_NEW)
    plain = {
        "host_key": (replace(config, host_key=pin), FakePins()),
        "first sight": (accepting, FakePins()),
        "pinned": (accepting, FakePins(lab=pin)),
        "nothing": (config, FakePins()),
    }
    if name in plain:
        return plain[name]
    known = keys.host if name == "authority" else asyncssh.generate_private_key(name)
    marker = "@cert-authority" if name == "authority" else ""
    return knowing(config, folder, known, marker), FakePins()


@pytest.mark.parametrize(
    "name",
    ["host_key", "first sight", "pinned", "nothing", "authority", "ssh-ed25519", "ssh-rsa"],
)
async def test_f3_nothing_fails(name: str, config: Remote, tmp_path: Path, keys: Keys) -> None:
    """Threat F3: whatever we know of the host key, ssh-audit has nothing against what we ask for."""
    found = await audited(*situation(name, config, tmp_path, keys))

    assert {algorithm for algorithm, notes in found.items() if "fail" in notes} == set()
    assert {algorithm for algorithm, notes in found.items() if "warn" in notes} == WARNED
    assert "kex-strict-c-v00@openssh.com" in found
    assert next(iter(found)) == "mlkem768x25519-sha256"


async def test_a_key_on_a_nist_curve_is_asked_for_where_it_is_the_one_known(
    config: Remote, tmp_path: Path, keys: Keys
) -> None:
    """That one kind is what ssh-audit fails then, and all that it does."""
    kind = "ecdsa-sha2-nistp256"

    found = await audited(*situation(kind, config, tmp_path, keys))

    failing = {algorithm: notes["fail"] for algorithm, notes in found.items() if "fail" in notes}
    assert list(failing) == [kind]
    assert failing[kind][0].startswith(NIST_KEY)
    assert "kex-strict-c-v00@openssh.com" in found
