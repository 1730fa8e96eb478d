"""gateway.core.viewing: what a viewer's page needs, and the little besides that it may."""

import pytest

from gateway.core.head import Header, RequestHead
from gateway.core.viewing import LONGEST_TICKET_BYTES, Instead, Verdict, View, judge
from gateway.errors import RequestInvalid

ID = b"b5a847b3-d503-4bbf-bb2a-15791a379173"
SEAL = b"55333d7ee13d133b94981b7c0ada7794"
ROOM = b"/api/collaboration/room/"
CHANNELS = b"/api/kernels/" + ID + b"/channels"


def asked(
    path: bytes, *headers: Header, method: bytes = b"GET", query: bytes = b"", upgrade: bool = False
) -> Verdict | int:
    """Return the verdict, or the status of the refusal."""
    head = RequestHead(method, b"/alice" + path, list(headers))
    try:
        return judge(head, path, query, upgrade=upgrade)
    except RequestInvalid as exc:
        return exc.status


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize(
    "path",
    [
        b"/", b"/lab", b"/lab/", b"/lab/tree/a/b.ipynb", b"/lab/workspaces/w-1/tree/x", b"/doc/tree/x.ipynb",
        b"/tree", b"/tree/a", b"/notebooks/a/b%20c.ipynb", b"/edit/a.py", b"/nbclassic/notebooks/a.ipynb",
        b"/static/lab/main.js", b"/static/notebook/3.js", b"/lab/extensions/@jupyter/x/static/y.js",
        b"/lab/api/settings", b"/lab/api/settings/@jupyterlab/a:b", b"/lab/api/themes/t/index.css",
        b"/lab/api/translations/en", b"/lab/api/workspaces/default", b"/files/a/b.png", b"/favicon.ico",
        b"/api", b"/api/me", b"/api/status", b"/api/kernels", b"/api/kernels/" + ID, b"/api/sessions",
        b"/api/kernelspecs", b"/api/kernelspecs/python3", b"/kernelspecs/python3/logo-64x64.png",
        b"/api/config/notebook", b"/custom/custom.css",
    ],
)  # fmt: skip
def test_what_pages_need_is_passed_on(path: bytes, method: bytes) -> None:
    """Pages, scripts, and the state of things."""
    assert asked(path, method=method) is View.PLAIN


@pytest.mark.parametrize(
    "path", [b"/api/contents", b"/api/contents/a/b.ipynb", b"/api/contents/a%20b"]
)
def test_files_are_read_only(path: bytes) -> None:
    """They say so of themselves."""
    assert asked(path, query=b"content=1&type=notebook&hash=1&1795552974804") is View.CONTENTS


@pytest.mark.parametrize(
    ("path", "json"),
    [
        (b"/api/terminals", b"[]"),
        (b"/api/nbconvert", b"{}"),
        (b"/api/contents/a.ipynb/checkpoints", b"[]"),
        (b"/api/contents/checkpoints", b"[]"),
        (b"/lab/api/build", b'{"status": "stable", "message": ""}'),
    ],
)
def test_what_would_have_effects_is_answered_here(path: bytes, json: bytes) -> None:
    """To list checkpoints makes a folder; a page that gets no answer complains."""
    assert asked(path) == Instead(200, json)


@pytest.mark.parametrize(
    "path", [b"/lab/api/workspaces/default", b"/lab/api/settings/@jupyterlab/x"]
)
def test_a_pages_own_layout_is_forgotten(path: bytes) -> None:
    """It is told that all went well."""
    assert asked(path, (b"content-length", b"999"), method=b"PUT") == Instead(204)


@pytest.mark.parametrize(
    ("path", "view"),
    [
        (CHANNELS, View.KERNEL),
        (b"/api/events/subscribe", View.EVENTS),
        (ROOM + b"JupyterLab:globalAwareness", View.ROOM),
        (ROOM + b"json:notebook:" + ID + b"." + SEAL, View.ROOM),
    ],
)
def test_websockets_go_on_as_what_they_are(path: bytes, view: View) -> None:
    """And are pages only as a WebSocket."""
    assert asked(path, upgrade=True, query=b"session_id=x") is view
    assert asked(path) == 403


