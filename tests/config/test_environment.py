"""gateway.config.environment: single keys overridden by variables."""

from pathlib import Path

import pytest

from gateway.core.inventory import Routing
from gateway.core.names import MemberName, NotebookName
from tests.config.writing import GOOD, examined, problems


def test_overrides_one_value(tmp_path: Path) -> None:
    environ = {"GATEWAY_NOTEBOOKS__ALICE__PORT": "7002", "GATEWAY_SERVER__ROUTING": "host"}

    inventory = examined(tmp_path, GOOD, environ).inventory

    assert inventory is not None
    assert inventory.notebooks[NotebookName("alice")].port == 7002
    assert inventory.notebooks[NotebookName("alice")].use.groups == {"lab"}
    assert inventory.server.routing is Routing.HOST


def test_an_underscore_stands_for_a_dash_in_names(tmp_path: Path) -> None:
    text = GOOD.replace("  alice: {remote", "  alice-2: {remote")

    inventory = examined(tmp_path, text, {"GATEWAY_NOTEBOOKS__ALICE_2__PORT": "7002"}).inventory

    assert inventory is not None
    assert inventory.notebooks[NotebookName("alice-2")].port == 7002


def test_makes_what_is_not_in_the_file(tmp_path: Path) -> None:
    environ = {"GATEWAY_MEMBERS__CAROL__NAME": "123", "GATEWAY_MEMBERS__DAN": "{groups: [lab]}"}

    inventory = examined(tmp_path, GOOD, environ).inventory

    assert inventory is not None
    assert inventory.members[MemberName("carol")].full_name == "123"
    assert inventory.members[MemberName("dan")].groups == {"lab"}


def test_a_list_replaces_the_files(tmp_path: Path) -> None:
    environ = {"GATEWAY_NOTEBOOKS__ALICE__USE": "[bob]"}

    inventory = examined(tmp_path, GOOD, environ).inventory

    assert inventory is not None
    assert inventory.notebooks[NotebookName("alice")].use.members == {"bob"}
    assert not inventory.notebooks[NotebookName("alice")].use.groups


@pytest.mark.parametrize(
    "variable",
    [
        "GATEWAY_CONFIG",
        "GATEWAY_URL",
        "GATEWAY_TOKEN",
        "GATEWAY_TOKEN_FILE",
        "GATEWAY_DEMO_PASSWORD",
        "GATEWAY_TEST_REQUIRE_ALL",
        "GATEWAY_VERSION",
        "GATEWAY_UID",
        "GATEWAY_BASE_IMAGE",
        "GATEWAY_SECRETS_FOLDER",
        "GATEWAY_PORT",
        "GATEWAY_PORT_8000_TCP_ADDR",
        "GATEWAY_SERVICE_HOST",
        "GATEWAY_SERVICE_PORT_HTTP",
        "GATEWAYS",
        "PATH",
    ],
)
def test_leaves_other_variables_alone(tmp_path: Path, variable: str) -> None:
    assert problems(tmp_path, GOOD, {variable: "x"}) == []


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("GATEWAY_SERVR__LISTEN", "x", "no such key: servr; did you mean server?"),
        ("GATEWAY_SERVER__LISTN", "x", "no such key: listn; did you mean listen?"),
        ("GATEWAY_STORE__URL", "x", "no such key: url; there are none below store"),
        ("GATEWAY_", "x", "no such key: "),
        ("GATEWAY_NOTEBOOKS__ALICE__PORT", "x", "notebooks.alice.port: must be a whole number"),
        ("GATEWAY_NOTEBOOKS__ALICE__USE", "[bob", "can't be read as YAML"),
        ("GATEWAY_MEMBERS__BOB", "{a: 1, a: 2}", "a is given twice: see line 1"),
        ("GATEWAY_NOTEBOOKS__ALICE__USE", "bob", "notebooks.alice.use: must be a list: [a, b]"),
        ("GATEWAY_NOTEBOOKS__ALICE__OWNER", "bbo", "notebooks.alice.owner: no member is called bbo; did you mean bob?"),
        ("GATEWAY_NOTEBOOKS__ALICE__OWNER", "!!python/name:os.system x", "notebooks.alice.owner: '!!python/name:os.system x' is no name: a to z, 0 to 9 and dashes inside, at most 63"),
        ("GATEWAY_NOTEBOOKS__ALICE__USE", "!!python/name:os.system x", "can't be read as YAML"),
    ],
)  # fmt: skip
def test_names_the_variable(tmp_path: Path, variable: str, value: str, problem: str) -> None:
    assert problems(tmp_path, GOOD, {variable: value}) == [f"{variable}: {problem}"]


def test_names_what_is_no_map(tmp_path: Path) -> None:
    found = problems(tmp_path, "server: 3\n", {"GATEWAY_SERVER__LISTEN": "a:1"})

    assert "GATEWAY_SERVER__LISTEN: server is no map in" in found[-1]
