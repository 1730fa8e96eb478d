"""What the tests about viewers share."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from gateway.core.inventory import Grantees
from gateway.core.names import MemberName, NotebookName
from gateway.core.upstream import Kind
from tests.door.fakes import House, upstream


def view_by(gateway: House, *members: MemberName) -> None:
    """Say who may view alice's notebook."""
    name = NotebookName("alice")
    gateway.notebooks.upstreams[name] = replace(upstream("alice"), kind=Kind.JUPYTER)
    may_view = Grantees(members=frozenset(members))
    alice = replace(gateway.inventory.notebooks[name], view=may_view)
    gateway.apply(notebooks={**gateway.inventory.notebooks, name: alice})


async def until(predicate: Callable[[], bool]) -> None:
    """Let the loop turn until ``predicate`` holds."""
    async with asyncio.timeout(5):
        while not predicate():  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)