@pytest.mark.parametrize(
    "path",
    [
        b"/terminals/websocket/1", b"/lsp/ws/pylsp", b"/proxy/80/x", b"/api/kernels/x/channels", CHANNELS + b"/x",
        ROOM + b"json:notebook:" + ID, ROOM + b"json:notebook:" + ID + b"." + SEAL + b"x",
        ROOM + b"text:anything:x", ROOM + b"a", ROOM + b"JupyterLab%3AglobalAwareness", b"/lab", b"/",
    ],
)  # fmt: skip
def test_other_websockets_are_refused(path: bytes) -> None:
    """A terminal, an unsealed room, whatever a server extension may offer."""
    assert asked(path, upgrade=True) == 403


@pytest.mark.parametrize(
    "path",
    [
        b"/terminals/1", b"/voila/render/a.ipynb", b"/proxy/8888/", b"/nbconvert/html/a.ipynb", b"/logout",
        b"/login", b"/lab/api/extensions", b"/lab/api/listings/x", b"/lab/api/news", b"/lab/api/update",
        b"/api/collaboration/timeline/a", b"/api/collaboration/fork/a", b"/api/fileid/id", b"/metrics",
        b"/api/shutdown", b"/api/spec.yaml", b"/api/kernels/" + ID + b"/restart", b"/unknown", b"/hub/x",
        b"/consoles/x", b"/nbclassic/bundler", b"/view/a.html", b"/my-extension/run", b"/jupyter-lsp",
        b"/lab/../api/shutdown", b"/lab/%2e%2e/x", b"//lab", b"/lab//tree/x", b"/lab%2ftree", b"/%6cab",
        b"/lab/tree/%6c", b"/files/a\\b", b"/files/a%5cb", b"/files/a%00", b"/files/a%0d%0a", b"/files/a;b",
        b"/files/\xc3\xa9", b"/files/a%", b"/files/a%2", b"/LAB", b"/lab?x", b"", b"lab", b"/files/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_whatever_is_not_on_the_list_is_refused(path: bytes, method: bytes) -> None:
    """Reading is not the same as GET, and a path has one spelling."""
    assert asked(path, method=method) == 403


@pytest.mark.parametrize(
    "method", [b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"PROPFIND", b"get"]
)
@pytest.mark.parametrize(
    "path",
    [
        b"/", b"/lab", b"/api/contents/a", b"/api/contents/a/checkpoints", b"/api/kernels", b"/api/sessions",
        b"/api/kernels/" + ID + b"/interrupt", b"/api/terminals", b"/api/shutdown", b"/files/a", b"/api/config/x",
        b"/api/security/csp-report", b"/lsp/status", b"/lab/api/settings", b"/lab/api/workspaces/",
    ],
)  # fmt: skip
def test_nothing_is_written(path: bytes, method: bytes) -> None:
    """Not to what may be read either."""
    length = (b"content-length", b"2")

    assert asked(path, length, method=method) == 403


@pytest.mark.parametrize(
    ("header", "verdict"),
    [
        ((b"content-length", b"35"), View.ROOM_TICKET),
        ((b"content-length", b"%d" % LONGEST_TICKET_BYTES), View.ROOM_TICKET),
        ((b"content-length", b"%d" % (LONGEST_TICKET_BYTES + 1)), 403),
        ((b"transfer-encoding", b"chunked"), 403),
        ((b"accept", b"*/*"), 403),
    ],
)
def test_a_rooms_ticket_is_asked_for_in_few_words(header: Header, verdict: Verdict | int) -> None:
    """The one body that goes on; the server only repeats it."""
    assert asked(b"/api/collaboration/session/a/b.ipynb", header, method=b"PUT") == verdict


def test_no_body_comes_with_a_question() -> None:
    """What needs none has none."""
    assert asked(b"/api/status", (b"content-length", b"5")) == 403
    assert asked(b"/api/status", (b"transfer-encoding", b"chunked")) == 403
    assert asked(b"/api/status", (b"content-length", b"0")) is View.PLAIN


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        (b"", True),
        (b"1795552974804", True),
        (b"type=notebook&_=1795555556702", True),
        (b"content=0&contentProviderId=undefined&hash=0&1795552974993", True),
        (b"refresh=1", False),
        (b"content=1&refresh=1", False),
        (b"token=x", False),
        (b"cont%65nt=1", False),
        (b"content=1;refresh=1", True),  # one pair, as Tornado reads it too
    ],
)
def test_only_known_questions_are_asked(query: bytes, allowed: bool) -> None:  # noqa: FBT001 - a table
    """A query can be what acts; the pages' own are read by their scripts alone."""
    assert asked(b"/api/contents/a", query=query) == (View.CONTENTS if allowed else 403)
    assert asked(b"/lab/tree/a", query=query) is View.PLAIN
    assert asked(b"/static/a.js", query=query) is View.PLAIN
