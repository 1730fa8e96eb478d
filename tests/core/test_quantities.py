"""gateway.core.quantities: reading and writing durations and sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.quantities import duration_seconds, duration_text, size_bytes, size_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("5s", 5), ("1.5s", 1.5), ("10m", 600), ("8h", 28_800), ("30d", 2_592_000)],
)
def test_reads_durations(text: str, seconds: float) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "5", "s", "-5s", "5 s", "5S", "1h30m", "1e3s", "5s\n", "\u0665s", "inf", "9" * 10 + "s"],
)
def test_refuses_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        duration_seconds(text)


@given(st.integers(min_value=0, max_value=999_999_999))
def test_a_duration_written_is_read_back(milliseconds: int) -> None:
    assert duration_seconds(duration_text(milliseconds / 1000)) == milliseconds / 1000


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (0.25, "250ms"), (90, "90s"), (120, "2m"), (86_400, "1d")]
)
def test_writes_the_largest_whole_unit(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("text", "size"), [("512B", 512), ("64KiB", 65_536), ("1MiB", 1_048_576), ("2GiB", 2**31)]
)
def test_reads_sizes(text: str, size: int) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "64", "64K", "64KB", "64 KiB", "1.5MiB", "-1B"])
def test_refuses_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        size_bytes(text)


@given(st.integers(min_value=0, max_value=10**11))
def test_a_size_written_is_read_back(size: int) -> None:
    assert size_bytes(size_text(size)) == size
