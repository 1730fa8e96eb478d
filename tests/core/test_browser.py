"""gateway.core.browser: page or script, from which site, and where a log-in may lead."""

from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.browser import (
    asks_for_page,
    check_route,
    check_site,
    from_open_page,
    safe_next,
)
from gateway.core.head import RequestHead
from gateway.core.inventory import Address, PublicUrl, Routing, Server
from gateway.errors import RequestInvalid

ORIGIN = b"https://gw.example"
BY_PATH = Server(Address("127.0.0.1", 8000), PublicUrl("https", "gw.example", 443))
BY_HOST = replace(BY_PATH, routing=Routing.HOST)


def request(method: bytes = b"GET", **fields: bytes) -> RequestHead:
    headers = [(name.encode().replace(b"_", b"-"), value) for name, value in fields.items()]
    return RequestHead(method, b"/", headers)


@pytest.mark.parametrize(
    ("head", "page", "script"),
    [
        (request(sec_fetch_mode=b"navigate"), True, False),
        (request(sec_fetch_mode=b"cors", accept=b"text/html"), False, True),
        (request(sec_fetch_mode=b"no-cors"), False, True),
        (request(sec_fetch_mode=b"websocket"), False, True),
        (request(accept=b"text/html,*/*"), True, False),
        (request(accept=b"*/*"), False, False),
        (request(accept=b"*/*", referer=b"http://gw/alice/lab"), False, True),
        (request(upgrade=b"websocket", origin=b"http://gw"), False, True),
        (request(accept=b"text/html", authorization=b"token x"), False, False),
        (request(b"POST", sec_fetch_mode=b"navigate"), False, False),
        (request(origin=b"http://gw", authorization=b"token gwp_x"), False, False),
        (RequestHead(b"GET", b"/api?token=gwp_x", [(b"origin", b"http://gw")]), False, False),
    ],
)
def test_page_or_script(head: RequestHead, page: bool, script: bool) -> None:  # noqa: FBT001 - a table
    assert asks_for_page(head) is page
    assert from_open_page(head) is script


@pytest.mark.parametrize(
    "head",
    [
        request(b"POST", origin=ORIGIN),
        request(b"POST", origin=ORIGIN, sec_fetch_site=b"same-origin"),
        request(b"POST", sec_fetch_site=b"same-origin"),
        request(b"PUT", referer=ORIGIN + b"/alice/lab"),
        request(upgrade=b"websocket", origin=ORIGIN),
        request(sec_fetch_site=b"cross-site", sec_fetch_mode=b"navigate"),
        request(sec_fetch_site=b"same-origin", sec_fetch_mode=b"cors"),
        request(),
    ],
)
def test_our_own_pages_may(head: RequestHead) -> None:
    check_site(head, origin=ORIGIN, by_token=False)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(request(b"POST", origin=b"https://evil"), id="evil"),
        pytest.param(request(b"POST", origin=b"null"), id="null"),
        pytest.param(request(b"POST"), id="nothing"),
        pytest.param(request(b"POST", origin=ORIGIN, sec_fetch_site=b"cross-site"), id="lie"),
        pytest.param(request(b"POST", sec_fetch_site=b"same-site"), id="sibling"),
        pytest.param(request(b"DELETE", referer=b"https://gw.example.evil/"), id="D2-referer"),
        pytest.param(
            request(b"POST", sec_fetch_site=b"cross-site", sec_fetch_mode=b"no-cors"), id="D2"
        ),
        pytest.param(request(upgrade=b"websocket", origin=b"https://evil"), id="E2-evil"),
        pytest.param(request(upgrade=b"websocket", origin=b"null"), id="E2-null"),
        pytest.param(request(upgrade=b"websocket"), id="E2-absent"),
        pytest.param(request(upgrade=b"websocket", referer=ORIGIN + b"/"), id="E2-referer"),
        pytest.param(
            request(upgrade=b"websocket", origin=b"https://gw.example.evil.com"), id="E2-longer"
        ),
        pytest.param(request(upgrade=b"websocket", origin=b"http://gw.example"), id="E2-http"),
        pytest.param(request(upgrade=b"websocket", origin=b"https://bob.gw.example"), id="E2-bob"),
        pytest.param(
            request(sec_fetch_site=b"cross-site", sec_fetch_mode=b"no-cors"), id="embedded"
        ),
        pytest.param(
            request(sec_fetch_site=b"same-site", sec_fetch_mode=b"no-cors"),
            id="embedded-by-sibling",
        ),
        pytest.param(
            request(sec_fetch_site=b"same-site", sec_fetch_mode=b"cors"), id="sibling-cors"
        ),
        pytest.param(request(sec_fetch_site=b"nonsense"), id="nonsense"),
        pytest.param(request(service_worker=b"script"), id="T3-worker"),
    ],
)
def test_other_sites_may_not(head: RequestHead) -> None:
    with pytest.raises(RequestInvalid) as refusal:
        check_site(head, origin=ORIGIN, by_token=False)
    assert refusal.value.status == 403


