"""gateway remotes: what an administrator sees of host keys, and what is asked before one is trusted."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from gateway.core.names import RemoteName
from gateway.store.store import open_store
from tests.cli.conftest import Run
from tests.tunnels.fakes import Keys
from tests.tunnels.remotes import FakeRemote


@dataclass
class Site:
    """A remote that runs, and a configuration of which it is the lab."""

    remote: FakeRemote
    keys: Keys
    folder: Path
    portal: BlockingPortal

    @property
    def shown(self) -> str:
        """The fingerprint that the remote shows."""
        return self.keys.host.get_fingerprint()

    @property
    def old(self) -> str:
        """Another one."""
        return self.keys.other_host.get_fingerprint()

    def config(self, known: str) -> Path:
        """Write a configuration in which the lab's host key is known in this way."""
        file = self.folder / "gateway.yaml"
        file.write_text(
            f"""\
server: {{public_url: http://localhost:8000, listen: 127.0.0.1:8000}}
store: sqlite:///{self.folder}/gateway.db
remotes:
  lab:
    {{host: 127.0.0.1, port: {self.remote.port}, login: alice, identity: {self.keys.path("member")},
     {known}}}
  bastion: {{host: bastion.example.org, login: hop, agent: true, known_hosts: known_hosts}}
  farm: {{host: farm, login: alice, gssapi: true, jump: bastion, known_hosts: known_hosts}}
notebooks:
  alice: {{remote: lab, port: 7001}}
  bob: {{remote: lab, port: 7002, login: bob, token: none}}
  carol: {{remote: farm, socket: /run/carol.sock, token: none}}
members: {{alice: {{}}, bob: {{}}, carol: {{}}}}
"""
        )
        return file

    def pinned(self) -> str | None:
        """Return what the store has pinned."""

        async def asking() -> str | None:
            async with open_store(f"sqlite:///{self.folder}/gateway.db") as store:
                return store.pinned(RemoteName("lab"))

        return asyncio.run(asking())

    def pin(self, fingerprint: str) -> None:
        async def pinning() -> None:
            async with open_store(f"sqlite:///{self.folder}/gateway.db") as store:
                await store.pin(RemoteName("lab"), fingerprint)

        asyncio.run(pinning())

    def line(self, key: str) -> str:
        kind, blob, *_ = Path(f"{self.keys.path(key)}.pub").read_text().split()
        return f"[127.0.0.1]:{self.remote.port} {kind} {blob}"


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.made_in(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def site(keys: Keys, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "known_hosts").write_text("")
    with start_blocking_portal() as portal:
        remote = FakeRemote(keys)
        with portal.wrap_async_context_manager(remote):
            yield Site(remote, keys, tmp_path, portal)


ACCEPT_NEW = "host_key_policy: accept-new"
KNOWN_HOSTS = "known_hosts: known_hosts"


def test_ls_says_how_each_is_known(run: Run, site: Site) -> None:
    config = site.config(f"host_key: '{site.old}'")

    rows = json.loads(run("remotes", "ls", "-o", "json", "--config", config).stdout)

    assert rows[0] == {
        "remote": "lab",
        "host": f"127.0.0.1:{site.remote.port}",
        "jump": None,
        "logins": ["alice", "bob"],
        "known_from": "host_key in the configuration",
        "host_key": [site.old],
    }
    assert (rows[2]["jump"], rows[2]["logins"], rows[2]["host_key"]) == ("bastion", ["alice"], [])


def test_hostkey_that_is_known(run: Run, site: Site) -> None:
    """Ready to paste: the line for known_hosts, and the value for host_key."""
    result = run("remotes", "hostkey", "lab", "--config", site.config(f"host_key: '{site.shown}'"))

    assert result.exit_code == 0
    assert "shows the host key that we know (host_key in the configuration)" in result.stderr
    assert site.line("host") in result.stdout.splitlines()
    assert f"host_key: {site.shown}" in result.stdout.splitlines()
    assert site.remote.connections == []


def test_hostkey_that_has_changed(run: Run, site: Site) -> None:
    config = site.config(f"host_key: '{site.old}'")

    result = run("remotes", "hostkey", "lab", "-o", "json", "--config", config)

    assert result.exit_code == 1
    (row,) = json.loads(result.stdout)
    assert (row["fingerprint"], row["known"]) == (site.shown, False)
    assert "shows another host key than the one we know" in result.stderr


def test_hostkey_of_a_remote_that_is_away(run: Run, site: Site) -> None:
    site.portal.call(site.remote.stop)

    result = run("remotes", "hostkey", "lab", "--config", site.config(ACCEPT_NEW))

    assert result.exit_code == 7
    assert f"lab (127.0.0.1 port {site.remote.port})" in result.stderr


def test_remotes_and_notebooks_that_are_not_there(run: Run, site: Site) -> None:
    config = site.config(ACCEPT_NEW)

    for arguments in (
        ("hostkey", "lap"),
        ("trust", "lap", "--yes"),
        ("key", "lap", "--for", "alice"),
        ("key", "lab", "--for", "alise"),
    ):
        result = run("remotes", *arguments, "--config", config)
        assert result.exit_code == 6
        assert "did you mean" in result.stderr


def test_trust_asks_nobody_where_there_is_no_terminal(run: Run, site: Site) -> None:
    site.pin(site.old)

    result = run("remotes", "trust", "lab", "--config", site.config(ACCEPT_NEW), stdin="y\n")

    assert result.exit_code == 2
    assert "--fingerprint" in result.stderr
    assert site.pinned() == site.old


@pytest.mark.parametrize("how", ["--yes", "--fingerprint"])
def test_trust_replaces_a_pin(run: Run, site: Site, how: str) -> None:
    """What was known and what is shown are said; afterwards there is nothing to do."""
    site.pin(site.old)
    config = site.config(ACCEPT_NEW)
    arguments = ["--yes"] if how == "--yes" else ["--fingerprint", site.shown]

    result = run("remotes", "trust", "lab", *arguments, "--config", config)

    assert result.exit_code == 0
    assert site.old in result.stderr
    assert site.shown in result.stderr
    assert site.pinned() == site.shown
    assert "nothing to do" in run("remotes", "trust", "lab", "--yes", "--config", config).stderr


def test_trust_takes_no_other_fingerprint(run: Run, site: Site) -> None:
    """Whoever was told one over the telephone is not fobbed off with another."""
    site.pin(site.old)
    told = ("--fingerprint", "SHA256:told-over-the-telephone")

    result = run("remotes", "trust", "lab", *told, "--config", site.config(ACCEPT_NEW))

    assert result.exit_code == 1
    assert f"does not show {told[1]}, but {site.shown}" in result.stderr
    assert site.pinned() == site.old


def test_trust_replaces_a_line_in_known_hosts(run: Run, site: Site) -> None:
    """That of this host; the others stay."""
    file = site.folder / "known_hosts"
    file.write_text(f"# ours\nother ssh-rsa AAAA\n{site.line('other_host')} old comment\n")

    result = run("remotes", "trust", "lab", "--yes", "--config", site.config(KNOWN_HOSTS))

    assert result.exit_code == 0, result.stderr
    assert file.read_text() == f"# ours\nother ssh-rsa AAAA\n{site.line('host')} old comment\n"


def test_trust_leaves_to_people_what_it_can_not_change(run: Run, site: Site) -> None:
    """A pattern, a certificate authority, a revoked key, the configuration: it says what to put where."""
    file = site.folder / "known_hosts"
    pattern = site.line("other_host").replace("127.0.0.1", "127.0.0.*")
    for text, said in [
        (pattern, "line 1 vouches for"),
        (f"@cert-authority {site.line('other_host')}", "is known by its certificate"),
        (f"@revoked {site.line('host')}", "is revoked in"),
    ]:
        file.write_text(f"{text}\n")
        result = run("remotes", "trust", "lab", "--yes", "--config", site.config(KNOWN_HOSTS))

        assert result.exit_code == 1
        assert said in result.stderr
        assert file.read_text() == f"{text}\n"

    config = site.config(f"host_key: '{site.old}'")
    result = run("remotes", "trust", "lab", "--yes", "--config", config)
    assert result.exit_code == 1
    assert result.stdout == f"host_key: {site.shown}\n"
    assert f"{config}:6" in result.stderr


def test_key_prints_the_line_for_a_notebook(run: Run, site: Site) -> None:
    """The line alone on stdout; what it allows, and why, beside it."""
    config = site.config(ACCEPT_NEW)

    alices = run("remotes", "key", "lab", "--for", "alice", "--config", config)
    bobs = run("remotes", "key", "lab", "--for", "bob", "--config", config)

    public = " ".join(Path(f"{site.keys.path('member')}.pub").read_text().split()[:2])
    assert alices.stdout == (
        'restrict,port-forwarding,permitopen="127.0.0.1:7001",permitopen="localhost:7001",'
        f'permitlisten="127.0.0.1:1",command="internal-sftp -R" {public} gateway\n'
    )
    assert "token: auto" in alices.stderr
    assert 'command="/usr/sbin/nologin"' in bobs.stdout
    assert "may read no files" in bobs.stderr


def test_key_prints_a_block_for_sshd(run: Run, site: Site) -> None:
    """Kerberos has no key, so it needs the block; one for everybody's log-ins is warned of."""
    config = site.config(ACCEPT_NEW)
    arguments = ("remotes", "key", "farm", "--for", "carol", "--config", config)

    result = run(*arguments, "--sshd-config")
    assert result.stdout.startswith("Match User alice\n    AllowTcpForwarding local\n")
    assert "AllowStreamLocalForwarding local" in result.stdout
    assert "its owner's too" in result.stderr

    result = run(*arguments, "--sshd-config", "--from", "192.0.2.7")
    assert result.stdout.startswith("Match User alice Address 192.0.2.7\n")
    assert "its owner's too" not in result.stderr


def test_key_says_where_it_does_not_lead(run: Run, site: Site) -> None:
    config = site.config(ACCEPT_NEW)

    result = run("remotes", "key", "lab", "--for", "carol", "--config", config)
    assert result.exit_code == 2
    assert "does not lead through lab, but farm and bastion" in result.stderr

    result = run("remotes", "key", "bastion", "--for", "carol", "--sshd-config", "--config", config)
    assert "PermitOpen farm:22\n" in result.stdout
