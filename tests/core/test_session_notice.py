"""gateway.core.session_notice: a notebook's page tells of the end of the log-in, in time."""

import pytest

from gateway.core.session_notice import SCRIPT, warning_seconds, with_notice

DAY = 24 * 3600.0


def test_whole_page_gets_the_script() -> None:
    """A piece of one stays as it is: it becomes part of a page that has the script."""
    assert with_notice(b"<html><BODY class=x>hi</body></html>").endswith(b"</html>" + SCRIPT)
    assert with_notice(b"<p>a piece of a page</p>") == b"<p>a piece of a page</p>"


@pytest.mark.parametrize(
    ("idle", "life", "warned"),
    [(7 * DAY, 30 * DAY, 600), (900, 30 * DAY, 225), (7 * DAY, 60, 15), (3600, 2400, 600)],
)
def test_is_told_ten_minutes_before_or_a_quarter_of_a_short_life(
    idle: float, life: float, warned: float
) -> None:
    """So that a short life is not spent under the notice."""
    assert warning_seconds(idle_seconds=idle, session_seconds=life) == warned
