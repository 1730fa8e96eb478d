"""Commands that ask a running gateway: ls, status, open, healthcheck."""

import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli import api, healthcheck, status
from tests.cli.conftest import Answers, Run

ALICE = {
    "name": "alice",
    "url": "/alice/",
    "owner": "alice",
    "state": "ready",
    "since": "2026-01-01T00:00:00Z",
    "summary": "ready",
    "detail": "",
}
LIST, ONE = "/-/api/v1/notebooks", "/-/api/v1/notebooks/alice"


@pytest.fixture
def asked(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A gateway that the variables name, with alice's notebook."""
    monkeypatch.setenv("GATEWAY_URL", answers.url + "/")
    monkeypatch.setenv("GATEWAY_TOKEN", "gwp_x")
    answers.answers = {LIST: (200, [ALICE]), ONE: (200, ALICE)}
    return answers


def test_ls_lists_what_i_may_open(run: Run, asked: Answers) -> None:
    result = run("ls")

    assert result.stdout.splitlines() == [
        "NAME   STATE  SUMMARY  OWNER  URL",
        f"alice  ready  ready    alice  {asked.url}/alice/",
    ]
    assert asked.asked[0][:2] == (LIST, "Bearer gwp_x")


def test_ls_as_json_holds_everything(run: Run, asked: Answers) -> None:
    assert json.loads(run("ls", "-o", "json").stdout) == [{**ALICE, "url": f"{asked.url}/alice/"}]


def test_a_token_file_comes_before_the_variable(run: Run, asked: Answers, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("gwp_file\n")

    run("ls", "--token-file", tmp_path / "token")

    assert asked.asked[0][1] == "Bearer gwp_file"


def test_what_a_notebook_says_cannot_steer_the_terminal(run: Run, asked: Answers) -> None:
    asked.answers[LIST] = (200, [{**ALICE, "state": "\x1b[2Jready"}])

    assert "\x1b" not in run("ls").stdout


def test_status_says_why(run: Run, asked: Answers) -> None:
    asked.answers[ONE] = (
        200,
        {**ALICE, "state": "stopped", "detail": "nothing listens at port 7001"},
    )

    result = run("status", "alice")

    assert "nothing listens at port 7001" in result.stdout


def test_watching_prints_what_changed(
    run: Run, asked: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = iter(["stopped", "stopped"])

    def sleep(seconds: float) -> None:
        state = next(states, None)
        if state is None:
            raise KeyboardInterrupt
        asked.answers[LIST] = (200, [{**ALICE, "state": state}])

    monkeypatch.setattr(status.time, "sleep", sleep)

    result = run("status", "--watch")

    assert [line.split()[1] for line in result.stdout.splitlines()] == [
        "STATE",
        "ready",
        "STATE",
        "stopped",
    ]
    assert result.exit_code == 130


def test_open_prints_the_url_and_starts_no_browser_without_a_terminal(
    run: Run, asked: Answers
) -> None:
    assert run("open", "alice").stdout == f"{asked.url}/alice/\n"


@pytest.mark.parametrize(
    ("status_code", "code"), [(401, 4), (403, 5), (404, 6), (500, 1), (503, 1)]
)
def test_answers_become_exit_codes(run: Run, asked: Answers, status_code: int, code: int) -> None:
    asked.answers[ONE] = (status_code, {"detail": "because"})

    result = run("open", "alice")

    assert result.exit_code == code
    assert result.stderr == f"gateway: because ({status_code})\n"


def test_what_is_no_gateway_is_a_failure(run: Run, asked: Answers) -> None:
    asked.answers[LIST] = (200, b"<html>")

    assert run("ls").exit_code == 1


@pytest.mark.parametrize("verb", [("ls",), ("status",), ("open", "alice")])
def test_without_an_address_it_says_what_to_do(run: Run, verb: tuple[str, ...]) -> None:
    result = run(*verb)

    assert result.exit_code == 4
    assert "GATEWAY_URL" in result.stderr


def test_without_a_token_it_says_what_to_do(run: Run) -> None:
    result = run("ls", "--url", "http://127.0.0.1:1")

    assert result.exit_code == 4
    assert "GATEWAY_TOKEN" in result.stderr


def test_an_absent_gateway_is_unreachable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "gwp_x")

    assert run("ls", "--url", f"http://127.0.0.1:{free_port()}").exit_code == 7
    assert run("ls", "--url", "nonsense").exit_code == 7


def test_a_silent_gateway_times_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "gwp_x")
    monkeypatch.setattr(api, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = run("ls", "--url", f"http://127.0.0.1:{silent.getsockname()[1]}")

    assert result.exit_code == 8


Listening = Callable[[int], Path]


@pytest.fixture
def listening(config: Path) -> Listening:
    """Make the configuration listen at a port."""

    def at(port: int) -> Path:
        config.write_text(
            config.read_text().replace("listen: 127.0.0.1:8000", f"listen: 0.0.0.0:{port}")
        )
        return config

    return at


@pytest.mark.parametrize(("status_code", "code"), [(200, 0), (503, 1)])
def test_health_is_what_readyz_says(
    run: Run, answers: Answers, listening: Listening, status_code: int, code: int
) -> None:
    answers.answers["/-/readyz"] = (status_code, b"words\n")

    result = run("healthcheck", "--config", listening(answers.server_port))

    assert result.exit_code == code
    assert answers.asked == [("/-/readyz", None, "localhost:8000")]


def test_health_is_asked_over_tls_where_that_is_spoken(
    run: Run, answers: Answers, listening: Listening, certificate: tuple[Path, Path]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    answers.socket = context.wrap_socket(answers.socket, server_side=True)
    answers.answers["/-/readyz"] = (200, b"ready\n")
    file = listening(answers.server_port)
    tls = f"server: {{tls: {{certificate: {certificate[0]}, key: {certificate[1]}}}, "
    file.write_text(file.read_text().replace("server: {", tls).replace("http:", "https:"))

    assert run("healthcheck", "--config", file).exit_code == 0


def test_nobody_there_is_unreachable(run: Run, listening: Listening) -> None:
    assert run("healthcheck", "--config", listening(free_port())).exit_code == 7


def test_silence_times_out(run: Run, listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healthcheck, "PATIENCE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = run("healthcheck", "--config", listening(silent.getsockname()[1]))

    assert result.exit_code == 8


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_status_tells_what_can_not_be_dialled_again(run: Run, asked: Answers) -> None:
    """It works, so far: what is wrong stands beside."""
    degraded = {
        "since": "2026-01-02T03:04:05.678Z",
        "reason": "unreachable",
        "summary": "Degraded: cannot reconnect.",
    }
    asked.answers[LIST] = (200, [{**ALICE, "degraded": degraded}])

    told = run("status").stdout.splitlines()[1]

    assert "ready, degraded since 2026-01-02T03:04:05Z" in told
    assert told.endswith("Degraded: cannot reconnect.")
