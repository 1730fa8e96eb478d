"""gateway.tunnels.sharing: answers that are never older than the question."""

import asyncio

import pytest

from gateway.tunnels.sharing import Shared

pytestmark = pytest.mark.anyio


class Oracle:
    """Answers with a number, when it is let to."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        return number


async def test_a_question_under_way_may_be_too_old() -> None:
    """Who comes while one is asked gets the next one's answer, together with all who came so late."""
    oracle = Oracle()
    shared = Shared(oracle)

    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(shared.fresh())
        await asyncio.sleep(0)
        late = [tasks.create_task(shared.fresh()) for _ in range(3)]
        await asyncio.sleep(0)
        oracle.may_answer.set()

    assert first.result() == 1
    assert [task.result() for task in late] == [2, 2, 2]


async def test_each_call_asks_anew() -> None:
    """An answer is not kept."""
    oracle = Oracle()
    oracle.may_answer.set()
    shared = Shared(oracle)

    assert [await shared.fresh() for _ in range(3)] == [1, 2, 3]


async def test_who_gives_up_spoils_nothing() -> None:
    """If the one that asks for all is cancelled, the next one asks."""
    oracle = Oracle()
    shared = Shared(oracle)

    async with asyncio.TaskGroup() as tasks:
        first, second, third = (tasks.create_task(shared.fresh()) for _ in range(3))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        oracle.may_answer.set()

    assert first.cancelled()
    assert second.result() == third.result() == 2


async def test_a_failure_is_for_the_one_who_asked() -> None:
    """The others ask for themselves."""
    answers = iter([1])

    async def ask() -> int:
        return next(answers, 2) if asked.pop() else int("no number")

    asked = [True, False]
    shared = Shared(ask)

    with pytest.raises(ValueError, match="no number"):
        await shared.fresh()
    assert await shared.fresh() == 1
