"""tests.bench: what is read from wrk, and what the samples come to."""

import pytest

from tests.bench.load import Requests, read_wrk
from tests.bench.processes import BenchFailed
from tests.bench.report import Samples, as_json, markdown, ratios

WRK = """\
Running 2s test @ http://127.0.0.1:8000/small
  2 threads and 16 connections
  Latency Distribution
     50%    1.20ms
     99%{p99:>10}
  20000 requests in 2.00s, 5.00MB read
{trouble}Requests/sec:  10000.50
Transfer/sec:      2.50MB
"""


@pytest.mark.parametrize(
    ("p99", "milliseconds"), [("950.00us", 0.95), ("6.80ms", 6.8), ("1.02s", 1020)]
)
def test_reads_rate_and_latency(p99: str, milliseconds: float) -> None:
    """Whatever unit wrk chooses, it becomes milliseconds."""
    seen = read_wrk(WRK.format(p99=p99, trouble=""))

    assert seen == Requests(20000, 10000.5, pytest.approx(milliseconds))


@pytest.mark.parametrize(
    "trouble",
    ["  Socket errors: connect 0, read 3, write 0, timeout 0\n", "  Non-2xx or 3xx responses: 7\n"],
)
def test_wrong_answers_are_no_result(trouble: str) -> None:
    """A contender that answers fast and wrong has no figure at all."""
    with pytest.raises(BenchFailed, match=trouble.split(maxsplit=1)[0]):
        read_wrk(WRK.format(p99="1.00ms", trouble=trouble))


def samples(name: str, *values: float) -> Samples:
    made = Samples(name)
    for value in values:
        made.add("req/s", value)
    return made


def test_ratio_compares_medians() -> None:
    """One slow round does not count for more than one."""
    every = [samples("peer", 100, 110, 3), samples("gateway", 50, 55, 54)]

    assert ratios(every, "peer")["gateway"]["req/s"] == pytest.approx(0.54)


def test_table_has_a_row_for_each() -> None:
    """The table is Markdown, the same width throughout."""
    lines = markdown([samples("peer", 1000), samples("gateway", 800)], "peer").splitlines()

    assert lines[2:] == ["| peer    | 1,000 (1.00) |", "| gateway |   800 (0.80) |"]
    assert len({len(line) for line in lines}) == 1


def test_without_the_reference_there_are_no_ratios() -> None:
    """Measuring one contender alone gives its figures, and no comparison."""
    assert as_json([samples("gateway", 5)], "peer")["ratios"] == {}
    assert markdown([samples("gateway", 5)], "peer").splitlines()[-1] == "| gateway |   5.0 |"
