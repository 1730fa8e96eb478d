"""gateway.wiring.telling: each line of the audit log is told once, whoever wrote it and whatever is in the way."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.audit import Act
from gateway.store.store import Store, open_store
from gateway.wiring.telling import Teller

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/gateway.db"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with open_store(url) as held:
        yield held


async def noted(store: Store, *actors: str) -> None:
    for actor in actors:
        store.audit.note(Act.OPENED, actor=actor, notebook="alice")
    await store.audit.flush()


def told(file: Path) -> list[str]:
    return [json.loads(line)["actor"] for line in file.read_text().splitlines()]


async def test_each_line_is_told_once_whoever_wrote_it_and_across_restarts(
    store: Store, url: str, tmp_path: Path
) -> None:
    file = tmp_path / "audit.jsonl"
    await noted(store, "alice")
    assert await Teller(store.audit, lambda: str(file)).catch_up()

    async with open_store(url) as command:
        await noted(command, "bob")
    assert await Teller(store.audit, lambda: str(file)).catch_up()

    assert told(file) == ["alice", "bob"]
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_rotated_file_is_made_anew(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    teller = Teller(store.audit, lambda: str(file))
    await noted(store, "alice")
    await teller.catch_up()
    file.rename(tmp_path / "audit.jsonl.1")

    await noted(store, "bob")
    await teller.catch_up()

    assert told(file) == ["bob"]


async def test_off_tells_nothing(store: Store) -> None:
    await noted(store, "alice")

    assert await Teller(store.audit, lambda: None).catch_up()
    assert await store.audit.told() == 0


async def test_standard_output_is_told_too(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    await noted(store, "alice")

    await Teller(store.audit, lambda: "stdout").catch_up()

    assert json.loads(capfd.readouterr().out)["actor"] == "alice"


async def test_a_full_disk_is_told_of_and_leaves_no_half_line(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Fault 27: the lines wait in the store, and each is there once when there is room again."""
    file = tmp_path / "audit.jsonl"
    teller = Teller(store.audit, lambda: str(file))
    await noted(store, "alice")
    await teller.catch_up()
    await noted(store, "bob", "carol")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, before[1]))
    try:
        assert not await teller.catch_up()
        assert not await teller.catch_up()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert f"lines can't be written to {file}: File too large" in teller.trouble
    assert len(caplog.records) == 1
    assert told(file) == ["alice"]
    assert await teller.catch_up()
    assert (told(file), teller.trouble) == (["alice", "bob", "carol"], "")


async def test_it_follows_what_is_added_and_tries_again(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    file = folder / "audit.jsonl"
    failed, done = asyncio.Event(), asyncio.Event()

    async def sleep(_seconds: float) -> None:
        failed.set()
        await done.wait()

    await noted(store, "alice")
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(Teller(store.audit, lambda: str(file)).run(sleep))
        await failed.wait()
        folder.mkdir()
        done.set()
        while not file.exists():
            await store.audit.told()  # each look at the database lets the task go on
        task.cancel()

    assert told(file) == ["alice"]
