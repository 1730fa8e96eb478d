"""Host keys and host certificates of OpenSSH's own sshd, known as ssh-keygen writes them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from gateway.core.inventory import Remote
from gateway.errors import HostKeyChanged, Reason, RemoteError
from gateway.tunnels.dialing import Dialer, Way
from gateway.tunnels.windows import Windows
from tests.tunnels.fakes import FakePins, Keys
from tests.tunnels.openssh import Sshd, keygen, login, sshd

pytestmark = [pytest.mark.anyio, pytest.mark.openssh]

ALIAS = "lab.example.org"
AUTHORITY = "@cert-authority *.example.org"


async def dialed(remote: Remote) -> None:
    dialer = Dialer(pins=FakePins(), windows=Windows())
    async with await dialer.dial(Way(remote, login()), None):
        pass


async def refused(remote: Remote) -> RemoteError:
    with pytest.raises(RemoteError) as raised:
        await dialed(remote)
    return raised.value


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The key of a host certificate authority."""
    keygen("-t", "ed25519", "-N", "", "-f", tmp_path / "ca")
    return tmp_path / "ca"


def fingerprint(key: Path) -> str:
    return asyncssh.read_public_key(f"{key}.pub").get_fingerprint()


def public(key: Path | str) -> str:
    return Path(f"{key}.pub").read_text().strip()


def write(file: Path, *lines: str) -> str:
    file.write_text("".join(f"{line}\n" for line in lines))
    return str(file)


@asynccontextmanager
async def certified(
    tmp_path: Path, keys: Keys, authority: Path, *, name: str = ALIAS, valid: str = "+1h"
) -> AsyncIterator[Callable[..., Remote]]:
    """Serve with a certificate for ``name``; yield what makes a Remote of lines for known_hosts."""
    write(tmp_path / "host.pub", public(keys.path("host")))
    keygen("-s", authority, "-I", "lab", "-h", "-n", name, "-V", valid, tmp_path / "host.pub")
    option = f"HostCertificate {tmp_path / 'host-cert.pub'}"
    async with sshd(tmp_path / "sshd", keys, option) as server:

        def knowing(*lines: str, alias: str | None = ALIAS) -> Remote:
            known_hosts = write(tmp_path / "known_hosts", *lines)
            return server.config(host_key=None, known_hosts=known_hosts, host_key_alias=alias)

        yield knowing


async def test_certificate(tmp_path: Path, keys: Keys, authority: Path) -> None:
    """An authority vouches for all hosts to which it gives certificates."""
    async with certified(tmp_path, keys, authority) as knowing:
        await dialed(knowing(f"{AUTHORITY} {public(authority)}"))


async def test_certificate_for_the_host_as_it_is_dialed(
    tmp_path: Path, keys: Keys, authority: Path
) -> None:
    """Without an alias, the certificate must name the host."""
    async with certified(tmp_path, keys, authority, name="127.0.0.1") as knowing:
        await dialed(knowing(f"@cert-authority * {public(authority)}", alias=None))


@pytest.mark.parametrize(
    ("name", "valid", "said"),
    [
        ("other.example.org", "+1h", "principal mismatch"),
        (ALIAS, "20200101:20210101", "expired"),
        (ALIAS, "+1h:+2h", "not yet valid"),
    ],
)
async def test_certificate_that_does_not_count(
    tmp_path: Path, keys: Keys, authority: Path, name: str, valid: str, said: str
) -> None:
    """Of another host, of the past, of the future: said as what it is, and nobody is let through."""
    async with certified(tmp_path, keys, authority, name=name, valid=valid) as knowing:
        error = await refused(knowing(f"{AUTHORITY} {public(authority)}"))

    assert error.reason is Reason.HOST_KEY_UNKNOWN
    assert said in error.detail
    assert "host_key_alias" in error.detail


async def test_another_authority(tmp_path: Path, keys: Keys, authority: Path) -> None:
    """A certificate that somebody else has signed is a changed key; its authority is shown."""
    other = keys.path("other_host")
    async with certified(tmp_path, keys, authority) as knowing:
        error = await refused(knowing(f"{AUTHORITY} {public(other)}"))

    assert isinstance(error, HostKeyChanged)
    assert error.known == (f"signed by ssh-ed25519 {keys.other_host.get_fingerprint()}",)
    assert error.shown == (f"one signed by ssh-ed25519 {fingerprint(authority)}",)


