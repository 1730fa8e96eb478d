"""gateway.wiring.watching: a change is noticed however it is made, and nothing else is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.wiring.watching import look, watch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text("old")
    return file


def write_in_place(file: Path, text: str) -> None:
    file.write_text(text)


def replace_as_editors_do(file: Path, text: str) -> None:
    beside = file.with_suffix(".tmp")
    beside.write_text(text)
    beside.replace(file)


def swap_link_as_kubernetes_does(file: Path, text: str) -> None:
    version = file.parent / f"version-{text}"
    version.mkdir(exist_ok=True)
    (version / file.name).write_text(text)
    link = file.parent / "link"
    link.symlink_to(version / file.name)
    link.replace(file)


@asynccontextmanager
async def told_of(file: Path) -> AsyncIterator[asyncio.Queue[str]]:
    """What the file holds whenever we are told; the watch stands when the block begins."""
    told: asyncio.Queue[str] = asyncio.Queue()
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch([file], lambda: told.put_nowait(file.read_text())))
        for attempt in range(100):
            replace_as_editors_do(file, f"first {attempt}")
            try:
                async with asyncio.timeout(1):
                    await told.get()
                    break
            except TimeoutError:  # it did not stand yet
                continue
        yield told
        watching.cancel()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "change", [write_in_place, replace_as_editors_do, swap_link_as_kubernetes_does]
)
async def test_change_is_noticed(file: Path, change: Callable[[Path, str], None]) -> None:
    async with told_of(file) as told:
        change(file, "new")

        while await told.get() != "new":
            pass


def test_what_happens_beside_is_no_news(file: Path) -> None:
    """A database in the same folder is written to all the time."""
    before = look([file])

    write_in_place(file.with_name("gateway.db"), "x")

    assert look([file]) == before
    replace_as_editors_do(file, "new")
    assert look([file]) != before


def test_a_file_that_is_gone_is_news(file: Path) -> None:
    before = look([file])

    file.unlink()

    assert look([file]) != before
