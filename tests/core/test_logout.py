"""gateway.core.logout: where a notebook logs its user out."""

import pytest

from gateway.core.logout import is_logout
from gateway.core.names import NotebookName
from gateway.core.routing import AtNotebook


@pytest.mark.parametrize(
    ("rest", "is_it"),
    [(b"/logout", True), (b"/logout?x", True), (b"/logout/x", False), (b"/", False)],
)
def test_logout(rest: bytes, is_it: bool) -> None:  # noqa: FBT001 - a table
    assert is_logout(AtNotebook(NotebookName("alice"), b"/alice", rest)) is is_it


@pytest.mark.parametrize(
    ("rest", "is_it"),
    [
        (b"/logout", True),
        (b"/alice/logout?x", True),
        (b"/bob/logout", False),
        (b"/a/logout", False),
    ],
)
def test_logout_on_a_notebooks_own_host(rest: bytes, is_it: bool) -> None:  # noqa: FBT001 - a table
    assert is_logout(AtNotebook(NotebookName("alice"), b"", rest)) is is_it
