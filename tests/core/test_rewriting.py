"""gateway.core.rewriting: a root-based Jupyter's pages hold under a path, and its token stays inside."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.head import Header, ResponseHead
from gateway.core.inventory import Scheme
from gateway.core.names import NotebookName
from gateway.core.rewriting import LARGEST_MOVED_BYTES, Rewrite, may_be_rewritten, rewriting
from gateway.core.routing import AtNotebook
from gateway.core.session_notice import with_notice
from gateway.core.upstream import Upstream
from gateway.core.viewing_page import BADGE

ALICE = NotebookName("alice")
PLACE = AtNotebook(ALICE, b"/alice", b"/lab")
ON_HOST = AtNotebook(ALICE, b"", b"/lab")
TOKEN = "0123456789abcdef0123456789abcdef"
ROOT = Upstream(ALICE, b"localhost:7001", Scheme.HTTP, token=TOKEN)
BASED = replace(ROOT, base_path=b"/alice/")
HTML: Header = (b"content-type", b"text/html; charset=UTF-8")


PAGES = Path(__file__).parent / "pages"
"""What JupyterLab 4.6 with Jupyter Server 2.21 answered: once for itself, once with a base URL of /alice/."""
REAL_TOKEN = "0123456789abcdef" * 3


def comparable(page: bytes) -> bytes:
    """Return ``page`` with its configuration in one spelling, whoever wrote the JSON."""
    pattern = re.compile(rb'(?<=<script id="jupyter-config-data" type="application/json">)[^<]*')
    return pattern.sub(lambda found: json.dumps(json.loads(found[0])).encode(), page)


@pytest.mark.parametrize("name", ["lab.html", "missing.html", "logout.html", "kernelspecs.json"])
def test_real_pages_become_what_jupyter_itself_would_have_written(name: str) -> None:
    root = replace(ROOT, token=REAL_TOKEN)
    page = name.endswith(".html")

    rewritten = Rewrite(PLACE, root, page=page)((PAGES / "root" / name).read_bytes())

    wanted = (PAGES / "alice" / name).read_bytes().replace(REAL_TOKEN.encode(), b"")
    assert comparable(rewritten) == comparable(with_notice(wanted) if page else wanted)


def test_logos_of_kernels_are_moved_and_no_other_paths() -> None:
    rewrite = Rewrite(PLACE, replace(ROOT, base_path=b"/user/a/"), page=False)
    body = (
        b'{"argv": ["/opt/kernelspecs/x", "/kernelspecs/x"], "logo": "%b/kernelspecs/x/logo.svg"}'
    )

    assert rewrite(body % b"/user/a") == body % b"/alice"


@pytest.mark.parametrize("upstream", [ROOT, BASED])
@pytest.mark.parametrize("place", [PLACE, ON_HOST])
def test_the_token_is_in_no_page(place: AtNotebook, upstream: Upstream) -> None:
    page = b'<a href="/lab?token=%b"><body data-jupyter-api-token="%b">' % ((TOKEN.encode(),) * 2)

    assert TOKEN.encode() not in Rewrite(place, upstream, page=True)(page)


@pytest.mark.parametrize(
    "spelling",
    ["p%40ss%2Fw%26%3C%22rd", "p%40ss/w%26%3C%22rd", "p@ss/w&amp;&lt;&quot;rd", 'p@ss/w&<\\"rd'],
)
def test_a_token_of_ones_own_choice_is_in_no_page_however_it_is_spelt(spelling: str) -> None:
    rewrite = Rewrite(ON_HOST, replace(ROOT, token='p@ss/w&<"rd'), page=True)

    assert rewrite(f"a {spelling} b".encode()) == b"a  b"


def test_a_page_that_holds_needs_only_its_token_out() -> None:
    page = b'<a href="/alice/x"><script id="jupyter-config-data">{"baseUrl": "/alice/"}</script>'

    assert Rewrite(PLACE, BASED, page=True)(page) == page


@pytest.mark.parametrize(
    ("rest", "headers", "rewritten"),
    [
        (b"/lab", [HTML], True),
        (b"/nothing-here", [(b"content-type", b"TEXT/HTML")], True),
        (b"/files/x.html", [HTML], False),
        (b"/nbconvert/html/x.ipynb", [HTML], False),
        (b"/static/x.html", [HTML], False),
        (b"/lab", [HTML, (b"content-disposition", b"attachment; filename=x")], False),
        (b"/lab", [HTML, (b"content-encoding", b"gzip")], False),
        (b"/lab", [(b"content-type", b"text/css")], False),
        (b"/lab", [], False),
        (b"/api/kernelspecs?1", [(b"content-type", b"application/json; charset=UTF-8")], True),
        (b"/api/contents", [(b"content-type", b"application/json")], False),
        (b"/api/contents/kernelspecs", [(b"content-type", b"application/json")], False),
        (b"/lab", [HTML, (b"content-disposition", b"inline; filename=attachment")], True),
        (b"/lab", [HTML, (b"content-encoding", b"identity")], True),
    ],
)
def test_only_pages_are_read(rest: bytes, headers: list[Header], rewritten: bool) -> None:  # noqa: FBT001 - a table
    place = PLACE._replace(rest=rest)

    found = rewriting(ResponseHead(200, b"OK", headers), place, ROOT)

    assert (found is not None) is rewritten


def test_a_huge_page_loses_its_token_and_keeps_its_paths() -> None:
    page = b'<a href="/lab?token=%b">' % TOKEN.encode() + b" " * LARGEST_MOVED_BYTES

    rewritten = Rewrite(PLACE, ROOT, page=True)(page)

    assert rewritten.rstrip() == b'<a href="/lab?token=">'


def test_a_part_of_a_page_is_not_read() -> None:
    assert rewriting(ResponseHead(206, b"Partial Content", [HTML]), PLACE, ROOT) is None


@pytest.mark.parametrize(
    ("place", "upstream", "read"),
    [
        (PLACE, ROOT, True),
        (PLACE, BASED, True),
        (PLACE, replace(ROOT, token=None), True),
        (PLACE, replace(BASED, token=None), False),
        (ON_HOST, ROOT, True),
        (ON_HOST, replace(ROOT, token=None), False),
        (ON_HOST._replace(rest=b"/alice/files/x.html"), BASED, False),
        (ON_HOST._replace(rest=b"/alice/lab"), BASED, True),
    ],
)
def test_only_what_has_something_to_change_is_read(
    place: AtNotebook,
    upstream: Upstream,
    read: bool,  # noqa: FBT001 - a table
) -> None:
    found = rewriting(ResponseHead(200, b"OK", [HTML]), place, upstream)

    assert (found is not None) is read
    assert may_be_rewritten(place, upstream) is read


@pytest.mark.parametrize("upstream", [ROOT, BASED, replace(ROOT, token=None)])
def test_a_viewers_page_says_that_it_is_one(upstream: Upstream) -> None:
    """To people and to JupyterLab; else it is the same page."""
    body = b"""<body><script id="jupyter-config-data">{"baseUrl": "/x/", "a": 1}</script></body>"""
    use, view = (
        Rewrite(PLACE, upstream, page=True, viewed=viewed)(body) for viewed in (False, True)
    )

    assert view.endswith(BADGE)
    assert view.replace(b', "exposeAppInBrowser": true', b"") == use + BADGE


def test_a_viewers_pages_are_read_even_where_nothing_else_changes() -> None:
    """And files are not."""
    upstream = replace(BASED, token=None)
    response = ResponseHead(200, b"OK", [HTML])
    file = AtNotebook(ALICE, b"/alice", b"/files/a.html")

    assert rewriting(response, PLACE, upstream) is None
    assert rewriting(response, PLACE, upstream, viewed=True) is not None
    assert rewriting(response, file, upstream, viewed=True) is None
