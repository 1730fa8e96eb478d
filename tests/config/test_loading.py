"""gateway.config.loading: from files to inventories, and every problem of the others."""

from pathlib import Path

import pytest

from gateway.config import examine, load
from gateway.core.inventory import (
    Address,
    Grantees,
    HostKeyPolicy,
    PublicUrl,
    Routing,
    Scheme,
    TokenSource,
    Verify,
)
from gateway.core.names import GroupName, MemberName, NotebookName, RemoteName
from gateway.core.ssh_credential import AgentKeys, KeyFile
from gateway.errors import ConfigurationInvalid
from tests.config.writing import GOOD, examined, problems

FULL = """\
version: 1
server:
  listen: "[::1]:8443"
  admin_listen: 127.0.0.1:9000
  public_url: https://notebooks.example.org/
  routing: host
  tls: {certificate: tls.crt, key: tls.key}
  trusted_proxies: [10.0.0.0/8]
  hold: 2s
  grace: 1m
  limits: {head: 32KiB, headers: 50, head_timeout: 5s, connections: 10}
remotes:
  lab:
    host: Lab.Example.org
    port: 2222
    login: gateway
    identity: lab_key
    passphrase_file: passphrase
    known_hosts: known_hosts
    jump: bastion
    keepalive: 500ms
    idle: 30m
  bastion: {host: 192.0.2.1, agent: true, login: hop, host_key: "SHA256:%s="}
notebooks:
  alice:
    remote: lab
    port: 7001
    login: alice
    scheme: https
    verify: ca.pem
    listener: root
    token_file: token
    use: [group:lab, bob]
    view: [carol]
  spare: {remote: lab, socket: /run/spare.sock, owner: bob, verify: false, token: none, listener: 1001}
members:
  alice: {name: Alice Liddell, email: alice@example.org, groups: [lab]}
  bob: {groups: [lab], admin: true}
  carol:
access: {view: [carol]}
auth:
  local: {enabled: true}
  oidc: {issuer: https://idp.example.org, client_id: gateway, client_secret_file: oidc}
store: postgresql+psycopg://gateway@db/gateway
log: {level: debug, format: text}
""" % ("A" * 43)
FILES = ("tls.crt", "tls.key", "lab_key", "passphrase", "known_hosts", "ca.pem", "token", "oidc")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with every file that FULL names."""
    for name in FILES:
        (tmp_path / name).touch(mode=0o600)
    return tmp_path


def test_reads_a_whole_server(directory: Path) -> None:
    inventory = examined(directory, FULL).inventory

    assert inventory is not None
    server = inventory.server
    assert server.listen == Address("::1", 8443)
    assert server.admin_listen == Address("127.0.0.1", 9000)
    assert server.public_url == PublicUrl("https", "notebooks.example.org", 443)
    assert server.routing is Routing.HOST
    assert server.tls is not None
    assert server.tls.key == str(directory / "tls.key")
    assert [str(network) for network in server.trusted_proxies] == ["10.0.0.0/8"]
    assert (server.hold_seconds, server.grace_seconds) == (2, 60)
    assert (server.limits.head_bytes, server.limits.header_count) == (32768, 50)
    assert (server.limits.head_seconds, server.limits.upstream_seconds) == (5, 300)


def test_reads_whole_remotes(directory: Path) -> None:
    inventory = examined(directory, FULL).inventory

    assert inventory is not None
    lab, bastion = inventory.remotes[RemoteName("lab")], inventory.remotes[RemoteName("bastion")]
    assert (lab.host, lab.port, lab.login) == ("lab.example.org", 2222, "gateway")
    assert lab.credential == KeyFile(str(directory / "lab_key"), str(directory / "passphrase"))
    assert lab.known_hosts == str(directory / "known_hosts")
    assert (lab.jump, lab.keepalive_seconds) == ("bastion", 0.5)
    assert (lab.idle_seconds, bastion.idle_seconds) == (1800.0, None)
    assert (bastion.credential, bastion.host_key) == (AgentKeys(), "SHA256:" + "A" * 43)
    assert bastion.host_key_policy is HostKeyPolicy.STRICT


def test_reads_whole_notebooks(directory: Path) -> None:
    inventory = examined(directory, FULL).inventory

    assert inventory is not None
    alice, spare = (inventory.notebooks[NotebookName(name)] for name in ("alice", "spare"))
    assert (alice.remote, alice.port, alice.login, alice.owner) == ("lab", 7001, "alice", "alice")
    assert (alice.scheme, alice.token) == (Scheme.HTTPS, TokenSource.AUTO)
    assert alice.verify == Verify(ca_file=str(directory / "ca.pem"))
    assert alice.use == Grantees(frozenset({MemberName("bob")}), frozenset({GroupName("lab")}))
    assert alice.view == Grantees(frozenset({MemberName("carol")}))
    assert (spare.port, spare.socket, spare.owner) == (None, "/run/spare.sock", "bob")
    assert (alice.listener, spare.listener) == ("root", "1001")
    assert (spare.login, spare.verify, spare.token) == ("gateway", Verify(off=True), "none")


def test_reads_everything_else(directory: Path) -> None:
    inventory = examined(directory, FULL).inventory

    assert inventory is not None
    alice = inventory.members[MemberName("alice")]
    assert (alice.called, alice.email, alice.groups) == (
        "Alice Liddell",
        "alice@example.org",
        {"lab"},
    )
    assert inventory.members[MemberName("bob")].admin
    assert inventory.members[MemberName("carol")].called == "carol"
    assert inventory.access.view.members == {"carol"}
    assert inventory.auth.oidc is not None
    assert inventory.auth.oidc.client_secret_file == str(directory / "oidc")
    assert inventory.store == "postgresql+psycopg://gateway@db/gateway"
    assert (inventory.log.level, inventory.log.format) == ("debug", "text")


def test_little_is_enough(tmp_path: Path) -> None:
    """An entry point that nobody may enter yet is a fine beginning."""
    inventory = examined(
        tmp_path, "server: {public_url: 'http://localhost:8000'}\nnotebooks:\n"
    ).inventory

    assert inventory is not None
    assert inventory.server.listen == Address("127.0.0.1", 8000)
    assert inventory.server.admin_listen is None
    assert not inventory.notebooks


def test_reports_every_problem_at_once_with_its_line(tmp_path: Path) -> None:
    text = """\
    server:
      listn: 0.0.0.0:8000
      public_url: http://localhost:8000
    remotes:
      lab: {host: -oProxyCommand=x, agent: true, known_hosts: nowhere}
    notebooks:
      alice: {remote: labb, prot: 7001, owner: alcie}
      bob: {remote: lab, login: x, port: 7002}
      carol: {remote: lab, login: x, port: 7002}
    members:
      alice: {groups: [lab]}
    members:
    """

    assert problems(tmp_path, text, {"GATEWAY_STORE": "mysql://x"}) == [
        "gateway.yaml:2: server.listn: no such key; did you mean listen?",
        "gateway.yaml:5: remotes.lab.host: '-oProxyCommand=x' is neither a host's name nor an IP address",
        "gateway.yaml:5: remotes.lab.known_hosts: there is no file nowhere",
        "gateway.yaml:7: notebooks.alice.prot: no such key; did you mean port?",
        "gateway.yaml:7: notebooks.alice.remote: no remote is called labb; did you mean lab?",
        "gateway.yaml:7: notebooks.alice.owner: no member is called alcie; did you mean alice?",
        "gateway.yaml:9: port 7002 of lab is taken twice: bob, carol",
        "gateway.yaml:12: members is given twice: see line 10",
        "GATEWAY_STORE: store: must begin with sqlite:/// or postgresql+psycopg://",
    ]


SERVER = "server: {public_url: http://localhost}\n"
LAB = SERVER + "remotes: {lab: {host: a, login: x, agent: true, host_key_policy: accept-new}}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("server: {}\n", "gateway.yaml:1: server.public_url: is missing"),
        ("version: 1\n", "gateway.yaml:1: server: is missing"),
        ("server: 3\n", "gateway.yaml:1: server: must be a map"),
        (SERVER + "members: [a]\n", "gateway.yaml:2: members: must be a map"),
        (SERVER + "version: 2\n", "gateway.yaml:2: version: must be 1"),
        (SERVER + "<<: {a: 1}\n", "gateway.yaml:2: <<: no such key"),
        (SERVER + "log: {level: loud}\n", "gateway.yaml:2: log.level: loud is not one of debug, info, warning, error"),
        (SERVER + "log: {format: jsn}\n", "gateway.yaml:2: log.format: jsn is not one of auto, text, json; did you mean json?"),
        (SERVER + "store: x\n", "gateway.yaml:2: store: must begin with sqlite:/// or postgresql+psycopg://"),
        (SERVER + "auth: {local: {enabled: false}}\n", "gateway.yaml:2: auth: nobody can log in; enable local or set oidc"),
        (SERVER + "auth: {local: {enabled: no}}\n", "gateway.yaml:2: auth.local.enabled: must be true or false"),
        (SERVER + "auth: {oidc: {client_id: x}}\n", "gateway.yaml:2: auth.oidc.issuer: is missing"),
        (SERVER + "auth: {oidc: {client_id: x, issuer: http://x}}\n", "gateway.yaml:2: auth.oidc.issuer: 'http://x' must be an https URL"),
        (SERVER + "members: {Bob: }\n", "gateway.yaml:2: members.Bob: 'Bob' is no name: a to z, 0 to 9 and dashes inside, at most 63"),
        (SERVER + "members: {bob: {name: 3}}\n", "gateway.yaml:2: members.bob.name: must be text; write it in quotes"),
        (SERVER + 'members: {bob: {name: "a\\nb"}}\n', "gateway.yaml:2: members.bob.name: may not hold control characters"),
        (SERVER + "members: {bob: {groups: lab}}\n", "gateway.yaml:2: members.bob.groups: must be a list: [a, b]"),
        (SERVER + "access: {use: [group:x]}\n", "gateway.yaml:2: access.use: no member is in a group called x"),
        (SERVER + "members: {a: {groups: [lab]}}\naccess: {use: [lab]}\n", "gateway.yaml:3: access.use: no member is called lab; did you mean group:lab?"),
        (LAB + "notebooks: {api: {remote: lab, port: 1}}\n", "gateway.yaml:3: notebooks.api: api is no name to give: the gateway uses it itself"),
        (LAB + "notebooks: {a: {port: 1}}\n", "gateway.yaml:3: notebooks.a.remote: is missing"),
        (LAB + "notebooks: {a: {remote: lab}}\n", "gateway.yaml:3: notebooks.a needs a port or a socket, one of the two"),
        (LAB + "notebooks: {a: {remote: lab, port: 1, socket: /x}}\n", "gateway.yaml:3: notebooks.a needs a port or a socket, one of the two"),
        (LAB + "notebooks: {a: {remote: lab, socket: x}}\n", "gateway.yaml:3: notebooks.a.socket: 'x' must be an absolute path on the remote"),
        (LAB + "notebooks: {a: {remote: lab, port: 70010}}\n", "gateway.yaml:3: notebooks.a.port: 70010 is too large: at most 65535"),
        (LAB + "notebooks: {a: {remote: lab, port: 0}}\n", "gateway.yaml:3: notebooks.a.port: 0 is too small: at least 1"),
        (LAB + "notebooks: {a: {remote: lab, port: '1'}}\n", "gateway.yaml:3: notebooks.a.port: must be a whole number"),
        (LAB + "notebooks: {a: {remote: lab, port: 22:22}}\n", "gateway.yaml:3: notebooks.a.port: must be a whole number"),
        (LAB + "notebooks: {a: {remote: lab, port: 1, login: $(id)}}\n", "gateway.yaml:3: notebooks.a.login: '$(id)' is no login: letters, digits and _ . @ -, no dash in front"),
        (LAB + "notebooks: {a: {remote: lab, port: 1, token: file}}\n", "gateway.yaml:3: notebooks.a.token: file needs token_file"),
        (LAB + "notebooks: {a: {remote: lab, port: 1, token: none, token_file: gateway.yaml}}\n", "gateway.yaml:3: notebooks.a has a token_file, but token: none"),
        (LAB + "notebooks: {a: {remote: lab, port: 1, verify: SHA256:x}}\n", "gateway.yaml:3: notebooks.a.verify: must be a fingerprint: SHA256: and 43 characters of base64"),
        (LAB + "notebooks: {a: {remote: lab, socket: ~/x}}\n", "gateway.yaml:3: notebooks.a.socket: '~/x' must be an absolute path on the remote; ~ is not expanded, so write the home out"),
        (LAB + "notebooks: {a: {remote: lab, socket: /a/../x}}\n", "gateway.yaml:3: notebooks.a.socket: '/a/../x' must be written plainly, without //, ., .. or ~"),
        (LAB + "notebooks: {a: {remote: lab, socket: /" + "x" * 107 + "}}\n", "gateway.yaml:3: notebooks.a.socket: is 108 bytes long; no system takes more than 107"),
        (LAB + "notebooks: {a: {remote: lab, port: 1, listener: -1}}\n", "gateway.yaml:3: notebooks.a.listener: -1 is no uid"),
        (LAB + "notebooks: {a: {remote: lab, port: 1, listener: a b}}\n", "gateway.yaml:3: notebooks.a.listener: 'a b' is no login: letters, digits and _ . @ -, no dash in front"),
        (LAB + "notebooks: {a: {remote: lab, socket: /x}, b: {remote: lab, socket: /x}}\n", "gateway.yaml:3: socket /x of lab is taken twice: a, b"),
    ],
)  # fmt: skip
def test_names_the_problem(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [problem]


@pytest.mark.parametrize(
    ("remote", "problem"),
    [
        ("host: a, host_key_policy: accept-new", "remotes.lab has no way to log in; set identity, agent or gssapi"),
        ("host: a, host_key_policy: accept-new, agent: true, gssapi: true", "remotes.lab has agent and gssapi; choose one"),
        ("host: a, host_key_policy: accept-new, agent: true, passphrase_file: gateway.yaml", "remotes.lab has passphrase_file, but no identity it goes with"),
        ("host: a, agent: true", "remotes.lab has no host key to be known by; set known_hosts, host_key or host_key_policy: accept-new"),
        ("host: a, agent: true, known_hosts: gateway.yaml, host_key_policy: accept-new", "remotes.lab has known_hosts and host_key_policy; choose one"),
        ("host: a, agent: true, host_key: MD5:x", "remotes.lab.host_key: must be a fingerprint: SHA256: and 43 characters of base64"),
        ("host: a, agent: true, host_key_policy: accept-new, jump: labb", "remotes.lab.jump: no remote is called labb; did you mean lab?"),
        ("host: a, agent: true, host_key_policy: accept-new, login: x, jump: lab", "remotes.lab.jump leads back to itself: lab → lab"),
        ("host: a, agent: true, host_key_policy: accept-new, keepalive: 5", "remotes.lab.keepalive: 5 is no duration; write 500ms, 5s, 10m, 8h or 30d"),
        ("host: a, agent: true, host_key_policy: accept-new, keepalive: 0s", "remotes.lab.keepalive: must be longer than 0s"),
        ("host: a, agent: true, host_key_policy: accept-new, idle: 30", "remotes.lab.idle: 30 is no duration; write 500ms, 5s, 10m, 8h or 30d"),
        ("host: a, agent: true, host_key_policy: accept-new, idle: 0s", "remotes.lab.idle: must be longer than 0s"),
        ('host: "a\\nb", agent: true, host_key_policy: accept-new', "remotes.lab.host: may not hold control characters"),
        ("host: '%h', agent: true, host_key_policy: accept-new", "remotes.lab.host: '%h' is neither a host's name nor an IP address"),
        ("host: $(id), agent: true, host_key_policy: accept-new", "remotes.lab.host: '$(id)' is neither a host's name nor an IP address"),
        ("host: a, agent: yes, host_key_policy: accept-new", "remotes.lab.agent: must be true, false or the path of the agent's socket"),
    ],
)  # fmt: skip
def test_f4_names_the_problem_of_a_remote(tmp_path: Path, remote: str, problem: str) -> None:
    """Threat F4 among them: nothing that OpenSSH or a shell would expand."""
    assert problems(tmp_path, SERVER + f"remotes: {{lab: {{{remote}}}}}\n") == [
        f"gateway.yaml:2: {problem}"
    ]


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        ("public_url: http://localhost/alice", "server.public_url: 'http://localhost/alice' must be scheme://host[:port] and nothing after, with http or https"),
        ("public_url: localhost:8000", "server.public_url: 'localhost:8000' must be scheme://host[:port] and nothing after, with http or https"),
        ("public_url: http://a@b", "server.public_url: it must be scheme://host[:port] and nothing after, with http or https"),
        ("public_url: 'http://a:99999'", "server.public_url: 'http://a:99999' must be scheme://host[:port] and nothing after, with http or https"),
        ("public_url: http://10.0.0.1, routing: host", "server.routing: host needs a host name in public_url; 10.0.0.1 is an address"),
        ("public_url: 'http://[::1]', routing: host", "server.routing: host needs a host name in public_url; [::1] is an address"),
        ("public_url: http://a, routing: hots", "server.routing: hots is not one of path, host; did you mean host?"),
        ("public_url: http://a, listen: 8000", "server.listen: must be text; write it in quotes"),
        ("public_url: http://a, listen: ':8000'", "server.listen: '' is neither a host's name nor an IP address"),
        ("public_url: http://a, listen: '::1:8000'", "server.listen: '::1:8000' is no address to listen on; write 0.0.0.0:8000"),
        ("public_url: http://a, listen: a:80000", "server.listen: port 80000 is not between 0 and 65535"),
        ("public_url: http://a, listen: a:80, admin_listen: a:80", "server.admin_listen: the same as server.listen"),
        ("public_url: http://a, trusted_proxies: [10.0.0.1/8]", "server.trusted_proxies[0]: '10.0.0.1/8' is no network: 10.0.0.1/8 has host bits set"),
        ("public_url: http://a, limits: {head: 64}", "server.limits.head: 64 is no size; write 512B, 64KiB, 1MiB or 2GiB"),
        ("public_url: http://a, limits: {head: 2MiB}", "server.limits.head: must be between 1KiB and 1MiB"),
        ("public_url: http://a, limits: {connections: 0}", "server.limits.connections: 0 is too small: at least 1"),
        ("public_url: http://a, tls: {certificate: gateway.yaml, key: key}", "server.public_url: must be https, as tls is set"),
        ("public_url: https://a, tls: {certificate: gateway.yaml}", "server.tls.key: is missing"),
    ],
)  # fmt: skip
def test_names_the_problem_of_the_server(tmp_path: Path, server: str, problem: str) -> None:
    (tmp_path / "key").touch(mode=0o600)

    assert problems(tmp_path, f"server: {{{server}}}\n") == [f"gateway.yaml:1: {problem}"]


def test_a_jump_must_have_its_own_login(tmp_path: Path) -> None:
    text = GOOD.replace("login: gateway,", "login: gateway, jump: hop,").replace(
        "notebooks:", "  hop: {host: b, agent: true, host_key_policy: accept-new}\nnotebooks:"
    )

    assert problems(tmp_path, text) == [
        "gateway.yaml:4: remotes.hop.login is missing: lab jumps there"
    ]


def test_a_login_must_be_given_somewhere(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD.replace("login: gateway, ", ""))

    assert found == ["gateway.yaml:5: notebooks.alice has no login; set it here or at remotes.lab"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe", "gateway.yaml: is not UTF-8 (byte 0)"),
        (b"#" * (1024 * 1024 + 1), "gateway.yaml: is longer than 1048576 bytes"),
        (b"", "gateway.yaml:1: the file must hold a map of keys, such as server and remotes"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_problem(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    assert problems(tmp_path, content) == [problem]


def test_a_missing_file_is_one_problem(tmp_path: Path) -> None:
    assert examine(tmp_path / "no.yaml", {}).problems == (
        f"{tmp_path}/no.yaml: there is no such file",
    )


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert examined(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).inventory is not None


def test_load_raises_every_problem(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("servr: {}\n")

    with pytest.raises(ConfigurationInvalid) as caught:
        load(tmp_path / "gateway.yaml", {})

    assert caught.value.problems == (
        f"{tmp_path}/gateway.yaml:1: server: is missing",
        f"{tmp_path}/gateway.yaml:1: servr: no such key; did you mean server?",
    )
