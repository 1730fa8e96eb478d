"""gateway.wiring.files: there is room for the connections, or the log says that there is not."""

import resource
from collections.abc import Iterator

import pytest

from gateway.core.inventory import Limits
from gateway.wiring.files import SPARE, make_room


@pytest.fixture(autouse=True)
def _few_files() -> Iterator[None]:
    """A shell's usual limit, and that of before at the end."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def allowed() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_room_is_made_where_it_is_needed(caplog: pytest.LogCaptureFixture) -> None:
    """A shell's usual 1,024 is too little for as many connections."""
    make_room(Limits(connections=1000))

    assert allowed() == 1000 + SPARE
    assert caplog.text == ""


def test_room_that_is_there_is_left_alone() -> None:
    make_room(Limits(connections=100))

    assert allowed() == 1024


def test_too_little_room_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system does not give is asked for by name."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 2048))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: asked.append(both))

    make_room(Limits(connections=4096))

    assert asked == [(2048, 2048)]
    assert "server.limits.connections" in caplog.text
