"""gateway audit: reads the log, follows it, and says where it was broken."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gateway.core.audit import Act
from gateway.store.store import open_store
from tests.cli.conftest import Run


async def write(url: str) -> None:
    async with open_store(url) as store:
        store.audit.note(Act.OPENED, actor="bob", notebook="alice", address="192.0.2.7")
        store.audit.note(Act.LEFT, actor="bob", notebook="alice")
        store.audit.note(Act.INVITED, actor="gateway", subject="alice")


@pytest.fixture
def url(config: Path, tmp_path: Path) -> str:
    """The store of the configuration, with three lines."""
    url = f"sqlite:///{tmp_path}/gateway.db"
    asyncio.run(write(url))
    return url


def acts(run: Run, config: Path, *options: str) -> list[str]:
    result = run("audit", "--config", config, "-o", "json", *options)
    assert result.exit_code == 0
    return [row["act"] for row in json.loads(result.stdout)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["opened", "left", "invited"]),
        (("--notebook", "alice"), ["opened", "left"]),
        (("--member", "bob"), ["opened", "left"]),
        (("--member", "alice"), ["invited"]),
        (("--since", "1h", "--limit", "1"), ["invited"]),
        (("--since", "0s"), []),
    ],
)
def test_lines_are_chosen(
    run: Run, config: Path, url: str, options: tuple[str, ...], expected: list[str]
) -> None:
    assert acts(run, config, *options) == expected


def test_a_table_for_people(run: Run, config: Path, url: str) -> None:
    lines = run("audit", "--config", config).stdout.splitlines()

    assert lines[0].split() == ["AT", "ACT", "ACTOR", "NOTEBOOK", "SUBJECT", "ADDRESS", "DETAIL"]
    assert lines[1].split()[1:] == ["opened", "bob", "alice", "-", "192.0.2.7", "-"]


def test_a_log_that_nobody_touched_verifies(run: Run, config: Path, url: str) -> None:
    first = run("audit", "verify", "--config", config)
    asyncio.run(write(url))
    kept = first.stdout.strip()

    assert (first.exit_code, first.stderr) == (0, "3 lines, each follows the one before it; the last:\n")  # fmt: skip
    assert kept.startswith("3:")
    assert run("audit", "verify", "--digest", kept, "--config", config).exit_code == 0


@pytest.mark.parametrize(
    ("digest", "said"),
    [
        (f"2:{'0' * 64}", "line 2 has another digest than the one that was kept"),
        (f"9:{'0' * 64}", "line 9 is missing; the log ends with 3"),
    ],
)
def test_a_log_written_anew_is_found_out_by_a_kept_digest(
    run: Run, config: Path, url: str, digest: str, said: str
) -> None:
    result = run("audit", "verify", "--digest", digest, "--config", config)

    assert (result.exit_code, result.stderr) == (1, f"gateway: the audit log is broken: {said}\n")


def test_the_first_changed_line_is_named(run: Run, config: Path, url: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)) as intruder:
        intruder.execute("UPDATE audit SET actor = 'carol' WHERE number = 2")

    result = run("audit", "verify", "--config", config)

    assert result.exit_code == 1
    assert "line 2 has been changed" in result.stderr


def test_what_is_no_digest_or_duration_is_a_usage_error(run: Run, config: Path) -> None:
    assert run("audit", "verify", "--digest", "abc", "--config", config).exit_code == 2
    assert run("audit", "--since", "soon", "--config", config).exit_code == 2


def test_following_goes_on_with_what_others_write(config: Path, url: str) -> None:
    argv = [sys.executable, "-m", "gateway", "audit", "-f", "-o", "json", "--config", str(config)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        before = [json.loads(following.stdout.readline())["number"] for _ in range(3)]
        asyncio.run(write(url))
        after = [json.loads(following.stdout.readline())["number"] for _ in range(3)]
        following.terminate()

    assert (before, after) == ([1, 2, 3], [4, 5, 6])
