"""gateway.config: what logins prove themselves with, as the file says it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.core.inventory import Remote
from gateway.core.names import LoginName, RemoteName
from gateway.core.ssh_credential import AgentKeys, Credential, Kerberos, KeyFile
from tests.config.writing import examined, problems

START = "server: {public_url: http://localhost}\n"
FILES = ("key", "cert", "phrase", "keytab", "ccache")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).touch(mode=0o600)
    return tmp_path


def lab(directory: Path, keys: str, environ: Mapping[str, str] | None = None) -> Remote:
    text = START + f"remotes: {{lab: {{host: a, host_key_policy: accept-new, {keys}}}}}\n"
    found = examined(directory, text, environ)
    assert found.inventory is not None, found.problems
    return found.inventory.remotes[RemoteName("lab")]


@pytest.mark.parametrize(
    ("keys", "credential"),
    [
        ("identity: key", KeyFile("key")),
        ("identity: key, passphrase_file: phrase, certificate: cert", KeyFile("key", "phrase", "cert")),
        ("agent: true", AgentKeys()),
        ("agent: /run/agent.sock", AgentKeys("/run/agent.sock")),
        ("gssapi: true", Kerberos()),
        ("gssapi: {ccache: ccache}", Kerberos(ccache="ccache")),
        ("gssapi: {ccache: gone}", Kerberos(ccache="gone")),
        ("gssapi: {keytab: keytab}", Kerberos(keytab="keytab")),
        ("gssapi: {keytab: keytab, principal: a@B}", Kerberos(None, "keytab", "a@B")),
        ("identity: key, agent: false, gssapi: false", KeyFile("key")),
    ],
)  # fmt: skip
def test_each_way_in(directory: Path, keys: str, credential: Credential) -> None:
    """On the remote, and for one login of it; files are found from the folder of gateway.yaml."""
    login = LoginName("data_team")

    assert beneath(directory, lab(directory, keys).credential) == credential
    remote = lab(directory, f"agent: true, logins: {{data_team: {{{keys}}}}}")
    assert beneath(directory, remote.credential_of(login)) == credential
    assert remote.credential_of(LoginName("other")) == AgentKeys()


def test_a_variable_overrides_a_logins_key(directory: Path) -> None:
    """A login's name may hold an underscore."""
    environ = {"GATEWAY_REMOTES__LAB__LOGINS__DATA_TEAM__GSSAPI__PRINCIPAL": "other@B"}
    keys = "agent: true, logins: {data_team: {gssapi: {keytab: keytab, principal: a@B}}}"

    remote = lab(directory, keys, environ)

    credential = beneath(directory, remote.credential_of(LoginName("data_team")))
    assert credential == Kerberos(None, "keytab", "other@B")


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("identity: key, gssapi: {keytab: keytab}", "remotes.lab has identity and gssapi; choose one"),
        ("gssapi: {keytab: keytab, ccache: ccache}", "remotes.lab.gssapi has ccache and keytab; choose one"),
        ("gssapi: {ccache: ccache, principal: a@B}", "remotes.lab.gssapi has principal, but no keytab it goes with"),
        ("gssapi: {keytabb: keytab}", "remotes.lab.gssapi.keytabb: no such key; did you mean keytab?"),
        ("gssapi: keytab", "remotes.lab.gssapi: must be true, false, {ccache: FILE} or {keytab: FILE, principal: NAME}"),
        ("gssapi: {keytab: gone}", "remotes.lab.gssapi.keytab: there is no file gone"),
        ("gssapi: {ccache: 'KCM:1000'}", "remotes.lab.gssapi.ccache: 'KCM:1000' must be the path of a file; caches of other types can't be used"),
        ("agent: true, logins: {al: {}}", "remotes.lab.logins.al has no way to log in; set identity, agent or gssapi"),
        ("agent: true, logins: {al: {agent: true, gssapi: true}}", "remotes.lab.logins.al has agent and gssapi; choose one"),
        ("agent: true, logins: {al: {agent: true, certificate: cert}}", "remotes.lab.logins.al has certificate, but no identity it goes with"),
        ("agent: true, logins: {al: {identity: gone}}", "remotes.lab.logins.al.identity: there is no file gone"),
        ("agent: true, logins: {al: {identiy: key}}", "remotes.lab.logins.al.identiy: no such key; did you mean identity?"),
        ("agent: true, logins: {-x: {agent: true}}", "remotes.lab.logins.-x: '-x' is no login: letters, digits and _ . @ -, no dash in front"),
    ],
)  # fmt: skip
def test_names_the_problem(directory: Path, keys: str, problem: str) -> None:
    text = START + f"remotes: {{lab: {{host: a, host_key_policy: accept-new, {keys}}}}}\n"

    assert problems(directory, text) == [f"gateway.yaml:2: {problem}"]


@pytest.mark.parametrize(
    "keys", ["identity: key", "gssapi: {keytab: key}", "gssapi: {ccache: key}"]
)
def test_f12_secrets_that_others_reach(directory: Path, keys: str) -> None:
    """Threat F12: keytabs and tickets are as good as keys."""
    (directory / "key").chmod(0o640)
    text = START + (
        "remotes: {lab: {host: a, host_key_policy: accept-new, agent: true,"
        f" logins: {{al: {{{keys}}}}}}}}}\n"
    )

    (problem,) = problems(directory, text)

    assert "others may read the" in problem
    assert "chmod 600 key" in problem


WHO = """\
server: {public_url: http://localhost}
remotes:
  lab: {host: a, host_key_policy: accept-new, jump: hop, logins: {alice: {agent: true}}}
  hop: {host: b, host_key_policy: accept-new, login: gw, logins: {gw: {agent: true}, alcie: {agent: true}}}
notebooks:
  alice: {remote: lab, login: alice, port: 7001, use: [alice]}
members: {alice: }
"""


def test_all_have_a_way_in(tmp_path: Path) -> None:
    """A remote may leave it to its logins; one that nobody uses is told."""
    found = examined(tmp_path, WHO.replace("login: alice", "login: alice"))

    assert found.problems == ()
    assert [w for w in found.warnings if "no notebook uses" in w] == [
        f"{tmp_path}/gateway.yaml:4: remotes.hop.logins.alcie: no notebook uses this login"
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("login: alice, port", "login: alicia, port", "notebooks.alice: remotes.lab has no way to log alicia in; set identity, agent or gssapi in its logins; did you mean alice?"),
        ("login: gw", "login: root", "remotes.lab.jump: remotes.hop has no way to log root in; set identity, agent or gssapi in its logins"),
    ],
)  # fmt: skip
def test_somebody_has_no_way_in(tmp_path: Path, old: str, new: str, said: str) -> None:
    (problem,) = problems(tmp_path, WHO.replace(old, new))

    assert said in problem


def beneath(directory: Path, credential: Credential | None) -> Credential | None:
    """Return the credential with the names of its files as they were written."""
    match credential:
        case KeyFile(identity, passphrase, certificate):
            short = [f and f.removeprefix(f"{directory}/") for f in (passphrase, certificate)]
            return KeyFile(identity.removeprefix(f"{directory}/"), *short)
        case Kerberos(ccache, keytab, principal):
            short = [f and f.removeprefix(f"{directory}/") for f in (ccache, keytab)]
            return Kerberos(*short, principal)
        case _:
            return credential
