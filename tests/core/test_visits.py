"""gateway.core.visits: comings and goings become visits."""

from gateway.core.audit import Act, Entry
from gateway.core.grants import Level
from gateway.core.visits import PastVisit, stay, visits

HOME, OFFICE = "192.0.2.1", "192.0.2.2"


def opened(at: float, actor: str, address: str = HOME, level: Level = Level.USE) -> Entry:
    return Entry(at, Act.OPENED, actor, "alice", address=address, detail=level)


def left(at: float, actor: str, seconds: float, address: str = HOME) -> Entry:
    detail = stay(Level.USE, seconds)
    return Entry(at, Act.LEFT, actor, "alice", address=address, detail=detail)


def test_a_coming_and_its_going_are_one_visit() -> None:
    log = [opened(100, "bob"), left(160, "bob", 60), opened(200, "bob"), left(300, "bob", 90)]

    assert visits(reversed(log)) == [
        PastVisit("bob", Level.USE, HOME, 200, 90),
        PastVisit("bob", Level.USE, HOME, 100, 60),
    ]


def test_whose_going_nobody_saw_has_no_length() -> None:
    """The gateway died, or the visit goes on."""
    log = [opened(100, "bob"), opened(200, "bob"), left(300, "bob", 90), opened(400, "bob")]

    assert [visit.seconds for visit in visits(reversed(log))] == [None, 90, None]


def test_members_addresses_and_levels_are_kept_apart() -> None:
    log = [
        opened(100, "bob"),
        opened(101, "bob", OFFICE),
        opened(102, "carol"),
        opened(103, "bob", level=Level.VIEW),
        left(110, "carol", 8),
        left(120, "bob", 19, OFFICE),
    ]

    assert [visit.seconds for visit in visits(reversed(log))] == [None, 8, 19, None]


def test_a_going_whose_coming_was_pruned_is_no_visit() -> None:
    assert visits([left(100, "bob", 60)]) == []
