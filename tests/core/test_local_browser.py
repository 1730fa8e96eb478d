"""gateway.core.local_browser: where the browser is."""

from collections.abc import Mapping

import pytest

from gateway.core.local_browser import browser_is_here


@pytest.mark.parametrize(
    ("environ", "platform", "here"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"DISPLAY": ""}, "linux", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "192.0.2.1 1 2 22"}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_TTY": "/dev/ttys001"}, "darwin", False),
    ],
)
def test_a_browser_is_here_where_somebody_sees_it(
    environ: Mapping[str, str],
    platform: str,
    here: bool,  # noqa: FBT001
) -> None:
    assert browser_is_here(environ, platform) is here
