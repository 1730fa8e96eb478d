"""tests.faults.report: the page says what was seen, kept or not."""

from tests.faults.report import COLUMNS, page
from tests.faults.result import Result
from tests.faults.targets import Check

KEPT = Result(8, "silent cut", "DROP", {"healed": "0.5 s"}, [Check("noticed", "8 s", met=True)])
MISSED = Result(11, "reset", "ss -K", {}, [Check("healed", "never", met=False)], ["once"])


def test_page_names_what_was_not_kept() -> None:
    """A missed promise stands out, in the verdict and in its place."""
    text = page([KEPT, MISSED], {39: "no NAT here"}, "On a machine.")

    assert "Not all of it in rows 11." in text
    assert "- **not kept**: healed (seen: never)" in text
    assert "- kept: noticed (seen: 8 s)" in text
    assert "**11. reset** (ss -K). once." in text
    assert "- Row 39: no NAT here." in text


def test_page_says_when_all_is_kept() -> None:
    assert "All of it." in page([KEPT], {}, "")


def test_table_has_a_row_for_each_outage() -> None:
    """What has no figures has promises only."""
    rows = [line for line in page([KEPT, MISSED], {}, "").splitlines() if line.startswith("| ")]

    assert [row.count("|") for row in rows] == [len(COLUMNS) + 3] * 3
    assert "| 8 | silent cut |" in rows[2]
    assert "0.5 s" in rows[2]
