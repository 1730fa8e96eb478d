"""gateway.core.pages: the paths that a page states move, and nothing else does."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.pages import moved_page

NBCLASSIC = b"""<script>
  document.nbclassicPath = '/nbclassic';
  require.config({
      urlArgs: "v=20261123",
      baseUrl: '/static/',
      paths: {
        'auth/js/main': 'auth/js/main.min',
        custom : '/custom',
        'custom-preload' : '/custom-preload',
        nbextensions : '/nbextensions',
        kernelspecs : '/kernelspecs',
        underscore : 'components/underscore/underscore-min',
      },
  });
  define("custom", function (require, exports, module) { return require('custom/custom'); })
  var other = '/other';
</script>"""
NBCLASSIC_LOGO = b"""<div id="x"><a href="
    <div id="y" class="nav navbar-brand"><a href="/tree" title='dashboard'>
      <img src='/static/logo.png' alt='x'/></a></div>"""
"""As nbclassic writes it: a tag that never ends in a tag, with a quote where none belongs."""


def moved(page: bytes) -> bytes:
    def outside(path: bytes) -> bytes:
        return path if path.startswith(b"//") else b"/alice" + path

    return moved_page(page, outside)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<link rel="icon" href="/static/x.ico">', b'<link rel="icon" href="/alice/static/x.ico">'),
        (b"<a class=x href='/tree'>/tree</a>", b"<a class=x href='/alice/tree'>/tree</a>"),
        (b"<img src=/x.png alt=a>", b"<img src=/alice/x.png alt=a>"),
        (b"<a href=/>", b"<a href=/alice/>"),
        (b"<br/><img/src=/x>", b"<br/><img/src=/alice/x>"),
        (b'<form action = "/login?next=%2F">', b'<form action = "/alice/login?next=%2F">'),
        (b'<FORM ACTION="/x"><A HREF="/y">', b'<FORM ACTION="/alice/x"><A HREF="/alice/y">'),
        (b'<a\n\thref\n=\n"/x"\n>', b'<a\n\thref\n=\n"/alice/x"\n>'),
        (b'<base href="/">', b'<base href="/alice/">'),
        (b'<body data-base-url="/" data-x="/y">', b'<body data-base-url="/alice/" data-x="/y">'),
        (b'<script src="/static/a.js"></script>', b'<script src="/alice/static/a.js"></script>'),
        (b'<script/src="/a.js">/*</SCRIPT ><a href="/x">', b'<script/src="/alice/a.js">/*</SCRIPT ><a href="/alice/x">'),
        (b'<!--><a href="/x">', b'<!--><a href="/alice/x">'),
        (b'<!-- --!><a href="/x">', b'<!-- --!><a href="/alice/x">'),
        (b"<a title='>' href='/x'>", b"<a title='>' href='/alice/x'>"),
        (b'<a " href="/x">', b'<a " href="/alice/x">'),
        (b"<a b=c\"d' href='/x'>", b"<a b=c\"d' href='/alice/x'>"),
        (b"<a x=y=' href=/x>'z", b"<a x=y=' href=/alice/x>'z"),
        (b"<scripty><a href='/x'>", b"<scripty><a href='/alice/x'>"),
    ],
)  # fmt: skip
def test_links_move(before: bytes, after: bytes) -> None:
    assert moved(before) == after


@pytest.mark.parametrize(
    "page",
    [
        b"", b'text href="/x" < 3', b'<a href="//cdn/x">', b'<a href="x">', b'<a href="">', b"<a href>", b"<a href=>",
        b'<a data-href="/x" xhref="/x" hrefs="/x" srcset="/x 2x" content="/x">', b'<a href="https://x/y">',
        b'<a href="&#47;x">', b"<a title=\"<b href='/y'>\">", b"<a title=' href=/y'>",
        b'<!-- <a href="/x"> -->', b'<!-- <a href="/x">', b'<!-- - -> -- > <a href="/x">', b'</a href="/x">',
        b'<script>var a = \'<a href="/x">\';</script>', b'<script>a = "</scripty>"; b = \'<a href="/x">\'</script>',
        b'<script><a href="/x">', b'<style>a[href="/x"] {}</style>', b'<textarea><a href="/x"></textarea>',
        b'<title><a href="/x"></title>', b'<iframe><a href="/x"></iframe>', b'<script>var config = {baseUrl: "/x"}</script>',
        b'<script src="x.js">require.config({baseUrl: "/x"})</script>', b'<script id="jupyter-config-data">{"baseUrl": </script>',
        b'<script id="jupyter-config-data">["/"]</script>', b'<script id="jupyter-config-data-2">{"baseUrl": "/"}</script>',
        b'<script title=" id=jupyter-config-data">{"baseUrl": "/"}</script>',
        b'<script id="other">{"baseUrl": "/"}</script>', b'<div id="jupyter-config-data">{"baseUrl": "/"}</div>',
        b'<script id="jupyter-config-data">{"baseUrl": "/\\ud800"}</script>', b'<script id="jupyter-config-data">\xff</script>',
        b'<script id="jupyter-config-data">' + b"[" * 100_000 + b"</script>",
    ],
)  # fmt: skip
def test_nothing_else_does(page: bytes) -> None:
    assert moved(page) == page


def test_the_classic_notebooks_settings_move() -> None:
    wanted = NBCLASSIC
    for path in (b"nbclassic'", b"static/'", b"custom'", b"custom-preload'", b"nbextensions'", b"kernelspecs'"):  # fmt: skip
        wanted = wanted.replace(b"'/" + path, b"'/alice/" + path)

    assert moved(NBCLASSIC) == wanted
    assert b"'/other'" in wanted


def test_the_classic_notebooks_broken_tag_breaks_nothing() -> None:
    wanted = NBCLASSIC_LOGO.replace(b'"/tree"', b'"/alice/tree"').replace(b"'/st", b"'/alice/st")

    assert moved(NBCLASSIC_LOGO) == wanted


def test_the_configurations_paths_move() -> None:
    settings = {
        "baseUrl": "/",
        "frontendUrl": "/lab/",
        "fullStaticUrl": "/static/lab",
        "fullMathjaxUrl": "https://cdn/x",
        "fullWidth": "/x",
        "fullNumberUrl": 1,
        "appUrl": "/lab",
        "wsUrl": "",
        "inner": {"baseUrl": "/"},
        "note": "</script><!-- <script> & é \u2028",
    }
    said = json.dumps(settings).replace("<", "\\u003c")
    page = f"<script type='x' id=jupyter-config-data>{said}</script><a href='/x'>".encode()

    found = re.fullmatch(rb"<script [^>]*>([^<]*)</script><a href='/alice/x'>", moved(page))

    assert found is not None
    assert json.loads(found[1]) == settings | {
        "baseUrl": "/alice/",
        "frontendUrl": "/alice/lab/",
        "fullStaticUrl": "/alice/static/lab",
    }


@pytest.mark.parametrize(
    "piece",
    [b"<!--", b"<!-- - -- ", b"<script>", b"<script></scrip", b"<script ", b"<title></", b'<a "', b"<a b='",
     b"<a b=", b"<a<a", b"<a \t", b"<a href=", b'<a href="/', b"<script>require.config baseUrl:'/",
     b'<script id="jupyter-config-data">{"', b"custom ", b"<", b"</", b"href = "],
)  # fmt: skip
def test_a_large_broken_page_takes_one_look(piece: bytes) -> None:
    """Where each byte is looked at for every other one, this takes minutes and blocks everybody."""
    page = piece * (400_000 // len(piece))

    assert moved(page).replace(b"/alice/", b"/") == page


NAMES = st.sampled_from([b"class", b"title", b"data-x", b"alt"])
TEXTS = st.text(alphabet="ab <>/=-'hrefsc", max_size=12).map(str.encode)
FIXED = st.one_of(
    st.builds(b'<b %b="%b">'.__mod__, st.tuples(NAMES, TEXTS)),
    st.builds(b"<!--x %b y-->".__mod__, TEXTS.filter(lambda text: b"-" not in text)),
    st.builds(b"<script>%b;</script>".__mod__, TEXTS),
    st.builds(b"<style>%b;</style>".__mod__, TEXTS),
    st.just(b"1 < 2 href='/x' "),
).map(lambda piece: (piece, piece))  # fmt: skip
LINKS = st.builds(
    lambda title, path: tuple(
        b'<a title="%b" href="%b/%b">' % (title, prefix, path) for prefix in (b"", b"/alice")
    ),
    TEXTS,
    st.text(alphabet="ab?=&%2F<>'", max_size=12).map(str.encode),
)


@given(st.lists(st.one_of(FIXED, LINKS), max_size=8))
def test_each_piece_is_judged_by_itself(pieces: list[tuple[bytes, bytes]]) -> None:
    before, after = (b"".join(piece[side] for piece in pieces) for side in (0, 1))

    assert moved(before) == after


@given(st.text(alphabet="<>/\"'= abhref-!script", max_size=80).map(str.encode))
def test_nothing_is_ever_lost(page: bytes) -> None:
    assert moved(page).replace(b"/alice/", b"/") == page.replace(b"/alice/", b"/")
