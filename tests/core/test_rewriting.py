"""gateway.core.rewriting: a root-based Jupyter's pages hold under a path, and its token stays inside."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.head import Header, RequestHead, ResponseHead
from gateway.core.inventory import Scheme
from gateway.core.names import NotebookName
from gateway.core.rewriting import Rewrite, rewriting
from gateway.core.routing import AtNotebook
from gateway.core.upstream import Upstream

ALICE = NotebookName("alice")
PLACE = AtNotebook(ALICE, b"/alice", b"/lab")
ON_HOST = AtNotebook(ALICE, b"", b"/lab")
TOKEN = "0123456789abcdef0123456789abcdef"
ROOT = Upstream(ALICE, b"localhost:7001", Scheme.HTTP, token=TOKEN)
BASED = replace(ROOT, base_path=b"/alice/")
HTML: Header = (b"content-type", b"text/html; charset=UTF-8")
PAGE = Rewrite(PLACE, ROOT, page=True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<link rel="icon" href="/static/x.ico">', b'<link rel="icon" href="/alice/static/x.ico">'),
        (b"<a class=x href='/tree'>/tree</a>", b"<a class=x href='/alice/tree'>/tree</a>"),
        (b'<form action = "/login?next=%2F">', b'<form action = "/alice/login?next=%2F">'),
        (b'<body data-base-url="/" data-x="/y">', b'<body data-base-url="/alice/" data-x="/y">'),
        (b'<script src="/static/a.js"></script>', b'<script src="/alice/static/a.js"></script>'),
        (b'<a href="//cdn/x">', b'<a href="//cdn/x">'),
        (b'<a href="x">', b'<a href="x">'),
        (b'<a data-href="/x" title="<b href=\'/y\'>">', b'<a data-href="/x" title="<b href=\'/y\'>">'),
        (b'<!-- <a href="/x"> -->', b'<!-- <a href="/x"> -->'),
        (b'<script>var a = \'<a href="/x">\';</script>', b'<script>var a = \'<a href="/x">\';</script>'),
        (b'<textarea><a href="/x"></textarea>', b'<textarea><a href="/x"></textarea>'),
        (b'text href="/x" < 3', b'text href="/x" < 3'),
    ],
)  # fmt: skip
def test_links_in_tags_are_moved_and_nothing_else(before: bytes, after: bytes) -> None:
    assert PAGE(before) == after


def test_the_pages_configuration_is_moved() -> None:
    settings = {
        "baseUrl": "/",
        "frontendUrl": "/lab/",
        "fullStaticUrl": "/static/lab",
        "fullAppUrl": "/lab",
        "appUrl": "/lab",
        "wsUrl": "",
        "token": TOKEN,
        "note": "</script><!-- & é",
        "fullMathjaxUrl": "https://cdn/x",
    }
    said = json.dumps(settings).replace("</", "<\\/")
    page = f'<script id="jupyter-config-data" type="application/json">{said}</script>'.encode()

    rewritten = PAGE(page)

    found = re.fullmatch(rb"<script [^>]*>(.*)</script>", rewritten)
    assert found is not None
    assert b"</script" not in found[1]
    assert json.loads(found[1]) == settings | {
        "baseUrl": "/alice/",
        "frontendUrl": "/alice/lab/",
        "fullStaticUrl": "/alice/static/lab",
        "fullAppUrl": "/alice/lab",
        "token": "",
    }


def test_the_classic_notebooks_inline_settings_are_moved() -> None:
    page = b"""<script>
      require.config({ baseUrl: '/static/', paths: { 'custom': '/custom', nbextensions : '/nbextensions',
        kernelspecs : "/kernelspecs", underscore : 'components/underscore' } });
      document.nbclassicPath = "/nbclassic"; var other = '/other';
    </script>"""

    rewritten = PAGE(page)

    assert rewritten == (
        page.replace(b"'/static/'", b"'/alice/static/'")
        .replace(b"'/custom'", b"'/alice/custom'")
        .replace(b"'/nbextensions'", b"'/alice/nbextensions'")
        .replace(b'"/kernelspecs"', b'"/alice/kernelspecs"')
        .replace(b'"/nbclassic"', b'"/alice/nbclassic"')
    )


def test_logos_of_kernels_are_moved() -> None:
    body = b'{"kernelspecs": {"python3": {"resources": {"logo": "/kernelspecs/python3/logo.svg"}}}}'

    assert b'"/alice/kernelspecs/python3/logo.svg"' in Rewrite(PLACE, ROOT, page=False)(body)


@pytest.mark.parametrize("upstream", [ROOT, BASED])
@pytest.mark.parametrize("place", [PLACE, ON_HOST])
def test_the_token_is_in_no_page(place: AtNotebook, upstream: Upstream) -> None:
    page = b'<a href="/lab?token=%b"><body data-jupyter-api-token="%b">' % ((TOKEN.encode(),) * 2)

    assert TOKEN.encode() not in Rewrite(place, upstream, page=True)(page)


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
    ],
)
def test_only_pages_are_read(rest: bytes, headers: list[Header], rewritten: bool) -> None:  # noqa: FBT001 - a table
    place = PLACE._replace(rest=rest)
    request = RequestHead(b"GET", b"/alice" + rest)

    found = rewriting(request, ResponseHead(200, b"OK", headers), place, ROOT)

    assert (found is not None) is rewritten


def test_an_answer_to_head_has_nothing_to_read() -> None:
    request = RequestHead(b"HEAD", b"/alice/lab")

    assert rewriting(request, ResponseHead(200, b"OK", [HTML]), PLACE, ROOT) is None


def test_without_token_and_path_everything_streams() -> None:
    request = RequestHead(b"GET", b"/lab")
    bare = replace(ROOT, token=None)

    assert rewriting(request, ResponseHead(200, b"OK", [HTML]), ON_HOST, bare) is None


@given(st.text(alphabet="<>/\"'= abhref-!script", max_size=80).map(str.encode))
def test_text_outside_of_tags_is_never_lost(page: bytes) -> None:
    """Rewriting only ever puts the route's prefix in."""
    assert PAGE(page).replace(b"/alice/", b"/") == page.replace(b"/alice/", b"/")
