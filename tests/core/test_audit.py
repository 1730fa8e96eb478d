"""Each line of the audit log vouches for all before it."""

import json
from dataclasses import replace

import pytest

from gateway.core.audit import (
    FIRST_DIGEST,
    LONGEST_TEXT,
    Act,
    Anchor,
    Broken,
    Line,
    broken,
    chained,
    entry,
)

NOW = 1_800_000_000.25
ENTRIES = [
    entry(Act.LOGGED_IN, NOW, actor="alice", address="192.0.2.1"),
    entry(Act.SHARED, NOW + 1, actor="alice", notebook="alice", subject="bob", detail="view"),
    entry(Act.OPENED, NOW + 2, actor="bob", notebook="alice"),
]


def test_lines_are_numbered_and_follow_each_other() -> None:
    lines = chained(Anchor(), ENTRIES)

    assert [line.number for line in lines] == [1, 2, 3]
    assert broken(Anchor(), lines) is None
    assert lines == [
        *chained(Anchor(), ENTRIES[:2]),
        *chained(Anchor(2, chained(Anchor(), ENTRIES[:2])[-1].digest), ENTRIES[2:]),
    ]


@pytest.mark.parametrize(
    "field", ["at", "act", "actor", "notebook", "subject", "address", "detail"]
)
def test_a_changed_field_is_noticed(field: str) -> None:
    lines = list(chained(Anchor(), ENTRIES))
    other = {"at": NOW + 9, "act": Act.LOGGED_OUT}.get(field, "mallory")
    lines[1] = replace(lines[1], entry=replace(lines[1].entry, **{field: other}))

    assert broken(Anchor(), lines) == Broken(2, "has been changed, or a line before it")


def test_a_line_left_out_or_slipped_in_is_noticed() -> None:
    one, two, three = chained(Anchor(), ENTRIES)

    assert broken(Anchor(), [one, three]) == Broken(2, "is missing; the next one there is 3")
    assert broken(Anchor(), [two, three]) == Broken(1, "is missing; the next one there is 2")
    forged = chained(Anchor(2, FIRST_DIGEST), [ENTRIES[0]])[0]
    assert broken(Anchor(), [one, two, forged]) == Broken(
        3, "has been changed, or a line before it"
    )


def test_texts_can_neither_forge_a_line_nor_fill_the_disk() -> None:
    made = entry(Act.LOG_IN_REFUSED, NOW, subject="x\n{}\x1b[2J" + "y" * 10_000)

    assert made.subject.startswith("x{}[2Jy")
    assert len(made.subject) <= LONGEST_TEXT


def test_a_line_for_programs_holds_all_of_it() -> None:
    line = Line(7, ENTRIES[1], "ab")

    assert json.loads(line.as_json()) == {
        "number": 7,
        "at": NOW + 1,
        "act": "shared",
        "actor": "alice",
        "notebook": "alice",
        "subject": "bob",
        "address": "",
        "detail": "view",
        "digest": "ab",
    }
