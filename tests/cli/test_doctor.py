"""gateway doctor: what is printed, for whom, and what it ends with."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from gateway.core.diagnosis import Advice, Diagnosis, Finding, Outcome, Right
from gateway.core.hop import Hop
from gateway.core.inventory import Inventory
from gateway.core.names import NotebookName
from gateway.errors import Reason
from tests.cli.conftest import Answers, Run

ALICE = NotebookName("alice")
PATH = "/-/api/v1/notebooks/alice/diagnosis/lines"
MEND = Advice("It is broken.", "Mend it.")
GOOD = Finding(Hop.NAME, "lab", Outcome.OK, "lab.example.org", "192.0.2.1", 3.2)
LOG_IN = Finding(
    Hop.LOGIN, "lab", Outcome.FAILED, "as al", "refused", 9.0, Reason.LOGIN_REFUSED, MEND
)
SILENT = Finding(
    Hop.HTTP, "alice", Outcome.FAILED, "GET /api", "", 4000.0, Reason.SILENT_NOTEBOOK, MEND
)
BEHIND = Finding(Hop.CHANNEL, "alice", Outcome.NOT_REACHED)
RIGHT = Finding(Right.COMMANDS, "lab", Outcome.WARNING, "echo", "it ran", 1.0, advice=MEND)


class FakeWiring(ModuleType):
    """Stands in for what walks."""

    def __init__(self) -> None:
        super().__init__("gateway.wiring")
        self.found = Diagnosis(ALICE, 0.0, (GOOD,))

    async def diagnose(
        self, inventory: Inventory, name: NotebookName, tell: Callable[[Finding], None]
    ) -> Diagnosis:
        assert name in inventory.notebooks
        for finding in (*self.found.findings, *self.found.rights):
            tell(finding)
        return self.found

    async def diagnose_all(self, inventory: Inventory) -> tuple[Diagnosis, ...]:
        return (self.found, Diagnosis(NotebookName("bob"), 0.0, (GOOD,)))


@pytest.fixture
def wiring(monkeypatch: pytest.MonkeyPatch) -> FakeWiring:
    import gateway  # noqa: PLC0415 - to put the fake where the package keeps its parts

    fake = FakeWiring()
    monkeypatch.setitem(sys.modules, "gateway.wiring", fake)
    monkeypatch.setattr(gateway, "wiring", fake, raising=False)
    return fake


def test_all_is_well(run: Run, config: Path, wiring: FakeWiring) -> None:
    result = run("doctor", "alice", "--config", config)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "lab",
        "  ✓ ok           name resolution          lab.example.org → 192.0.2.1  (3 ms)",
        "",
        "All is well with alice.",
    ]


def test_failing_hop_is_named_with_its_fix(run: Run, config: Path, wiring: FakeWiring) -> None:
    """Marks and words, no colour: a log file has none."""
    wiring.found = Diagnosis(ALICE, 0.0, (GOOD, LOG_IN, BEHIND))

    result = run("doctor", "alice", "--config", config)

    assert result.exit_code == 7
    assert result.stdout.splitlines()[2:] == [
        "  ✗ failed       log-in                   as al → refused  (9 ms)",
        "alice",
        "  · not reached  channel to the notebook",
        "",
        "What is wrong: It is broken.",
        "What to do:    Mend it.",
    ]
    assert result.stderr == "gateway: alice fails at: log-in\n"


def test_silence_has_an_end_code_of_its_own(run: Run, config: Path, wiring: FakeWiring) -> None:
    wiring.found = Diagnosis(ALICE, 0.0, (SILENT,))

    assert run("doctor", "alice", "--config", config).exit_code == 8


def test_warnings_are_no_failure(run: Run, config: Path, wiring: FakeWiring) -> None:
    """One fix that mends several things is said once."""
    wiring.found = Diagnosis(ALICE, 0.0, (GOOD,), (RIGHT, RIGHT))

    result = run("doctor", "alice", "--config", config)

    assert result.exit_code == 0
    assert "what the credential may do there beside" in result.stdout
    assert result.stdout.count("  ! warning      commands") == 2
    assert result.stdout.count("What to do:    Mend it.") == 1
    assert "All is well" not in result.stdout


def test_json_is_what_the_api_says(run: Run, config: Path, wiring: FakeWiring) -> None:
    wiring.found = Diagnosis(ALICE, 0.0, (GOOD, LOG_IN))

    result = run("doctor", "alice", "--config", config, "-o", "json")

    expected = {**wiring.found.document, "at": "1970-01-01T00:00:00+00:00"}
    assert json.loads(result.stdout) == expected
    assert result.exit_code == 7


def test_what_a_remote_says_cannot_steer_the_terminal(
    run: Run, config: Path, wiring: FakeWiring
) -> None:
    evil = Finding(Hop.SSH, "lab", Outcome.OK, "its greeting", "\x1b[2JOpenSSH")
    wiring.found = Diagnosis(ALICE, 0.0, (evil,))

    assert "\x1b" not in run("doctor", "alice", "--config", config).stdout


def test_unknown_notebook(run: Run, config: Path, wiring: FakeWiring) -> None:
    result = run("doctor", "alcie", "--config", config)

    assert result.exit_code == 6
    assert result.stderr == "gateway: no notebook is called alcie; did you mean alice?\n"


def test_bad_configuration(run: Run, tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("remotes: {}\nprot: 1\n")

    assert run("doctor", "alice", "--config", tmp_path / "gateway.yaml").exit_code == 78


def test_all_of_them_a_line_each(run: Run, config: Path, wiring: FakeWiring) -> None:
    wiring.found = Diagnosis(ALICE, 0.0, (GOOD, LOG_IN))

    result = run("doctor", "--config", config)

    assert [line.split()[:3] for line in result.stdout.splitlines()] == [
        ["NOTEBOOK", "OUTCOME", "HOP"],
        ["alice", "failed", "log-in"],
        ["bob", "ok", "-"],
    ]
    assert result.exit_code == 7
    assert result.stderr == "gateway: not as wanted: alice\n"


# A running gateway is asked.


@pytest.fixture
def asked(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Answers:
    monkeypatch.setenv("GATEWAY_URL", answers.url)
    monkeypatch.setenv("GATEWAY_TOKEN", "gwp_x")
    return answers


def lines(*documents: object) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def test_running_gateway_is_asked(run: Run, asked: Answers) -> None:
    found = Diagnosis(ALICE, 0.0, (GOOD, LOG_IN, BEHIND))
    told = [{"finding": finding.document} for finding in found.findings]
    asked.answers[PATH] = (200, lines(*told, {"diagnosis": found.document}))

    result = run("doctor", "alice")

    assert result.exit_code == 7
    assert "✗ failed       log-in" in result.stdout
    assert "What to do:    Mend it." in result.stdout
    assert asked.sent == [("POST", PATH, {})]


@pytest.mark.parametrize(
    ("rest", "code", "message"),
    [
        (b"", 7, "ended in the middle of the diagnosis"),
        (lines({"detail": "there is no notebook alice any more"}), 6, "no notebook alice any more"),
        (b"<html>\n", 1, "answered what no gateway does"),
    ],
)
def test_what_is_found_is_printed_as_it_comes(
    run: Run, asked: Answers, rest: bytes, code: int, message: str
) -> None:
    """Whatever becomes of the rest."""
    asked.answers[PATH] = (200, lines({"finding": GOOD.document}) + rest)

    result = run("doctor", "alice")

    assert "✓ ok           name resolution" in result.stdout
    assert (result.exit_code, message in result.stderr) == (code, True)


@pytest.mark.parametrize(("status", "code"), [(403, 5), (404, 6), (429, 1), (401, 4)])
def test_refusals_become_exit_codes(run: Run, asked: Answers, status: int, code: int) -> None:
    asked.answers[PATH] = (status, {"detail": "because"})

    assert run("doctor", "alice").exit_code == code


def test_configuration_comes_before_the_variable(
    run: Run, asked: Answers, config: Path, wiring: FakeWiring
) -> None:
    """Where the keys are, nobody needs to be asked."""
    assert run("doctor", "alice", "--config", config).exit_code == 0
    assert asked.sent == []


def test_running_gateway_is_asked_for_one(run: Run, asked: Answers) -> None:
    result = run("doctor")

    assert result.exit_code == 2
    assert "which notebook" in result.stderr