BASE: Final = ORIGIN + b"/alice/"
SAME: Final = {"sec_fetch_site": b"same-origin", "sec_fetch_mode": b"cors"}
FRAME: Final = {"sec_fetch_mode": b"navigate", "sec_fetch_dest": b"iframe"}


@pytest.mark.parametrize(
    "head",
    [
        request(**SAME, referer=BASE + b"lab?x"),
        request(b"POST", **SAME, referer=BASE + b"lab"),
        request(sec_fetch_mode=b"navigate", sec_fetch_dest=b"document", referer=ORIGIN + b"/bob/x"),
        request(sec_fetch_mode=b"navigate", sec_fetch_dest=b"document"),
        request(**FRAME, referer=BASE + b"lab"),
        request(upgrade=b"websocket", origin=ORIGIN),
        request(accept=b"text/html", referer=ORIGIN + b"/"),
        request(accept=b"*/*", referer=BASE + b"static/lab.css"),
        request(),
    ],
)
def test_t3_pages_of_the_route_may(head: RequestHead) -> None:
    check_route(head, base=BASE)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(request(**SAME, referer=ORIGIN + b"/bob/lab"), id="T3 another route"),
        pytest.param(request(**SAME, referer=ORIGIN + b"/alice-2/"), id="T3 a sibling"),
        pytest.param(request(**SAME, referer=ORIGIN + b"/alice"), id="T3 no slash"),
        pytest.param(request(**SAME, referer=ORIGIN + b"/"), id="T3 our own page"),
        pytest.param(request(**SAME), id="T3 nothing said"),
        pytest.param(request(b"POST", **SAME, origin=ORIGIN), id="T3 only an origin"),
        pytest.param(request(**FRAME, referer=ORIGIN + b"/bob/"), id="T3 framed"),
        pytest.param(request(**FRAME), id="T3 framed, nothing said"),
        pytest.param(
            request(b"POST", sec_fetch_mode=b"navigate", referer=ORIGIN + b"/bob/"), id="T3 a form"
        ),
        pytest.param(request(b"POST", sec_fetch_mode=b"navigate"), id="T3 a form, nothing said"),
        pytest.param(request(sec_fetch_mode=b"no-cors", referer=b"https://evil/"), id="T3 image"),
        pytest.param(request(accept=b"*/*", referer=ORIGIN + b"/bob/"), id="T3 old browser"),
    ],
)
def test_t3_pages_of_other_routes_may_not(head: RequestHead) -> None:
    with pytest.raises(RequestInvalid) as refusal:
        check_route(head, base=BASE)
    assert refusal.value.status == 403


def test_two_origins_are_none() -> None:
    head = RequestHead(b"POST", b"/", [(b"origin", ORIGIN), (b"origin", b"https://evil")])

    with pytest.raises(RequestInvalid):
        check_site(head, origin=ORIGIN, by_token=False)


@pytest.mark.parametrize(
    "head", [request(b"POST"), request(upgrade=b"websocket"), request(b"POST", origin=b"http://x")]
)
def test_a_token_is_proof_enough(head: RequestHead) -> None:
    check_site(head, origin=ORIGIN, by_token=True)


@pytest.mark.parametrize("text", ["/", "/alice/lab?x=%2F%2Fevil#", "/-/account", "/alice/a:b@c"])
def test_deep_links_are_kept(text: str) -> None:
    assert safe_next(text, BY_PATH) == text


ESCAPES = [
    "", "alice", "//evil", "///evil", "/\\evil", "\\\\evil", "\\/evil", "/\tx", "/\n/evil", "/ /evil",
    "http://evil", "https://evil/", "https:evil", "https:/evil", "HTTPS://evil", "javascript:alert(1)",
    "data:text/html,x", " //evil", "\t//evil", "\x00//evil", "//evil@gw.example", "https://gw.example@evil/",
    "https://gw.example.evil/", "https://gw.example/", "//gw.example/", "/\\/evil", "/\\\\evil", "/a\\b",
    "/\x7f", "/\u2028", "/\uff0f\uff0fevil", "\uff0e/evil", "?x", "#x", "/" + "a" * 3000, "/\r\nset-cookie: x",
]  # fmt: skip


