"""gateway.core.least_privilege: what a remote must allow, in lines for its files."""

from dataclasses import replace

import pytest

from gateway.core.inventory import (
    Address,
    Inventory,
    Notebook,
    PublicUrl,
    Remote,
    Server,
    TokenSource,
)
from gateway.core.least_privilege import (
    Needs,
    authorized_key,
    explained,
    needs_of,
    sshd_block,
    way_of,
)
from gateway.core.names import LoginName, NotebookName, RemoteName, TunnelId

HOSTS = ("127.0.0.1", "localhost")
KEY = "ssh-ed25519 AAAA gateway"
LAB, FARM, BASTION = RemoteName("lab"), RemoteName("farm"), RemoteName("bastion")
ALICE = TunnelId(LAB, LoginName("alice"))
JUMP = TunnelId(BASTION, LoginName("hop"))


def notebook(name: str, **changes: object) -> Notebook:
    given = {"remote": LAB, "login": LoginName(name), "port": 7001}
    return Notebook(NotebookName(name), **{**given, **changes})  # type: ignore[arg-type]  # a test's shorthand


def inventory(*notebooks: Notebook) -> Inventory:
    return Inventory(
        Server(Address("127.0.0.1", 0), PublicUrl("http", "localhost", 8000)),
        remotes={
            LAB: Remote(LAB, "lab.example.org", jump=BASTION, login=LoginName("alice")),
            FARM: Remote(FARM, "2001:db8::7", 2222, jump=LAB, login=LoginName("alice")),
            BASTION: Remote(BASTION, "bastion.example.org", login=LoginName("hop")),
        },
        notebooks={each.name: each for each in notebooks},
    )


def needs(tunnel: TunnelId, *notebooks: Notebook) -> Needs:
    return needs_of(inventory(*notebooks), tunnel, HOSTS)


PORT = needs(ALICE, notebook("alice"))
NO_TOKEN = needs(ALICE, notebook("alice", token=TokenSource.NONE))
SOCKET = needs(ALICE, notebook("alice", port=None, socket="/run/a.sock", token=TokenSource.FILE))


@pytest.mark.parametrize(
    ("allowed", "line"),
    [
        (
            PORT,
            (
                'restrict,port-forwarding,permitopen="127.0.0.1:7001",permitopen="localhost:7001",'
                'permitlisten="127.0.0.1:1",command="internal-sftp -R" '
            ),
        ),
        (
            NO_TOKEN,
            (
                'restrict,port-forwarding,permitopen="127.0.0.1:7001",permitopen="localhost:7001",'
                'permitlisten="127.0.0.1:1",command="/usr/sbin/nologin" '
            ),
        ),
        (
            SOCKET,
            'restrict,port-forwarding,permitlisten="127.0.0.1:1",command="/usr/sbin/nologin" ',
        ),
        (
            needs(JUMP, notebook("alice")),
            (
                'restrict,port-forwarding,permitopen="lab.example.org:22",'
                'permitlisten="127.0.0.1:1",command="/usr/sbin/nologin" '
            ),
        ),
    ],
)
def test_the_line_for_authorized_keys(allowed: Needs, line: str) -> None:
    """A port, no token, a socket, a jump."""
    assert authorized_key(allowed, KEY) == line + KEY


def test_a_certificate_is_allowed_by_its_authority() -> None:
    """And from where it may be used."""
    line = authorized_key(PORT, KEY, authority=True, source="192.0.2.7")

    assert line.startswith("cert-authority,restrict,")
    assert line.endswith(f',from="192.0.2.7" {KEY}')


@pytest.mark.parametrize(
    ("allowed", "differing"),
    [
        (
            PORT,
            [
                "PermitOpen 127.0.0.1:7001 localhost:7001",
                "AllowStreamLocalForwarding no",
                "ForceCommand internal-sftp -R",
            ],
        ),
        (
            NO_TOKEN,
            [
                "PermitOpen 127.0.0.1:7001 localhost:7001",
                "AllowStreamLocalForwarding no",
                "MaxSessions 0",
            ],
        ),
        (SOCKET, ["PermitOpen any", "AllowStreamLocalForwarding local", "MaxSessions 0"]),
    ],
)
def test_the_block_for_sshd_config(allowed: Needs, differing: list[str]) -> None:
    """The same for the account, whatever the key."""
    first, *lines = sshd_block(allowed).split("\n    ")

    assert first == "Match User alice"
    assert "PermitListen none" in lines
    assert [line for line in lines if line in differing] == differing
    assert sshd_block(allowed, source="192.0.2.7").startswith(
        "Match User alice Address 192.0.2.7\n"
    )


def test_all_that_one_key_is_used_for_is_allowed() -> None:
    """Notebooks that share a login share its line, and so do the remotes behind it; IPv6 is bracketed."""
    notebooks = (
        notebook("alice", token=TokenSource.NONE),
        notebook("bob", login=LoginName("alice"), port=7002, token=TokenSource.AUTO),
        notebook("carol", remote=FARM, port=7003),
        notebook("dora", port=7004),
    )

    found = needs(ALICE, *notebooks)

    assert found.notebooks == ("alice", "bob")
    assert found.remotes == (FARM,)
    assert found.opens == (
        "127.0.0.1:7001",
        "localhost:7001",
        "127.0.0.1:7002",
        "localhost:7002",
        "[2001:db8::7]:2222",
    )
    assert len(found.reads) == 1


@pytest.mark.parametrize(
    ("token", "listener", "reads"),
    [
        (TokenSource.AUTO, None, 1),
        (TokenSource.AUTO, "alice", 2),
        (TokenSource.FILE, "1000", 1),
        (TokenSource.FILE, None, 0),
        (TokenSource.NONE, "any", 0),
    ],
)
def test_what_files_are_read_for(token: TokenSource, listener: str | None, reads: int) -> None:
    """A token that is to be found, and a listener that must be seen."""
    found = needs(ALICE, notebook("alice", token=token, listener=listener))

    assert len(found.reads) == reads
    assert ("internal-sftp" in authorized_key(found, KEY)) is (reads > 0)


def test_the_way_to_a_notebook() -> None:
    """Its own tunnel first, then those that lead there."""
    carol = notebook("carol", remote=FARM)

    assert list(way_of(inventory(carol), carol)) == [
        (TunnelId(FARM, LoginName("carol")), None),
        (ALICE, FARM),
        (JUMP, LAB),
    ]


def test_what_is_said_of_it() -> None:
    """What is open and why; and what can't be closed, where that is so."""
    assert any("token: auto" in words for words in explained(PORT))
    assert any("may read no files" in words for words in explained(NO_TOKEN))
    assert not any("Unix socket" in words for words in explained(PORT))
    assert any("/run/a.sock" in words for words in explained(SOCKET))
    shared = replace(PORT, notebooks=(NotebookName("alice"), NotebookName("bob")))
    assert any("notebook bob" in words for words in explained(shared))
