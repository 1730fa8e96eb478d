"""gateway.wiring.followed_files: a changed file is told, also after a change of configuration."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.core.names import RemoteName
from gateway.wiring.followed_files import (
    FollowedFiles,
    credential_files,
    known_hosts_files,
)
from gateway.wiring.wanted import Wanted

pytestmark = pytest.mark.anyio

LAB = RemoteName("lab")


def configure(file: Path, known_hosts: str) -> None:
    file.write_text(f"""
version: 1
server: {{listen: "127.0.0.1:8000", public_url: "http://localhost:8000"}}
remotes:
  lab: {{host: lab, login: x, agent: true, known_hosts: {known_hosts}}}
  farm: {{host: farm, login: x, agent: true, host_key_policy: accept-new}}
""")


def replace(file: Path, text: str) -> None:
    """As Kubernetes and careful editors do."""
    beside = file.with_suffix(".new")
    beside.write_text(text)
    beside.replace(file)


@asynccontextmanager
async def told_of(wanted: Wanted) -> AsyncIterator[asyncio.Queue[set[RemoteName]]]:
    told: asyncio.Queue[set[RemoteName]] = asyncio.Queue()
    watch = FollowedFiles(
        wanted,
        known_hosts_files,
        lambda remotes: told.put_nowait(set(remotes)),
        name="known_hosts files",
    )
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch.run())
        yield told
        watching.cancel()


async def until_told(told: asyncio.Queue[set[RemoteName]], file: Path) -> set[RemoteName]:
    """Change ``file`` until that is noticed: a watch stands some moment after it was asked for."""
    for attempt in range(100):
        replace(file, f"# {attempt}\n")
        try:
            async with asyncio.timeout(1):
                return await told.get()
        except TimeoutError:
            continue
    raise AssertionError


async def test_changed_files_are_told(tmp_path: Path) -> None:
    """Those that the configuration names now; a remote that has no such file has no news."""
    first, second, file = tmp_path / "a" / "kh", tmp_path / "b" / "kh", tmp_path / "gateway.yaml"
    for known_hosts in (first, second):
        known_hosts.parent.mkdir()
        known_hosts.write_text("")
    configure(file, "a/kh")
    wanted = Wanted(file, {})
    async with told_of(wanted) as told:
        assert await until_told(told, first) == {LAB}

        configure(file, "b/kh")
        wanted.reload()

        assert await until_told(told, second) == {LAB}


async def test_a_file_that_is_made_later_is_told(tmp_path: Path) -> None:
    """A key that was missing is a credential like any other."""
    known_hosts, file = tmp_path / "kh", tmp_path / "gateway.yaml"
    known_hosts.write_text("")
    configure(file, "kh")
    wanted = Wanted(file, {})
    known_hosts.unlink()
    async with told_of(wanted) as told:
        assert await until_told(told, known_hosts) == {LAB}


async def test_no_file_to_watch(tmp_path: Path) -> None:
    """It waits for a configuration that names one, also where the file went away meanwhile."""
    known_hosts, file = tmp_path / "folder" / "kh", tmp_path / "gateway.yaml"
    known_hosts.parent.mkdir()
    known_hosts.write_text("")
    configure(file, "folder/kh")
    wanted = Wanted(file, {})
    known_hosts.unlink()
    async with told_of(wanted) as told:
        await asyncio.sleep(0)
        known_hosts.write_text("")
        file.write_text(file.read_text().replace("login: x", "login: y"))
        wanted.reload()

        assert await until_told(told, known_hosts) == {LAB}


def test_whatever_a_login_proves_itself_with_is_followed(tmp_path: Path) -> None:
    """Keys, what opens them, certificates, tickets and keytabs, of the remote and of single logins; no agent."""
    file = tmp_path / "gateway.yaml"
    file.write_text("""
version: 1
server: {listen: "127.0.0.1:8000", public_url: "http://localhost:8000"}
remotes:
  lab:
    host: lab
    host_key_policy: accept-new
    login: x
    identity: key
    passphrase_file: pass
    logins:
      y: {identity: other, certificate: other-cert.pub}
      z: {gssapi: {keytab: keys.tab}}
  farm: {host: farm, login: x, agent: true, host_key_policy: accept-new}
""")
    for name in ("key", "pass", "other", "other-cert.pub", "keys.tab"):
        (tmp_path / name).touch(0o600)

    followed = sorted(credential_files(Wanted(file, {}).inventory))

    names = sorted(["key", "pass", "other", "other-cert.pub", "keys.tab"])
    assert followed == [(LAB, str(tmp_path / name)) for name in names]
