"""Commands on the deployment: check, config, members, tokens."""

import asyncio
import json
import os
from pathlib import Path
from textwrap import dedent

import pytest

from gateway.core.names import MemberName
from gateway.errors import CredentialRefused
from gateway.store.store import open_store
from tests.cli.conftest import Run

PASSWORD = "correct horse battery 9"


def logs_in(config: Path, member: str, password: str) -> bool:
    """Say whether the store behind ``config`` takes the password."""

    async def trying() -> bool:
        async with open_store(f"sqlite:///{config.parent}/gateway.db") as store:
            try:
                await store.log_in(MemberName(member), password, address="192.0.2.1", device="")
            except CredentialRefused:
                return False
            return True

    return asyncio.run(trying())


def test_check_says_that_all_is_fine(run: Run, config: Path) -> None:
    result = run("check", "--config", config)

    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{config} is fine: 1 notebook\n" in result.stderr
    assert "warning: " in result.stderr


def test_check_names_every_problem(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        dedent("""\
        server: {listn: x}
        store: y
    """)
    )

    result = run("check", "--config", file)

    assert result.exit_code == 78
    assert result.stderr.splitlines() == [
        f"{file}:1: server.public_url: is missing",
        f"{file}:1: server.listn: no such key; did you mean listen?",
        f"{file}:2: store: must begin with sqlite:/// or postgresql+psycopg://",
    ]


def test_check_speaks_of_trust_in_path_mode(run: Run, config: Path) -> None:
    config.write_text(
        config.read_text().replace("members:", "  bob: {remote: lab, port: 2}\nmembers:")
    )

    result = run("check", "--config", config)

    assert "the members have to trust each other" in result.stderr