async def test_a_known_key_counts_beside_an_unknown_authority(
    tmp_path: Path, keys: Keys, authority: Path
) -> None:
    """As with OpenSSH: the certificate is looked past, and the key in it is the one that we know."""
    other = f"{AUTHORITY} {public(keys.path('other_host'))}"
    async with certified(tmp_path, keys, authority) as knowing:
        await dialed(knowing(other, f"{ALIAS} {public(keys.path('host'))}"))


@pytest.mark.parametrize("revoked", ["authority", "key"])
async def test_revoked(tmp_path: Path, keys: Keys, authority: Path, revoked: str) -> None:
    """A revoked authority takes its certificates with it; a revoked key, its own."""
    key = public(authority if revoked == "authority" else keys.path("host"))
    async with certified(tmp_path, keys, authority) as knowing:
        error = await refused(knowing(f"{AUTHORITY} {public(authority)}", f"@revoked * {key}"))

    assert isinstance(error, HostKeyChanged)
    assert "is revoked" in error.detail


async def test_revoked_plain_key(tmp_path: Path, keys: Keys) -> None:
    """The line that revokes a key counts more than the one that vouches for it, under whichever name."""
    key = public(keys.path("host"))
    async with sshd(tmp_path / "sshd", keys) as server:
        for revoking, vouching in [
            ("127.0.0.1", f"[127.0.0.1]:{server.port}"),
            (f"[127.0.0.1]:{server.port}", "127.0.0.1"),
        ]:
            lines = f"{vouching} {key}", f"@revoked {revoking} {key}"
            known_hosts = write(tmp_path / "known_hosts", *lines)
            error = await refused(server.config(host_key=None, known_hosts=known_hosts))

            assert isinstance(error, HostKeyChanged)
            assert "is revoked" in error.detail


async def test_plain_key_where_a_certificate_was(
    tmp_path: Path, keys: Keys, authority: Path
) -> None:
    """Whoever can't show a certificate of our authority is somebody else; a key that is known by itself is not."""
    async with sshd(tmp_path / "sshd", keys) as server:

        def knowing(*lines: str) -> Remote:
            known_hosts = write(tmp_path / "known_hosts", *lines)
            return server.config(host_key=None, known_hosts=known_hosts, host_key_alias=ALIAS)

        trusting = f"{AUTHORITY} {public(authority)}"
        error = await refused(knowing(trusting))
        assert isinstance(error, HostKeyChanged)
        assert error.shown == (f"ssh-ed25519 {keys.host.get_fingerprint()}",)

        await dialed(knowing(trusting, f"{ALIAS} {public(keys.path('host'))}"))


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
async def test_a_key_of_another_kind_is_another_key(tmp_path: Path, keys: Keys, kind: str) -> None:
    """Fault 20: sshd has no key of the kind that we know, and hangs up without a word; it is told all the same."""
    keygen("-t", kind, "-N", "", "-f", tmp_path / kind)
    async with sshd(tmp_path / "sshd", keys) as server:
        only(server, tmp_path / kind)
        known_hosts = write(
            tmp_path / "known_hosts", f"[127.0.0.1]:{server.port} {public(keys.path('host'))}"
        )
        for config in (
            server.config(),
            server.config(host_key=None, known_hosts=known_hosts),
        ):
            error = await refused(config)

            assert isinstance(error, HostKeyChanged)
            assert error.shown[0].endswith(fingerprint(tmp_path / kind))


def only(server: Sshd, key: Path) -> None:
    """Give ``server`` this one host key."""
    config = server.folder / "sshd_config"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("HostKey ")]
    write(config, *lines, f"HostKey {key}")


async def test_hashed_names_with_a_port(tmp_path: Path, keys: Keys) -> None:
    """As ssh-keygen -H writes them; the others in the file are no hindrance."""
    async with sshd(tmp_path / "sshd", keys) as server:
        known_hosts = tmp_path / "known_hosts"
        write(
            known_hosts,
            f"other {public(keys.path('other_host'))}",
            f"[127.0.0.1]:{server.port} {public(keys.path('host'))}",
        )
        keygen("-H", "-f", known_hosts)

        await dialed(server.config(host_key=None, known_hosts=str(known_hosts)))
