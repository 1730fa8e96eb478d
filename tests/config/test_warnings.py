"""gateway.config.warnings: what is allowed, and may not be meant."""

from pathlib import Path

import pytest

from tests.config.writing import GOOD, examined

QUIET = GOOD.replace("host_key_policy: accept-new", 'host_key: "SHA256:' + "A" * 43 + '"')


def warnings(directory: Path, text: str) -> list[str]:
    found = examined(directory, text)
    assert found.problems == ()
    return [warning.replace(f"{directory}/", "") for warning in found.warnings]


def test_a_quiet_configuration(tmp_path: Path) -> None:
    assert warnings(tmp_path, QUIET) == []


def test_says_that_members_must_trust_each_other_in_path_mode(tmp_path: Path) -> None:
    found = warnings(
        tmp_path, QUIET.replace("members:", "  bob: {remote: lab, port: 7002}\nmembers:")
    )

    assert len(found) == 1
    assert "the members have to trust each other. If they don't, choose routing: host" in found[0]


def test_host_mode_needs_no_such_trust(tmp_path: Path) -> None:
    text = QUIET.replace("members:", "  bob: {remote: lab, port: 7002}\nmembers:").replace(
        "localhost:8000}", "localhost:8000, routing: host}"
    )

    assert warnings(tmp_path, text) == []


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("http://localhost:8000", "http://a.example.org", "gateway.yaml:1: server.public_url: http://a.example.org is not https; passwords travel in the clear"),
        ("http://localhost:8000", "https://a.example.org", "gateway.yaml:1: server.public_url: is https, but neither tls nor trusted_proxies is set; all members will seem to have the proxy's address"),
        ("{public_url", "{admin_listen: '0.0.0.0:9000', public_url", "gateway.yaml:1: server.admin_listen: 0.0.0.0:9000 shows the metrics to the network"),
        ("port: 7001", "port: 7001, verify: false", "gateway.yaml:5: notebooks.alice: whoever holds its port is believed to be the notebook"),
        ("port: 7001", "port: 7001, listener: any", "gateway.yaml:5: notebooks.alice.listener: any account there that takes the port while the notebook is down gets its visitors, and a token_file's token; name the account, if there is one"),
        ("  alice: {remote: lab, port: 7001, use: [group:lab]}", "  spare: {remote: lab, port: 7001}", "gateway.yaml:5: notebooks.spare: has no owner and no grant, so nobody may open it"),
        ("members:", "store: postgresql+psycopg://a:secret@db/x\nmembers:", "gateway.yaml:6: store: holds a password; put it into a file: ?passfile=/run/secrets/pgpass"),
        ('host_key: "SHA256:' + "A" * 43 + '"', "host_key_policy: accept-new", "gateway.yaml:3: remotes.lab: whoever answers first is believed to be lab.example.org"),
    ],
)  # fmt: skip
def test_warns(tmp_path: Path, old: str, new: str, warning: str) -> None:
    assert warnings(tmp_path, QUIET.replace(old, new)) == [warning]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "lab.localhost:8000"])
def test_http_is_fine_on_loopback(tmp_path: Path, host: str) -> None:
    assert warnings(tmp_path, QUIET.replace("http://localhost:8000", f"'http://{host}'")) == []
