"""gateway grants and gateway members sessions: what an administrator types, also while the gateway runs."""

import asyncio
import json
from pathlib import Path

import pytest

from gateway.core.grants import Level
from gateway.core.names import MemberName, NotebookName
from gateway.store.store import open_store
from tests.cli.conftest import Run

ALICE, BOB = MemberName("alice"), MemberName("bob")
NOTEBOOK = NotebookName("alice")
PASSWORD = "correct horse battery 9"


@pytest.fixture
def held(config: Path) -> dict[str, str]:
    """A share and a link of alice's, and two browsers in which she is logged in; by what names them."""

    async def making() -> dict[str, str]:
        async with open_store(f"sqlite:///{config.parent}/gateway.db") as store:
            share = await store.share(
                NOTEBOOK, BOB, level=Level.VIEW, by=ALICE, lifetime_seconds=3600
            )
            _, link = await store.make_link(
                NOTEBOOK, level=Level.USE, by=ALICE, lifetime_seconds=3600
            )
            await store.set_password(ALICE, PASSWORD)
            logins = [
                await store.log_in(ALICE, PASSWORD, address=f"192.0.2.{n}", device="Firefox")
                for n in (1, 2)
            ]
            await store.open_host_session(logins[0].identity.credential, NOTEBOOK)
            names = {f"session {n}": one.identity.credential for n, one in enumerate(logins, 1)}
            return {"share": share.id, "link": link.id, **names}

    return asyncio.run(making())


def rows(run: Run, config: Path, *arguments: str) -> list[dict[str, object]]:
    result = run(*arguments, "--config", config, "-o", "json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_grants_are_listed_with_their_ends(run: Run, config: Path, held: dict[str, str]) -> None:
    listed = rows(run, config, "grants", "ls")

    assert [(row["to"], row["by"], row["grant"], row["counts"]) for row in listed] == [
        ("alice", "configuration", None, True),
        ("bob", "alice", held["share"], True),
        ("whoever has the link", "alice", held["link"], True),
    ]
    assert rows(run, config, "grants", "ls", "--notebook", "alice") == listed


def test_a_grant_to_who_is_disabled_is_marked(run: Run, config: Path, held: dict[str, str]) -> None:
    run("members", "disable", "bob", "--config", config)

    assert [row["counts"] for row in rows(run, config, "grants", "ls")] == [True, False, True]


@pytest.mark.parametrize("kind", ["share", "link"])
def test_a_grant_is_taken_back_once(
    run: Run, config: Path, held: dict[str, str], kind: str
) -> None:
    taken = [run("grants", "take-back", held[kind], "--config", config).exit_code for _ in range(2)]

    assert taken == [0, 6]
    assert held[kind] not in {row["grant"] for row in rows(run, config, "grants", "ls")}
    (line,) = rows(run, config, "audit", "--limit", "1")
    assert str(line["actor"]).startswith("command line (")


def test_an_unknown_notebook_is_named(run: Run, config: Path) -> None:
    result = run("grants", "ls", "--notebook", "alcie", "--config", config)

    assert result.exit_code == 6
    assert "no notebook is called alcie; did you mean alice?" in result.stderr


def test_browsers_are_listed_and_ended(run: Run, config: Path, held: dict[str, str]) -> None:
    """A notebook's own host is no log-in of its own."""
    listed = rows(run, config, "members", "sessions")
    assert [(row["session"], row["address"]) for row in listed] == [
        (held["session 1"], "192.0.2.1"),
        (held["session 2"], "192.0.2.2"),
    ]
    assert rows(run, config, "members", "sessions", "bob") == []

    one = run("members", "end-sessions", "--session", held["session 1"], "--config", config)
    again = run("members", "end-sessions", "--session", held["session 1"], "--config", config)
    all_of_them = run("members", "end-sessions", "alice", "--config", config)

    assert (one.exit_code, again.exit_code) == (0, 6)
    assert all_of_them.stderr == "alice is logged out everywhere; 1 session ended\n"
    assert rows(run, config, "members", "sessions") == []


@pytest.mark.parametrize("arguments", [(), ("alice", "--session", "session:x")])
def test_which_sessions_must_be_said(run: Run, config: Path, arguments: tuple[str, ...]) -> None:
    assert run("members", "end-sessions", *arguments, "--config", config).exit_code == 2


def test_an_invite_is_withdrawn_once(run: Run, config: Path) -> None:
    run("members", "invite", "alice", "--config", config)

    codes = [
        run("members", "withdraw-invite", "alice", "--config", config).exit_code for _ in range(2)
    ]

    assert codes == [0, 6]
