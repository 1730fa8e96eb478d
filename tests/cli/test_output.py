"""gateway.cli.output: tables for people, JSON for programs."""

import io
import sys

import pytest

from gateway.cli.output import Form, moment, show

ROWS = [{"name": "alice", "groups": ["a", "b"], "admin": True}, {"name": "b", "admin": False}]


class Terminal(io.StringIO):
    """A stdout that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_aligned_text(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, ("name", "groups", "admin"), Form.TABLE)

    assert capsys.readouterr().out == (
        "NAME   GROUPS  ADMIN\nalice  a b     yes\nb      -       no\n"
    )


def test_a_terminal_gets_a_table_without_markup_of_the_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("NO_COLOR", "1")

    show([{"name": "[red]alice[/]"}], ("name",), Form.TABLE)

    assert "[red]alice[/]" in terminal.getvalue()


def test_times_are_utc() -> None:
    assert moment(0.0) == "1970-01-01T00:00:00+00:00"
    assert moment(None) is None
