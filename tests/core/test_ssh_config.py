"""gateway.core.ssh_config: which options apply to a host; judged by ssh -G where there is one."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.core.ssh_config import applied, read

FILE = """\
# a comment
Port 1
Host lab
    HostName=lab.example.org
    User "gate way"   # not the comment's
    Port 2
Host lab* !lab2
    IdentityFile = ~/one
    IdentityFile ~/two
Match host *.example.org
    ServerAliveInterval 7
Match originalhost other,la?
    ConnectTimeout 9
Match all
    Compression yes
Host other
    ProxyCommand touch /tmp/owned
"""


def values(text: str, host: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for option in applied(read(text), host).options:
        found.setdefault(option.name, []).append(" ".join(option.words))
    return found


def test_what_applies_to_a_host() -> None:
    assert values(FILE, "lab") == {
        "port": ["1", "2"],
        "hostname": ["lab.example.org"],
        "user": ["gate way"],
        "identityfile": ["~/one", "~/two"],
        "serveraliveinterval": ["7"],
        "connecttimeout": ["9"],
        "compression": ["yes"],
    }
    assert values(FILE, "lab2") == {"port": ["1"], "compression": ["yes"]}
    assert "proxycommand" in values(FILE, "other")


def test_lines_are_kept() -> None:
    lines = {option.name: option.line for option in applied(read(FILE), "lab").options}

    assert (lines["hostname"], lines["compression"]) == (4, 15)


@pytest.mark.parametrize(
    "line", ["Match exec true", "Match user alice", "Match host", "Match canonical"]
)
def test_a_match_on_more_than_the_name_is_skipped(line: str) -> None:
    found = applied(read(f"{line}\n  Port 2\nHost *\n  User x\n"), "lab")

    assert [option.name for option in found.options] == ["user"]
    assert [number for number, _ in found.skipped] == [1]


def test_an_include_is_told_where_it_applies() -> None:
    text = "Host other\n  Include a\nHost lab\n  Include b\n"

    assert applied(read(text), "lab").skipped == ((4, "Include: other files are not read"),)


@pytest.mark.parametrize("line", ["???", '"Port" 22', 'User "alice'])
def test_what_is_no_option_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no option"):
        list(read(f"Port 22\n{line}\n"))


@pytest.mark.openssh
@pytest.mark.parametrize("host", ["lab", "lab2", "labor", "other"])
def test_openssh_reads_it_so_too(tmp_path: Path, host: str) -> None:
    """The first value counts; patterns, negations and Match mean what they mean there."""
    program = shutil.which("ssh")
    assert program is not None
    config = tmp_path / "config"
    config.write_text(FILE.replace('"gate way"', "gateway"))

    printed = subprocess.run(
        [program, "-G", "-F", config, host], check=True, capture_output=True, text=True
    ).stdout
    theirs = dict(line.split(" ", 1) for line in reversed(printed.splitlines()))

    ours = values(config.read_text(), host)
    for name in ("port", "hostname", "user", "serveraliveinterval", "connecttimeout"):
        if name in ours:
            assert ours[name][0] == theirs[name]
    assert ("connecttimeout" in ours) == (theirs["connecttimeout"] == "9")
    assert ("hostname" in ours) == (theirs["hostname"] == "lab.example.org")
