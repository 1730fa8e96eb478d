"""gateway connect and gateway doctor, as far as they go before they serve."""

import socket
from pathlib import Path

import pytest

from gateway.cli import connect, doctor
from tests.cli.conftest import Answers, Run

ALICE = {"name": "alice", "url": "/alice/", "state": "stopped", "summary": "Not running"}


@pytest.fixture
def asked(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A gateway that the variables name, with alice's notebook."""
    monkeypatch.setenv("GATEWAY_URL", answers.url)
    monkeypatch.setenv("GATEWAY_TOKEN", "gwp_x")
    answers.answers = {"/-/api/v1/notebooks/alice": (200, ALICE)}
    return answers


def test_a_notebook_that_is_not_mine_is_not_connected_to(run: Run, asked: Answers) -> None:
    assert run("connect", "bob").exit_code == 6


def test_a_port_that_is_taken_is_named(run: Run, asked: Answers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("connect", "alice", "--port", port)

    assert result.exit_code == 1
    assert f"can't listen at port {port}" in result.stderr


@pytest.mark.parametrize("port", [-1, 65536])
def test_what_is_no_port(run: Run, asked: Answers, port: int) -> None:
    assert run("connect", "alice", "--port", port).exit_code == 2


def test_it_says_where_and_what_stands_in_the_way(
    run: Run, asked: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(serving: object) -> None:
        serving.close()  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr(connect.asyncio, "run", stopped)

    result = run("connect", "alice", "--port", 0)

    assert result.exit_code == 130
    assert result.stdout.startswith("http://localhost:")
    assert "alice is not ready: Not running" in result.stderr


def test_a_token_that_ended_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    told = connect._Telling("https://gateway.example")  # noqa: SLF001

    for status in (200, 401, 401, 200):
        told(status)

    assert capsys.readouterr().err.count("run: gateway login https://gateway.example") == 1


def test_doctor_asks_the_gateway_where_there_is_no_configuration(
    run: Run, answers: Answers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logins = tmp_path / "xdg" / "notebook-gateway" / "logins.json"
    logins.parent.mkdir(parents=True)
    logins.write_text(
        f'{{"version": 1, "default": "{answers.url}", "logins":'
        f' [{{"url": "{answers.url}", "member": "alice", "token": "gwp_x"}}]}}'
    )
    logins.chmod(0o600)
    monkeypatch.setattr(doctor, "has_config", lambda: False)

    result = run("doctor", "alice")

    assert answers.sent == [("POST", "/-/api/v1/notebooks/alice/diagnosis/lines", {})]
    assert result.exit_code == 6  # that gateway knows no such notebook
