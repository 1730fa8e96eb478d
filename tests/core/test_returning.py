"""gateway.core.returning: what of a notebook's answer reaches a member."""

from dataclasses import replace

import pytest

from gateway.core.head import Header, ResponseHead
from gateway.core.inventory import Scheme
from gateway.core.names import NotebookName
from gateway.core.returning import from_notebook
from gateway.core.routing import AtNotebook
from gateway.core.upstream import Upstream

ALICE = NotebookName("alice")
PLACE = AtNotebook(ALICE, b"/alice", b"/lab")
UPSTREAM = Upstream(ALICE, b"localhost:7001", Scheme.HTTP, token="notebooks-own-token")
BASED = replace(UPSTREAM, base_path=b"/alice/")


def returned(*headers: Header, upstream: Upstream = UPSTREAM) -> list[Header]:
    head = ResponseHead(302, b"Found", list(headers))
    return from_notebook(head, PLACE, upstream, secure=False).headers


@pytest.mark.parametrize(
    ("location", "outside"),
    [
        (b"/lab?", b"/alice/lab?"),
        (b"/login?next=%2Flab", b"/alice/login?next=%2Flab"),
        (b"http://localhost:7001/lab", b"/alice/lab"),
        (b"http://127.0.0.1:7001/lab", b"/alice/lab"),
        (b"https://LOCALHOST:7001", b"/alice/"),
        (b"//localhost:7001/x", b"/alice/x"),
        (b"http://localhost:7001//evil/x", b"/alice/"),
        (b"/lab?token=notebooks-own-token", b"/alice/lab?token="),
        (b"tree", b"tree"),
        (b"https://example.org/x", b"https://example.org/x"),
        (b"http://localhost:7002/x", b"http://localhost:7002/x"),
        (b"///x:alert", b"///x:alert"),  # G7
    ],
)
def test_g7_redirects_lead_where_members_can_follow(location: bytes, outside: bytes) -> None:
    assert returned((b"location", location)) == [(b"location", outside)]


def test_a_short_token_is_not_searched_for() -> None:
    """It would be found where it isn't meant."""
    header = (b"location", b"/lab/tree")

    assert returned(header, upstream=replace(BASED, token="lab")) == [header]


def test_a_notebook_that_knows_its_path_needs_no_help() -> None:
    header = (b"location", b"/alice/lab?")

    assert returned(header, upstream=BASED) == [header]


@pytest.mark.parametrize(
    "name",
    [b"connection", b"keep-alive", b"transfer-encoding", b"clear-site-data", b"service-worker-allowed",
     b"strict-transport-security", b"nel", b"report-to", b"alt-svc", b"upgrade", b"sec-websocket-extensions"],
)  # fmt: skip
def test_what_reaches_beyond_the_notebook_is_dropped(name: bytes) -> None:
    """Threat T3, and what belongs to one connection."""
    assert returned((name, b"x")) == []


def test_who_is_told_where_one_comes_from_is_a_hosts_own_business() -> None:
    """Threat T3: in path routing the Referer tells routes apart, and no notebook may have it left out."""
    head = ResponseHead(200, b"OK", [(b"referrer-policy", b"no-referrer")])

    assert from_notebook(head, PLACE, UPSTREAM, secure=False).headers == []
    assert (
        from_notebook(head, AtNotebook(ALICE, b"", b"/lab"), UPSTREAM, secure=False).headers
        == head.headers
    )


def test_the_rest_passes() -> None:
    headers = [(b"content-type", b"text/css"), (b"etag", b'"1"'), (b"content-length", b"5")]

    assert returned(*headers) == headers


def test_c7_cookies_are_kept_to_the_route() -> None:
    """Threat C7."""
    sent = returned((b"set-cookie", b"gateway=x"), (b"set-cookie", b"_xsrf=1; Path=/"))

    assert sent == [(b"set-cookie", b"_xsrf=1; Path=/alice/")]


def test_the_notebooks_answer_to_a_websocket_passes() -> None:
    """Threat E5: the subprotocol that it chose is the one that the browser is told."""
    chosen = [
        (b"sec-websocket-accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        (b"sec-websocket-protocol", b"v1.kernel.websocket.jupyter.org"),
    ]

    assert returned((b"upgrade", b"websocket"), *chosen) == chosen


def test_what_the_notebook_says_for_this_connection_only_stays_here() -> None:
    headers = [(b"connection", b"close, X-Mine"), (b"x-mine", b"1"), (b"x-other", b"2")]

    assert returned(*headers) == [(b"x-other", b"2")]
