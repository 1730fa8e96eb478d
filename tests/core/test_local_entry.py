"""gateway.core.local_entry: what gets in at a local port, and as what it goes on."""

import pytest

from gateway.core.head import Header, RequestHead, ResponseHead
from gateway.core.local_entry import LocalEntry
from gateway.errors import RequestInvalid

BY_PATH = LocalEntry("https://notebooks.example.org/alice/", "gwp_x", 6000)
BY_HOST = LocalEntry("http://alice.notebooks.example.org:8080/", "gwp_x", 6000)
WEB_SOCKET = [
    (b"upgrade", b"websocket"),
    (b"connection", b"Upgrade"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    (b"sec-websocket-version", b"13"),
]


def asked(*headers: Header, target: bytes = b"/api", method: bytes = b"GET") -> RequestHead:
    return RequestHead(method, target, [(b"host", b"localhost:6000"), *headers])


@pytest.mark.parametrize(
    ("entry", "target", "there"),
    [
        (BY_PATH, b"/", b"/alice/"),
        (BY_PATH, b"/api/kernels?x=/", b"/alice/api/kernels?x=/"),
        (BY_PATH, b"/alice/lab", b"/alice/lab"),
        (BY_PATH, b"/alice", b"/alice"),
        (BY_PATH, b"/alice?x", b"/alice?x"),
        (BY_PATH, b"/alicex", b"/alice/alicex"),
        (BY_PATH, b"/bob/lab", b"/alice/bob/lab"),
        (BY_PATH, b"/-/api/v1/me/tokens", b"/alice/-/api/v1/me/tokens"),
        (BY_HOST, b"/lab", b"/lab"),
    ],
)
def test_every_path_is_the_notebooks(entry: LocalEntry, target: bytes, there: bytes) -> None:
    assert entry.outward(asked(target=target)).target == there


def test_it_goes_on_as_a_request_of_the_member_to_the_gateway() -> None:
    head = asked(
        (b"authorization", b"token mine"),
        (b"connection", b"keep-alive"),
        (b"origin", b"http://localhost:6000"),
        (b"referer", b"http://localhost:6000/lab"),
        (b"cookie", b"_xsrf=1"),
        (b"content-length", b"3"),
        method=b"POST",
    )

    assert BY_HOST.outward(head).headers == [
        (b"host", b"alice.notebooks.example.org:8080"),
        (b"cookie", b"_xsrf=1"),
        (b"content-length", b"3"),
        (b"authorization", b"Bearer gwp_x"),
        (b"origin", b"http://alice.notebooks.example.org:8080"),
    ]


def test_a_web_socket_is_still_one() -> None:
    there = BY_PATH.outward(asked(*WEB_SOCKET))

    assert (there.first(b"connection"), there.first(b"upgrade")) == (b"upgrade", b"websocket")
    assert there.first(b"sec-websocket-key") is not None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"host", b"evil.example:6000")], 421),
        ([(b"host", b"localhost:6001")], 421),
        ([(b"host", b"localhost")], 421),
        ([], 421),
        ([(b"host", b"localhost:6000"), (b"host", b"localhost:6000")], 421),
        ([(b"host", b"localhost:6000"), (b"origin", b"https://evil.example")], 403),
        ([(b"host", b"localhost:6000"), (b"origin", b"http://localhost:3000")], 403),
        ([(b"host", b"localhost:6000"), (b"origin", b"null")], 403),
        ([(b"host", b"localhost:6000"), (b"sec-fetch-site", b"cross-site")], 403),
        ([(b"host", b"localhost:6000"), (b"sec-fetch-site", b"same-site")], 403),
    ],
)
def test_pages_of_other_sites_do_not_get_in(headers: list[Header], status: int) -> None:
    with pytest.raises(RequestInvalid) as refusal:
        BY_PATH.outward(RequestHead(b"GET", b"/", headers))

    assert refusal.value.status == status


@pytest.mark.parametrize(("method", "lets_in"), [(b"GET", True), (b"POST", False)])
def test_a_link_may_lead_here_and_a_form_may_not(method: bytes, lets_in: bool) -> None:  # noqa: FBT001
    head = asked(
        (b"sec-fetch-site", b"cross-site"), (b"sec-fetch-mode", b"navigate"), method=method
    )

    if lets_in:
        BY_PATH.outward(head)
    else:
        with pytest.raises(RequestInvalid):
            BY_PATH.outward(head)


@pytest.mark.parametrize("host", [b"127.0.0.1:6000", b"[::1]:6000", b"LocalHost:6000"])
def test_this_machine_has_three_names(host: bytes) -> None:
    BY_PATH.outward(RequestHead(b"GET", b"/", [(b"host", host)]))


@pytest.mark.parametrize("target", [b"*", b"http://evil.example/", b"evil.example:443"])
def test_it_is_no_proxy_to_anywhere(target: bytes) -> None:
    with pytest.raises(RequestInvalid):
        BY_PATH.outward(asked(target=target))


def test_answers_stay_on_this_machine() -> None:
    answer = ResponseHead(
        302,
        b"Found",
        [
            (b"location", b"https://notebooks.example.org/alice/lab"),
            (b"set-cookie", b"a=secure; Path=/alice/; Secure; HttpOnly; Domain=example.org"),
            (b"connection", b"close"),
        ],
    )

    assert BY_PATH.inward(answer).headers == [
        (b"location", b"/alice/lab"),
        (b"set-cookie", b"a=secure; Path=/alice/; HttpOnly"),
    ]


def test_a_switch_of_protocols_is_passed_on_whole() -> None:
    headers = [(b"connection", b"upgrade"), (b"upgrade", b"websocket")]

    assert BY_PATH.inward(ResponseHead(101, b"", headers)).headers == headers


def test_other_addresses_are_left_alone() -> None:
    elsewhere = [(b"location", b"https://notebooks.example.org.evil.example/")]

    assert BY_PATH.inward(ResponseHead(302, b"", elsewhere)).headers == elsewhere
