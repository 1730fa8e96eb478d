"""gateway.cli.app: the command as a whole, its pages and its start."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ROOT = Path(__file__).parent.parent.parent
REFERENCE = ROOT / "docs" / "reference"
HEAVY = {"asyncssh", "sqlalchemy", "fastapi", "pydantic", "httpx2", "rich", "uvloop"}


@pytest.mark.parametrize(
    "name", ["commands.md", "configuration.md", "diagnosis.md", "gateway.schema.json"]
)
def test_the_reference_is_what_the_code_says(run: Run, tmp_path: Path, name: str) -> None:
    run("reference", tmp_path)

    same = (REFERENCE / name).read_text() == (tmp_path / name).read_text()

    assert same, f"docs/reference/{name} is behind the code; run: make docs"


def test_help_names_every_verb(run: Run) -> None:
    verbs = [
        "serve",
        "demo",
        "check",
        "doctor",
        "ls",
        "status",
        "open",
        "members",
        "tokens",
        "config",
        "healthcheck",
        "version",
    ]

    shown = run("--help").stdout

    assert all(f" {verb} " in shown for verb in verbs)
    assert " reference " not in shown


def test_usage_errors_end_with_2(run: Run) -> None:
    result = run("memberz")

    assert result.exit_code == 2
    assert "Did you mean 'members'?" in result.stderr


def test_version_loads_nothing_heavy() -> None:
    """What it takes to complete a word on the command line must stay small."""
    script = "import sys; from gateway.cli.app import app; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert not HEAVY & set(loaded.stdout.split())


def test_the_module_is_the_command() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "gateway", "version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("gateway")