EVIL: Final = (
    "evil.com",
    "evil.com/",
    "evil.com\\",
    "gw.example@evil.com",
    "gw.example.evil.com",
    "evil.com#gw.example/",
    "evil.com?gw.example",
)
WAYS: Final = (
    "//{}", "///{}", "////{}", "/\\{}", "\\\\{}", "\\/{}", "/\\/{}", "//\\{}", "/\t/{}", "\t//{}", "/\n/{}", "/\r\n/{}",
    "/\x00/{}", "/\x0b/{}", " //{}", "/ /{}", "\xa0//{}", "http://{}", "https://{}", "HtTpS://{}", "https:{}", "https:/{}",
    "https:///{}", "https:\\\\{}", "http\t://{}", "ftp://{}", "javascript://{}/%0aalert(1)", "data:text/html,{}", "vbscript:{}",
    "//\u2060{}", "\u2215\u2215{}", "\uff0f\uff0f{}", "/\uff0f{}", "/\uff3c{}", "\u200b//{}", "//%00{}", "///\u3002{}", "./\\{}",
    "\\{}", "?//{}", "#//{}", "{}", "@{}", ":{}", "https://[::1]@{}", "//[::]@{}", "//0x7f.1/@{}",
)  # fmt: skip
"""The ways in which a target has left its site elsewhere; each with each of EVIL."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("evil", EVIL)
def test_d1_no_known_way_leads_out(way: str, evil: str) -> None:
    """Threat D1."""
    assert safe_next(way.format(evil), BY_PATH) == "/"
    assert safe_next(way.format(evil), BY_HOST) == "/"


@pytest.mark.parametrize(
    "evil", ["//evil.com", "/\\evil.com", "\\evil.com", "@evil.com", ".evil.com", ":x@evil.com"]
)
def test_d1_no_notebooks_host_is_a_stepping_stone(evil: str) -> None:
    """Threat D1: what follows a good beginning must not change where it leads."""
    for good in (
        "https://alice.gw.example",
        "https://alice.gw.example:443",
        "https://alice.gw.example/",
    ):
        kept = safe_next(good + evil, BY_HOST)

        assert kept == "/" or kept.startswith("https://alice.gw.example/")
        assert urljoin("https://gw.example/-/login", kept).split("/")[2] in (
            "gw.example",
            "alice.gw.example",
        )


@given(st.text(alphabet="/\\.:@?#%\t\nhtpsgwexamplicvo", max_size=40))
def test_d1_a_browser_never_leaves(text: str) -> None:
    """Threat D1: joined to our address, as browsers join it, it is still our address."""
    joined = urljoin("https://gw.example/-/login", safe_next(text, BY_PATH))

    assert joined.startswith("https://gw.example/")


@pytest.mark.parametrize("text", ESCAPES)
def test_d1_nothing_leads_to_another_site(text: str) -> None:
    """Threat D1."""
    assert safe_next(text, BY_PATH) == "/"
    assert safe_next(text, BY_HOST) == "/"


def test_notebooks_hosts_are_ours_in_host_routing_only() -> None:
    assert safe_next("https://alice.gw.example/lab?x", BY_HOST) == "https://alice.gw.example/lab?x"
    assert safe_next("https://alice.gw.example/lab?x", BY_PATH) == "/"


@pytest.mark.parametrize(
    "text",
    [
        "http://alice.gw.example/", "https://alice.gw.example", "https://alice.gw.example:8443/",
        "https://alice.gw.example.evil/", "https://evil.com#.gw.example/", "https://alice.gw.example//evil",
        "https://a@alice.gw.example/", "https://ALICE.gw.example/", "https://alice.evil/",
        "https://x.alice.gw.example/", "https://alice.gw.example/\\evil", "https:///alice.gw.example/",
    ],
)  # fmt: skip
def test_d1_what_only_looks_like_a_notebooks_host(text: str) -> None:
    """Threat D1."""
    assert safe_next(text, BY_HOST) == "/"


@given(st.text(max_size=40))
def test_d1_safe_next_is_a_path_without_a_way_out(text: str) -> None:
    """Threat D1: whatever comes in, what goes out stays on this origin."""
    kept = safe_next(text, BY_PATH)

    assert kept.startswith("/")
    assert not kept.startswith(("//", "/\\"))
    assert "\\" not in kept
    assert kept.isascii()
    assert kept.isprintable()
