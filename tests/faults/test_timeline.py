"""tests.faults.timeline: from what was seen to what it comes to."""

import pytest

from tests.faults.timeline import (
    OK,
    UNAVAILABLE,
    Closed,
    Probe,
    State,
    Timeline,
    measure,
    percentile,
)

BEGUN, LIFTED = 100.0, 110.0


def probe(sent: float, status: int | None = OK, seconds: float = 0.01, of: str = "alice") -> Probe:
    return Probe(of, sent, sent + seconds, status)


def timeline(*probes: Probe, **seen: object) -> Timeline:
    return Timeline(BEGUN, LIFTED, probes, **seen)  # type: ignore[arg-type]  # a test's shorthand


def test_a_fault_that_nobody_feels_is_healed_at_once() -> None:
    """Nothing failed, nothing was slow."""
    seen = measure(timeline(probe(99), probe(101), probe(109), probe(111)))

    assert (seen.asked, seen.failed, seen.slow) == (3, 0, 0)
    assert seen.healed == 0.0
    assert seen.detected is None
    assert seen.fast is None


def test_an_outage_is_told_lost_and_held_apart() -> None:
    """503 is told, silence and other answers are lost, and a late 200 was only slow."""
    seen = measure(
        timeline(
            probe(99, None),
            probe(99.9, None, seconds=5),
            probe(101, UNAVAILABLE),
            probe(102, 502),
            probe(109, OK, seconds=3),
        )
    )

    assert (seen.told, seen.lost, seen.slow) == (1, 2, 1)
    assert seen.longest == 3


def test_detection_is_when_the_first_state_leaves_ready() -> None:
    states = [
        State("alice", 99, "reconnecting"),
        State("alice", 99.5, "ready"),
        State("carol", 103, "reconnecting"),
        State("alice", 104, "unknown"),
    ]

    assert measure(timeline(states=states)).detected == 3


def test_fast_is_when_all_that_follow_are_told_at_once() -> None:
    """What was held or hung before does not count, and what comes after the end neither."""
    seen = measure(
        timeline(
            probe(100.5, UNAVAILABLE, seconds=5),
            probe(103, UNAVAILABLE),
            probe(104, OK),
            probe(105, UNAVAILABLE),
            probe(106, UNAVAILABLE, seconds=0.03),
            probe(107, UNAVAILABLE, seconds=0.05),
            probe(111, UNAVAILABLE, seconds=2),
        )
    )

    assert seen.fast == 5
    assert seen.telling == pytest.approx(0.03)


def test_what_comes_back_while_the_fault_is_lifted_is_no_slowness() -> None:
    """Undoing a fault takes a while, in which requests may be held, or answered, already."""
    probes = [probe(101, UNAVAILABLE), probe(109, UNAVAILABLE), probe(109.7, OK, seconds=0.6)]

    assert measure(timeline(*probes)).fast is None
    assert measure(timeline(*probes, lifting=109.5)).fast == 1


def test_fast_means_nearly_all() -> None:
    """One late answer among many is the machine's; many are the gateway's."""
    late = probe(105, UNAVAILABLE, seconds=0.2)
    many = [probe(101 + n / 10, UNAVAILABLE) for n in range(80)]

    assert measure(timeline(*many, late)).fast == 1
    assert measure(timeline(*many[::20], late)).fast == 7


def test_held_requests_are_not_fast() -> None:
    assert (
        measure(timeline(*[probe(100 + n, UNAVAILABLE, seconds=5) for n in range(9)])).fast is None
    )


def test_healing_counts_from_the_end_and_must_last() -> None:
    """The first answer after the last failure; a request that was held through the end counts."""
    held = probe(108, OK, seconds=2.5)
    relapse = [probe(110.2), probe(111, UNAVAILABLE), probe(112.5)]

    assert measure(timeline(probe(101, UNAVAILABLE), held)).healed == pytest.approx(0.5)
    assert measure(timeline(held, *relapse)).healed == pytest.approx(2.51)


def test_healed_means_everybody() -> None:
    """The slowest notebook counts, and one that never comes back spoils it all."""
    bad = [probe(101, UNAVAILABLE), probe(101, UNAVAILABLE, of="carol")]

    assert measure(timeline(*bad, probe(111), probe(113, of="carol"))).healed == pytest.approx(3.01)
    assert measure(timeline(*bad, probe(111))).healed is None


def test_healed_means_ready_too() -> None:
    """A reset may be over before a request meets it; the API has seen it."""
    away, back = State("alice", 110.1, "reconnecting"), State("alice", 110.4, "ready")

    assert measure(timeline(probe(111), states=[away, back])).healed == pytest.approx(0.4)
    assert measure(timeline(probe(111), states=[away])).healed is None


def test_web_sockets_are_counted_by_their_codes() -> None:
    closed = [Closed("alice", 99, 1000), Closed("alice", 101, 1006), Closed("carol", 101, 1006)]
    lost = [Probe("alice", 101, 131, None)]
    seen = measure(timeline(closed=closed, echoes=lost))

    assert seen.closed == {1006: 2}
    assert seen.sockets_closed == 2
    assert seen.echoes_lost == 1


def test_a_part_is_what_concerns_its_notebooks() -> None:
    whole = timeline(probe(101), probe(101, None, of="bob"), states=[State("bob", 101, "unknown")])

    assert measure(whole.of(["alice"])).failed == 0
    assert measure(whole.of(["bob"])).detected == 1


@pytest.mark.parametrize(("percent", "seconds"), [(50, 0.5), (99, 0.99)])
def test_percentile(percent: int, seconds: float) -> None:
    """Requests without an answer have no duration."""
    probes = [probe(0, seconds=n / 100) for n in range(101)]

    assert percentile([*probes, probe(0, None, seconds=99)], percent) == pytest.approx(seconds)
    assert percentile(probes[:1], percent) is None
