"""gateway.core.mapping: a notebook's own paths, outside and inside."""

from dataclasses import replace

import pytest

from gateway.core.inventory import Scheme
from gateway.core.mapping import is_mapped, own_path, path_outside, target_inside
from gateway.core.names import NotebookName
from gateway.core.routing import AtNotebook
from gateway.core.upstream import Upstream

ALICE = NotebookName("alice")
BY_PATH = AtNotebook(ALICE, b"/alice", b"/lab?x")
BY_HOST = AtNotebook(ALICE, b"", b"/lab?x")
ROOT = Upstream(ALICE, b"localhost:7001", Scheme.HTTP)
BASED = replace(ROOT, base_path=b"/alice/")
ELSEWHERE = replace(ROOT, base_path=b"/user/a/")


@pytest.mark.parametrize(
    ("place", "upstream", "outside", "inside"),
    [
        (BY_PATH, ROOT, b"/alice/lab?x=%2F", b"/lab?x=%2F"),
        (BY_PATH, ROOT, b"/alice/", b"/"),
        (BY_PATH, BASED, b"/alice/lab", b"/alice/lab"),
        (BY_PATH, ELSEWHERE, b"/alice/lab", b"/user/a/lab"),
        (BY_HOST, ROOT, b"/lab", b"/lab"),
        (BY_HOST, BASED, b"/alice/lab", b"/alice/lab"),
    ],
)
def test_there_and_back(
    place: AtNotebook, upstream: Upstream, outside: bytes, inside: bytes
) -> None:
    assert target_inside(place, upstream, outside) == inside
    assert path_outside(place, upstream, inside) == outside


@pytest.mark.parametrize(
    ("path", "outside"),
    [(b"//evil/x", b"//evil/x"), (b"/other/x", b"/other/x"), (b"/user/a", b"/alice/")],
)
def test_what_is_not_the_notebooks_stays(path: bytes, outside: bytes) -> None:
    assert path_outside(BY_PATH, ELSEWHERE, path) == outside


def test_only_another_base_is_mapped() -> None:
    assert is_mapped(BY_PATH, ROOT)
    assert not is_mapped(BY_PATH, BASED)
    assert not is_mapped(BY_HOST, ELSEWHERE)


@pytest.mark.parametrize(
    ("place", "upstream", "path"),
    [
        (BY_PATH, ROOT, b"/lab?x"),
        (BY_PATH, BASED, b"/lab?x"),
        (BY_PATH, ELSEWHERE, b"/lab?x"),
        (BY_HOST, ROOT, b"/lab?x"),
        (BY_HOST, BASED, b"/lab?x"),
        (BY_HOST._replace(rest=b"/alice/lab"), BASED, b"/lab"),
        (BY_HOST._replace(rest=b"/alice/"), BASED, b"/"),
    ],
)
def test_own_paths_begin_at_a_slash(place: AtNotebook, upstream: Upstream, path: bytes) -> None:
    assert own_path(place, upstream) == path
