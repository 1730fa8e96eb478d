"""Certificates that end: against OpenSSH's own ssh-keygen, sshd and agent."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.core.inventory import Remote
from gateway.core.ssh_credential import AgentKeys, KeyFile
from gateway.core.status import CredentialStatus, NotebookState
from gateway.errors import Reason
from gateway.tunnels.tunnels import Tunnels
from tests.tunnels.fakes import ALICE, FakeTime, Keys, inventory
from tests.tunnels.notebooks import FakeNotebook
from tests.tunnels.openssh import Sshd, keygen, login, sshd
from tests.tunnels.running import running, until, until_state
from tests.tunnels.test_openssh import answered, mine, reached, refused, ssh_add, ssh_agent, trust

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]

REAL = {"clock": time.time}
"""ssh-keygen's certificates are of the present."""


@dataclass
class Certified:
    """A key, and the authority that certifies it."""

    folder: Path
    server: Sshd

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def certificate(self) -> Path:
        return self.folder / "key-cert.pub"

    def certify(self, validity: str, principal: str | None = None) -> None:
        """Make the certificate anew, in the same place."""
        who = login() if principal is None else principal
        self.certificate.unlink(missing_ok=True)
        names = ["-I", "lab-cert", "-n", who, "-V", validity]
        keygen("-s", self.folder / "ca", *names, f"{self.key}.pub")

    @property
    def remote(self) -> Remote:
        return self.server.config(
            credential=KeyFile(str(self.key), certificate=str(self.certificate))
        )


@pytest.fixture
async def certified(keys: Keys, tmp_path: Path) -> AsyncIterator[Certified]:
    async with sshd(tmp_path / "sshd", keys) as server:
        for name in ("ca", "key"):
            keygen("-t", "ed25519", "-N", "", "-f", tmp_path / name)
        trust(server, tmp_path / "ca")
        yield Certified(tmp_path, server)


def tried(server: Sshd) -> bool:
    """Say whether anybody came as far as sshd."""
    return (server.folder / "log").exists()


async def test_expired(certified: Certified) -> None:
    """It is said so before the log-in is tried; the remote's ban is for others."""
    certified.certify("-2h:-1h")

    error = await refused(mine(1), certified.remote, **REAL)

    assert error.reason is Reason.CREDENTIAL_EXPIRED
    assert f"{certified.certificate} ended 60 min ago" in error.detail
    assert not tried(certified.server)


async def test_not_yet_valid(certified: Certified) -> None:
    certified.certify("+1h:+2h")

    error = await refused(mine(1), certified.remote, **REAL)

    assert error.reason is Reason.IDENTITY_UNUSABLE
    assert "not valid yet" in error.detail
    assert not tried(certified.server)


async def test_wrong_principal(certified: Certified) -> None:
    """Only sshd can tell: it may map principals to logins."""
    certified.certify("+1h", "somebody-else")

    error = await refused(mine(1), certified.remote, **REAL)

    assert error.reason is Reason.LOGIN_REFUSED
    assert f"ssh-keygen -L -f {certified.certificate}" in error.detail


async def test_a_renewed_file_is_followed(certified: Certified, notebook: FakeNotebook) -> None:
    """The shown end follows the file with no new dial, and with no restart."""
    certified.certify("+1h")
    time_ = FakeTime()
    time_.now = time.time()
    wanted = inventory(mine(notebook.port), remotes=(certified.remote,))
    async with running(wanted, **time_.injected) as tunnels:
        await tunnels.upstream(ALICE, within_seconds=10)
        await until(tunnels, lambda: shown(tunnels) is not None)
        first = shown(tunnels)
        certified.certify("+10h")
        time_.pass_by(await time_.asleep(at_least=30))

        await until(tunnels, lambda: shown(tunnels) != first)

        await answered(tunnels)
        second = shown(tunnels)
    assert first is not None
    assert second is not None
    assert (first.kind, first.name) == ("certificate", "lab-cert")
    assert (second.expires_at or 0) - (first.expires_at or 0) == pytest.approx(9 * 3600, abs=5)


async def test_an_expired_one_that_is_renewed(certified: Certified, notebook: FakeNotebook) -> None:
    """The next look of a parked tunnel finds the new one."""
    certified.certify("-2h:-1h")
    time_ = FakeTime()
    time_.now = time.time()
    wanted = inventory(mine(notebook.port), remotes=(certified.remote,))
    async with running(wanted, **time_.injected) as tunnels:
        await until(
            tunnels, lambda: tunnels.tunnel_statuses()[0].reason is Reason.CREDENTIAL_EXPIRED
        )
        certified.certify("+1h")
        time_.pass_by(await time_.asleep(at_least=61))

        await until_state(tunnels, NotebookState.READY)


async def test_a_certificate_of_an_agent(
    certified: Certified, notebook: FakeNotebook, tmp_path: Path
) -> None:
    """As a corporate CA puts it there for a few hours."""
    certified.certify("+1h")
    async with ssh_agent(tmp_path) as agent:
        ssh_add(agent, str(certified.key))
        remote = certified.server.config(credential=AgentKeys(str(agent)))
        await reached(mine(notebook.port), remote)

    certified.certify("-2h:-1h")
    (tmp_path / "second").mkdir()
    async with ssh_agent(tmp_path / "second") as agent:
        ssh_add(agent, str(certified.key))
        remote = certified.server.config(credential=AgentKeys(str(agent)))
        error = await refused(mine(1), remote, **REAL)
    assert error.reason is Reason.CREDENTIAL_EXPIRED


def shown(tunnels: Tunnels) -> CredentialStatus | None:
    return tunnels.tunnel_statuses()[0].credential
