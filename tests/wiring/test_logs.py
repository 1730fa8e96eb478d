"""gateway.wiring.logs: one form for every line, ours and the libraries'."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from gateway.core.inventory import Log, LogFormat
from gateway.wiring.logs import ACCESS, configure


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    held, level = list(root.handlers), root.level
    yield
    root.handlers[:] = held
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_json_has_a_line_for_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(format=LogFormat.JSON))

    logging.getLogger("gateway.x").info("tunnel %s: up", "alice@lab", extra={"tries": 2})

    (line,) = lines(capsys)
    said = json.loads(line)
    assert (said["event"], said["level"], said["tries"]) == ("tunnel alice@lab: up", "info", 2)


@pytest.mark.parametrize("form", [LogFormat.JSON, LogFormat.TEXT])
def test_d12_a_client_can_not_forge_a_line(
    form: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    """Threat D12: no second line, and nothing that drives a terminal."""
    configure(Log(format=form))

    logging.getLogger("gateway.x").warning("refused %s", "a\r\n\x1b[31mforged")

    (line,) = lines(capsys)
    assert "\x1b" not in line


def test_level_is_kept_and_libraries_are_quieter(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(level="warning", format=LogFormat.TEXT))

    logging.getLogger("gateway.x").info("not heard")
    logging.getLogger("gateway.x").warning("heard")
    configure(Log(level="info", format=LogFormat.TEXT))
    logging.getLogger("asyncssh").info("not heard either")

    (line,) = lines(capsys)
    assert "heard" in line


def test_automatic_form_is_json_off_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    configure(Log())

    logging.getLogger("gateway.x").info("hello")

    assert json.loads(written.getvalue())["event"] == "hello"


@pytest.mark.parametrize("text", ["/lab", "/\x1b[31m\r\n", "/caf\u00e9"])
def test_the_short_way_writes_the_same_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A line of the access log looks as if it came by the long way, but for its logger's name."""
    configure(Log(format=LogFormat.JSON))
    told = {"method": "GET", "path": text, "status": 200, "milliseconds": 1.5}

    for name in (ACCESS, "gateway.other"):
        logging.getLogger(name).info("GET %s %d", text, 200, extra=told)

    short, full = [list(json.loads(line).items()) for line in lines(capsys)]
    assert [item for item in short if item[0] not in {"logger", "timestamp"}] == [
        item for item in full if item[0] not in {"logger", "timestamp"}
    ]
    assert [key for key, _ in short] == [key for key, _ in full]
    assert dict(short)["logger"] == ACCESS


def test_an_exception_in_the_access_log_goes_the_long_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(Log(format=LogFormat.JSON))

    logging.getLogger(ACCESS).error("odd", exc_info=ValueError("why"))

    (line,) = lines(capsys)
    assert "ValueError: why" in json.loads(line)["exception"]
