"""gateway.wiring.wanted: a good new file is in force at once, a bad one changes nothing."""

import logging
from pathlib import Path

import pytest

from gateway.core.inventory import Inventory
from gateway.core.names import MemberName
from gateway.errors import ConfigurationInvalid
from gateway.wiring.wanted import Wanted

FILE = """
version: 1
server: {listen: "127.0.0.1:8000", public_url: "http://localhost:8000"}
members:
  alice: {}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(FILE)
    return file


@pytest.fixture
def seen() -> list[Inventory]:
    return []


@pytest.fixture
def wanted(file: Path, seen: list[Inventory]) -> Wanted:
    wanted = Wanted(file, {})
    wanted.followers.append(seen.append)
    return wanted


def test_a_bad_file_does_not_start(file: Path) -> None:
    file.write_text("servr: {}")

    with pytest.raises(ConfigurationInvalid):
        Wanted(file, {})


def test_a_new_file_is_in_force_and_told(file: Path, wanted: Wanted, seen: list[Inventory]) -> None:
    file.write_text(FILE + "  bob: {}\n")

    wanted.reload()

    assert MemberName("bob") in wanted.inventory.members
    assert seen == [wanted.inventory]


def test_the_same_file_is_no_news(wanted: Wanted, seen: list[Inventory]) -> None:
    wanted.reload()

    assert seen == []


def test_a_bad_new_file_changes_nothing_and_is_shouted(
    file: Path, wanted: Wanted, seen: list[Inventory], caplog: pytest.LogCaptureFixture
) -> None:
    """Fault 29; and the problem is there to be shown until it is mended."""
    held = wanted.inventory
    file.write_text(FILE.replace("members", "membrs"))

    wanted.reload()

    assert wanted.inventory is held
    assert seen == []
    assert "membrs" in "".join(wanted.problems)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2

    file.write_text(FILE)
    wanted.reload()
    assert wanted.problems == ()


def test_a_removed_file_changes_nothing(file: Path, wanted: Wanted) -> None:
    file.unlink()

    wanted.reload()

    assert MemberName("alice") in wanted.inventory.members
    assert wanted.problems


def test_what_only_a_restart_changes_is_said_and_kept(
    file: Path, wanted: Wanted, seen: list[Inventory], caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(FILE.replace("127.0.0.1:8000", "127.0.0.1:9000") + "  bob: {}\n")

    wanted.reload()

    assert wanted.inventory.server.listen.port == 8000
    assert len(seen) == 1
    assert "at a restart" in caplog.text


def test_what_is_in_effect_is_shown_without_secrets(file: Path) -> None:
    """Defaults filled in, each line with where its value is from; a password is blotted out."""
    environ = {"GATEWAY_STORE": "postgresql+psycopg://gateway:hunter2@db/gateway"}
    wanted = Wanted(file, environ)

    assert "public_url: http://localhost:8000  # " in wanted.shown
    assert "routing: path  # default" in wanted.shown
    assert "hunter2" not in wanted.shown
    assert "gateway:***@db" in wanted.shown

    file.write_text(FILE.replace("members", "membrs"))
    before = wanted.shown
    wanted.reload()
    assert wanted.shown == before
    file.write_text(FILE + "  bob: {}\n")
    wanted.reload()
    assert "bob" in wanted.shown
