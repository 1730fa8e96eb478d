"""gateway.config.ssh_options: what an OpenSSH configuration says, and what of it is not honoured."""

from pathlib import Path

import pytest

from gateway.core.inventory import Remote
from gateway.core.names import RemoteName
from gateway.core.ssh_credential import AgentKeys, Credential, Kerberos, KeyFile
from tests.config.writing import Examined, examined

TEAM = """\
server: {public_url: http://localhost}
remotes:
  lab: {ssh_config: ssh_config%s}
  bastion: {host: b, login: hop, agent: true, host_key_policy: accept-new}
"""
HOST_KEY = ", host_key_policy: accept-new"


def found(directory: Path, options: str, more: str = "") -> Examined:
    (directory / "ssh_config").write_text(options)
    for name in ("key", "cert", "known"):
        (directory / name).touch(mode=0o600)
    return examined(directory, TEAM % more)


def lab(directory: Path, options: str, more: str = HOST_KEY) -> Remote:
    examination = found(directory, options, more)
    assert examination.inventory is not None, examination.problems
    return examination.inventory.remotes[RemoteName("lab")]


def notes(directory: Path, options: str, more: str = HOST_KEY) -> list[str]:
    """Return what ``gateway check`` warns of in the file."""
    warnings = found(directory, options, more).warnings
    file = f"{directory}/ssh_config:"
    return [warning.removeprefix(file) for warning in warnings if warning.startswith(file)]


def test_all_that_is_honoured(tmp_path: Path) -> None:
    """Whatever a team has for ssh works here too."""
    options = f"""\
Host lab
    HostName lab.example.org
    Port 2222
    User gateway
    IdentityFile {tmp_path}/key
    CertificateFile {tmp_path}/cert
    UserKnownHostsFile {tmp_path}/known
    HostKeyAlias lab-alias
    ProxyJump bastion
    ConnectTimeout 30
    ServerAliveInterval 15
"""
    remote = lab(tmp_path, options, more="")

    assert remote == Remote(
        RemoteName("lab"),
        "lab.example.org",
        2222,
        "gateway",
        credential=KeyFile(f"{tmp_path}/key", certificate=f"{tmp_path}/cert"),
        known_hosts=f"{tmp_path}/known",
        host_key_alias="lab-alias",
        jump=RemoteName("bastion"),
        connect_seconds=30.0,
        keepalive_seconds=15.0,
    )
    assert notes(tmp_path, options.replace("Certificate", "#"), more="") == []


@pytest.mark.parametrize(
    ("options", "credential"),
    [
        ("IdentityAgent /run/agent", AgentKeys("/run/agent")),
        ("IdentityAgent SSH_AUTH_SOCK", AgentKeys()),
        ("GSSAPIAuthentication yes", Kerberos()),
        ("GSSAPIAuthentication yes\nIdentityAgent /run/agent", Kerberos()),
        ("IdentityFile none\nIdentityAgent /run/agent", AgentKeys("/run/agent")),
    ],
)
def test_ways_in(tmp_path: Path, options: str, credential: Credential) -> None:
    assert lab(tmp_path, options).credential == credential


def test_gateway_yaml_wins(tmp_path: Path) -> None:
    """In each thing by itself; a credential is one thing, and so is the host key."""
    options = f"""\
HostName elsewhere
Port 2222
IdentityFile {tmp_path}/key
UserKnownHostsFile {tmp_path}/known
"""
    remote = lab(tmp_path, options, f", host: here, agent: true{HOST_KEY}")

    assert (remote.host, remote.port) == ("here", 2222)
    assert remote.credential == AgentKeys()
    assert remote.known_hosts is None


def test_a_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert lab(tmp_path, "IdentityFile ~/key").credential == KeyFile(f"{tmp_path}/key")


@pytest.mark.parametrize(
    ("option", "note"),
    [
        ("StrictHostKeyChecking no", "stricthostkeychecking is not honoured: the gateway has nothing like it, or decides itself"),
        ("LocalForward 6000 localhost:7000", "localforward is not honoured: the gateway has nothing like it, or decides itself"),
        ("ProxyCommand touch /tmp/owned", "proxycommand is not honoured: nothing in the file is ever run"),
        ("LocalCommand touch /tmp/owned", "localcommand is not honoured: nothing in the file is ever run"),
        ("KnownHostsCommand /bin/sh", "knownhostscommand is not honoured: nothing in the file is ever run"),
        ("Include ssh_config", "Include: other files are not read"),
        ("IdentityFile ~/.ssh/%h", "identityfile is not honoured: '~/.ssh/%h' holds a token or a variable, and none are expanded"),
        ("IdentityFile key2", "identityfile is not honoured: only the first one is used"),
        ("IdentityAgent $MY_AGENT", "identityagent is not honoured: '$MY_AGENT' holds a token or a variable, and none are expanded"),
        ("IdentityAgent /run/agent", "identityagent is not honoured: identity is the way in"),
        ("GSSAPIAuthentication yes", "gssapiauthentication is not honoured: identity is the way in"),
        ("ServerAliveInterval 0", "serveraliveinterval is not honoured: 0 is no number of seconds above 0"),
        ("HostName %h.example.org", "hostname is not honoured: '%h.example.org' holds a token or a variable, and none are expanded"),
        ("UserKnownHostsFile a b", "userknownhostsfile is not honoured: it names more than one file"),
    ],
)  # fmt: skip
def test_f4_what_is_not_honoured_is_told(tmp_path: Path, option: str, note: str) -> None:
    """Threat F4 among it: nothing is run, expanded or followed."""
    options = f"IdentityFile {tmp_path}/key\nHost lab\n  {option}\n"

    assert notes(tmp_path, options) == [f"3: remotes.lab: {note}"]


def test_a_match_that_asks_for_more_is_skipped(tmp_path: Path) -> None:
    options = f'IdentityFile {tmp_path}/key\nMatch exec "touch {tmp_path}/owned"\n  Port 2222\n'

    (note,) = notes(tmp_path, options)

    assert note.startswith("2: remotes.lab: Match exec")
    assert "nothing is run; its block is skipped" in note
    assert lab(tmp_path, options).port == 22
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("value", ["none", "no"])
def test_what_is_off_is_not_worth_a_word(tmp_path: Path, value: str) -> None:
    assert notes(tmp_path, f"IdentityFile {tmp_path}/key\nProxyCommand {value}") == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("Port 99999", "ssh_config:1: remotes.lab.port: 99999 is too large: at most 65535"),
        ("User -x", "ssh_config:1: remotes.lab.login: '-x' is no login: letters, digits and _ . @ -, no dash in front"),
        ("IdentityFile gone", "ssh_config:1: remotes.lab.identity: there is no file gone"),
        ("ProxyJump me@gw.example.org", "ssh_config:1: remotes.lab: ProxyJump me@gw.example.org is no remote here; declare it, and set jump"),
        ("Port 22\n???", "ssh_config: line 2 is no option: '???'"),
    ],
)  # fmt: skip
def test_problems_name_the_line_of_the_file(tmp_path: Path, options: str, problem: str) -> None:
    more = HOST_KEY if "Identity" in options else f", agent: true{HOST_KEY}"

    problems = [
        each.replace(f"{tmp_path}/", "") for each in found(tmp_path, options, more).problems
    ]

    assert problem in problems


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    examination = examined(
        tmp_path, TEAM.replace("%s", ", agent: true, host_key_policy: accept-new")
    )

    assert [problem.replace(f"{tmp_path}/", "") for problem in examination.problems] == [
        "gateway.yaml:3: remotes.lab.ssh_config: there is no file ssh_config"
    ]
