"""gateway.wiring.watching: a change is noticed however it is made."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.wiring.watching import watch

pytestmark = pytest.mark.anyio


def write_in_place(file: Path) -> None:
    file.write_text("new")


def replace_as_editors_do(file: Path) -> None:
    beside = file.with_suffix(".tmp")
    beside.write_text("new")
    beside.replace(file)


def swap_link_as_kubernetes_does(file: Path) -> None:
    versions = file.parent / "v2"
    versions.mkdir()
    (versions / file.name).write_text("new")
    link = file.parent / "link"
    link.symlink_to(versions / file.name)
    link.replace(file)


@pytest.mark.parametrize(
    "change", [write_in_place, replace_as_editors_do, swap_link_as_kubernetes_does]
)
async def test_change_is_noticed(tmp_path: Path, change: Callable[[Path], None]) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("old")
    changed = asyncio.Event()

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch([file], changed.set))
        while not changed.is_set():  # the watch may not stand at the first change
            change(file)
            await asyncio.wait([tasks.create_task(changed.wait())], timeout=1)
            (file.parent / "v2" / file.name).unlink(missing_ok=True)
            if (file.parent / "v2").is_dir():
                (file.parent / "v2").rmdir()
        watching.cancel()
