"""tests.faults.targets and result: what is promised, and what is kept of it."""

from pathlib import Path

import pytest

from tests.faults.result import Result, load, save
from tests.faults.targets import OTHERS_UNHARMED, Check, detected, failed, told_only
from tests.faults.timeline import Measures

NOTHING = Measures()


@pytest.mark.parametrize(
    ("seconds", "met", "text"),
    [(0.2, True, "0.2 s"), (0.21, False, "0.21 s"), (None, False, "never")],
)
def test_a_limit_is_kept_or_not(seconds: float | None, text: str, *, met: bool) -> None:
    """What never happened was not kept."""
    check = detected(0.2).check(Measures(detected=seconds), NOTHING)

    assert check == Check("noticed: at most 0.2 s", text, met)


def test_failures_are_told_and_lost() -> None:
    assert failed(3).check(Measures(told=1, lost=2), NOTHING).met
    assert not failed(2).check(Measures(told=1, lost=2), NOTHING).met


def test_others_are_looked_at_apart() -> None:
    """What the fault may do to those it hits says nothing of those it must spare."""
    hit, spared = Measures(lost=9, closed={1006: 4}), Measures(closed={1006: 1})

    assert [one.check(hit, spared).met for one in OTHERS_UNHARMED] == [True, False]
    assert all(one.check(hit, NOTHING).met for one in OTHERS_UNHARMED)


def test_close_codes() -> None:
    assert told_only(Measures(closed={1012: 4}), {1012}).met
    assert not told_only(Measures(closed={1012: 4, 1001: 1}), {1012}).met


def test_a_result_survives_being_kept(tmp_path: Path) -> None:
    """Also in the order of the matrix; a row without checks has promised nothing, so kept nothing."""
    kept = Check("noticed", "0.1 s", met=True)
    results = [
        Result(1, "killed", "SIGKILL", {"healed": "1 s"}, [kept], ["by hand"], "2026-11-24"),
        Result(12, "half open", "iptables"),
    ]
    for result in reversed(results):
        save(tmp_path, result)

    held = load(tmp_path)

    assert held[0] == results[0]
    assert [(result.number, result.met) for result in held] == [(1, True), (12, False)]
