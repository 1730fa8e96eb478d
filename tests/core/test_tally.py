"""gateway.core.tally: the first is told, of the rest their number."""

from gateway.core.tally import MOST_KEYS, SPAN_SECONDS, Tally


def test_the_first_is_told_and_the_rest_are_counted() -> None:
    tally = Tally(beyond="others")

    told = [tally.count("bob", now) for now in (0.0, 1.0, 2.0)]

    assert told == ["bob", None, None]
    assert tally.over(SPAN_SECONDS - 0.1) == {}
    assert tally.over(SPAN_SECONDS) == {"bob": 2}
    assert tally.count("bob", SPAN_SECONDS) == "bob"


def test_one_alone_is_told_once() -> None:
    tally = Tally(beyond="others")
    tally.count("bob", 0.0)

    assert tally.over(SPAN_SECONDS) == {}
    assert tally.rest() == {}


def test_each_is_counted_by_itself() -> None:
    tally = Tally(beyond="others")

    assert [tally.count(key, 0.0) for key in ("bob", "carol", "bob")] == ["bob", "carol", None]
    assert tally.rest() == {"bob": 1}


def test_too_many_different_ones_are_counted_together() -> None:
    tally = Tally(beyond=-1)

    told = [tally.count(key, 0.0) for key in range(MOST_KEYS + 3)]

    assert told[-3:] == [-1, None, None]
    assert tally.over(SPAN_SECONDS) == {-1: 2}
    assert tally.count(1, SPAN_SECONDS) == 1


def test_a_clock_set_back_ends_a_span() -> None:
    tally = Tally(beyond="others")
    tally.count("bob", 100.0)
    tally.count("bob", 100.0)

    assert tally.over(50.0) == {"bob": 1}