def test_the_configuration_is_found_by_variable(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_CONFIG", str(config))

    assert run("check").exit_code == 0


def test_the_configuration_is_found_beside_us(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)

    assert run("check").exit_code == 0


def test_no_configuration_is_a_configuration_problem(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("members", "ls")

    assert result.exit_code == 78
    assert "name one: --config FILE" in result.stderr


def test_config_show_writes_what_is_in_effect(run: Run, config: Path) -> None:
    shown = run("config", "show", "--config", config).stdout
    again = config.parent / "again.yaml"
    again.write_text(shown)

    assert run("config", "show", "--config", again).stdout == shown


def test_config_show_names_origins(run: Run, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_NOTEBOOKS__ALICE__PORT", "7002")

    lines = run("config", "show", "--origin", "--config", config).stdout.splitlines()

    assert "    port: 7002  # GATEWAY_NOTEBOOKS__ALICE__PORT" in lines
    assert f"    remote: lab  # {config}:6" in lines
    assert "    port: 22  # default" in lines


def test_config_show_holds_no_password(run: Run, config: Path) -> None:
    text = config.read_text()
    config.write_text(text.replace("sqlite:///", "postgresql+psycopg://me:s3cret@db/"))

    result = run("config", "show", "-o", "json", "--origin", "--config", config)

    assert "s3cret" not in result.stdout
    assert json.loads(result.stdout)["store"]["value"].startswith("postgresql+psycopg://me:***@db/")


def test_config_schema_is_json_schema(run: Run) -> None:
    described = json.loads(run("config", "schema").stdout)

    assert described["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_an_invite_is_one_url_on_stdout(run: Run, config: Path) -> None:
    result = run("members", "invite", "alice", "--config", config)

    assert result.exit_code == 0
    assert result.stdout.startswith("http://localhost:8000/-/invite/")
    assert len(result.stdout.splitlines()) == 1
    assert "within 7 days" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("members", "invite", "alcie"),
        ("members", "disable", "alcie"),
        ("members", "enable", "alcie"),
        ("members", "withdraw-invite", "alcie"),
        ("members", "sessions", "alcie"),
        ("members", "end-sessions", "alcie"),
        ("members", "password", "alcie", "--stdin"),
        ("tokens", "create", "--member", "alcie"),
        ("tokens", "ls", "--member", "alcie"),
    ],
)
def test_a_member_not_in_the_configuration_is_refused(
    run: Run, config: Path, arguments: tuple[str, ...]
) -> None:
    result = run(*arguments, "--config", config)

    assert (result.exit_code, result.stdout) == (6, "")
    assert result.stderr == "gateway: no member is called alcie; did you mean alice?\n"


def test_a_password_is_set_from_stdin(run: Run, config: Path) -> None:
    result = run(
        "members", "password", "alice", "--stdin", "--config", config, stdin=f"{PASSWORD}\n"
    )

    assert (result.exit_code, result.stdout) == (0, "")
    assert logs_in(config, "alice", PASSWORD)


def test_a_weak_password_is_refused(run: Run, config: Path) -> None:
    result = run("members", "password", "alice", "--stdin", "--config", config, stdin="abc\n")

    assert result.exit_code == 1
    assert "abc" not in result.stderr


def test_without_a_terminal_nothing_is_asked(run: Run, config: Path) -> None:
    result = run("members", "password", "alice", "--config", config, stdin=f"{PASSWORD}\n")

    assert result.exit_code == 2
    assert "--stdin" in result.stderr


def test_a_disabled_member_stays_out_until_enabled(run: Run, config: Path) -> None:
    run("members", "password", "alice", "--stdin", "--config", config, stdin=f"{PASSWORD}\n")

    run("members", "disable", "alice", "--config", config)
    assert not logs_in(config, "alice", PASSWORD)

    run("members", "enable", "alice", "--config", config)
    assert logs_in(config, "alice", PASSWORD)


def test_members_are_listed_with_how_they_stand(run: Run, config: Path) -> None:
    run("members", "password", "bob", "--stdin", "--config", config, stdin=f"{PASSWORD}\n")

    lines = run("members", "ls", "--config", config).stdout.splitlines()
    rows = json.loads(run("members", "ls", "--config", config, "-o", "json").stdout)

    assert lines[0].split() == [
        "MEMBER",
        "GROUPS",
        "ADMIN",
        "PROVIDER",
        "PASSWORD",
        "DISABLED",
        "LAST",
        "LOGIN",
        "INVITED",
        "UNTIL",
    ]
    assert lines[2].split() == ["bob", "lab", "yes", "-", "yes", "no", "-", "-"]
    assert [(row["member"], row["password"]) for row in rows] == [("alice", False), ("bob", True)]


def test_a_token_is_alone_on_stdout_and_never_listed(run: Run, config: Path) -> None:
    token = run(
        "tokens",
        "create",
        "--member",
        "alice",
        "--label",
        "ci",
        "--expires",
        "90d",
        "--config",
        config,
    ).stdout.strip()
    listed = run("tokens", "ls", "--config", config, "-o", "json").stdout
    (row,) = json.loads(listed)

    assert token.startswith("gwp_")
    assert token not in listed
    assert (row["member"], row["label"], row["used"]) == ("alice", "ci", None)
    assert row["expires"] > row["created"]


def test_a_revoked_token_is_gone(run: Run, config: Path) -> None:
    run("tokens", "create", "--member", "alice", "--config", config)
    (row,) = json.loads(run("tokens", "ls", "--config", config, "-o", "json").stdout)

    assert run("tokens", "revoke", row["token"], "--config", config).exit_code == 0
    assert json.loads(run("tokens", "ls", "--config", config, "-o", "json").stdout) == []
    assert run("tokens", "revoke", row["token"], "--config", config).exit_code == 6


@pytest.mark.parametrize("expires", ["90", "0s", "59s", "soon", "-1d"])
def test_a_token_needs_an_honest_end(run: Run, config: Path, expires: str) -> None:
    result = run(
        "tokens", "create", "--member", "alice", f"--expires={expires}", "--config", config
    )

    assert result.exit_code == 2


def test_an_unreadable_configuration_is_one_problem(run: Run, tmp_path: Path) -> None:
    result = run("check", "--config", tmp_path)

    assert result.exit_code == 78
    assert result.stderr == f"{tmp_path}: can't be read: {os.strerror(21).lower()}\n"
