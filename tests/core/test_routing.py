"""gateway.core.routing: which place a request is for, decided on raw bytes."""

import re
from dataclasses import replace
from urllib.parse import unquote, urljoin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.head import RequestHead
from gateway.core.inventory import Address, PublicUrl, Routing, Server
from gateway.core.names import NotebookName
from gateway.core.routing import AtNotebook, OwnPage, Place, Redirect, Routes
from gateway.errors import RequestInvalid

ALICE = NotebookName("alice")
BY_PATH = Server(Address("127.0.0.1", 8000), PublicUrl("https", "gw.example", 443))
BY_HOST = replace(BY_PATH, routing=Routing.HOST)
LOCAL = Server(Address("127.0.0.1", 8000), PublicUrl("http", "localhost", 8000))


def locate(server: Server, target: bytes, host: bytes = b"gw.example", **fields: bytes) -> Place:
    headers = [(name.encode().replace(b"_", b"-"), value) for name, value in fields.items()]
    return Routes(server).locate(RequestHead(b"GET", target, [(b"host", host), *headers]))


def refused(server: Server, target: bytes, host: bytes = b"gw.example") -> int:
    with pytest.raises(RequestInvalid) as refusal:
        locate(server, target, host)
    return refusal.value.status


@pytest.mark.parametrize("target", [b"/", b"/?x=/alice/", b"/-/login", b"/-/api/v1/notebooks?x"])
def test_own_pages(target: bytes) -> None:
    assert locate(BY_PATH, target) == OwnPage(None)


@pytest.mark.parametrize(
    "rest",
    [
        b"/",
        b"/lab?x=1",
        b"/api/contents/a%2Fb%20c%25%2B%C3%A9.ipynb?x=a+b",  # A16
        b"/a%00%0d%0a?x=%0d%0a",  # A17
        b"/api?x=/-/livez",  # C5
        b"/-/livez",
        b"/.git/config",
        b"/a..b/...",
        b"/x?y=../../bob",
        b"/doc;v=1",
    ],
)
def test_notebooks_targets_go_on_unchanged(rest: bytes) -> None:
    assert locate(BY_PATH, b"/alice" + rest) == AtNotebook(ALICE, b"/alice", rest)
    if not rest.startswith(b"/-/"):
        assert locate(BY_HOST, rest, b"alice.gw.example") == AtNotebook(ALICE, b"", rest)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(b"/alice%2f..%2fbob/x", id="A1"),
        pytest.param(b"/alice/../bob/x", id="A2"),
        pytest.param(b"/alice/%2e%2e/bob/x", id="A2-encoded"),
        pytest.param(b"/alice/.%2E/", id="A2-mixed"),
        pytest.param(b"/alice/./x", id="A2-single"),
        pytest.param(b"/alice/..", id="A2-end"),
        pytest.param(b"/alice/x%2f..%2f..%2fbob", id="A2-slashes"),
        pytest.param(b"/alice/..;/bob/", id="A3"),
        pytest.param(b"/alice/..%3b/bob/", id="A3-encoded"),
        pytest.param(b"/alice/..\\bob/", id="A4"),
        pytest.param(b"/alice/%5c..%5cbob", id="A4-encoded"),
        pytest.param(b"/\\alice", id="A5"),
        pytest.param(b"/%61lice/x", id="A6"),
        pytest.param(b"/alic%65/x", id="A6-end"),
        pytest.param(b"/../etc/passwd", id="root"),
        pytest.param(b"/-/static/..%2f..%2fetc/passwd", id="G3"),
        pytest.param(b"/-/../alice/", id="own"),
    ],
)
def test_paths_that_another_program_reads_otherwise(target: bytes) -> None:
    assert refused(BY_PATH, target) == 400


@pytest.mark.parametrize(
    "target",
    [
        b"/alice;a=b/x",  # A3
        b"//alice/x",  # A5
        b"///alice",  # A5
        b"//evil/ws",  # E9
        b"/ALICE/x",  # A7
        b"/favicon.ico",
        b"/-x/",
        b"/-",
        b"/__proto__/",
        b"/" + b"a" * 64 + b"/",
        b"/<script>alert(1)</script>/",  # D17
    ],
)
def test_what_is_no_name_is_not_found(target: bytes) -> None:
    assert refused(BY_PATH, target) == 404


def test_a_missing_slash_is_put_right() -> None:
    assert locate(BY_PATH, b"/alice?x=1") == Redirect(308, b"/alice/?x=1")


def test_a8_sibling_names_are_other_routes() -> None:
    """Threat A8."""
    assert locate(BY_PATH, b"/al/") == AtNotebook(NotebookName("al"), b"/al", b"/")
    assert locate(BY_PATH, b"/alice-2/") == AtNotebook(NotebookName("alice-2"), b"/alice-2", b"/")


@pytest.mark.parametrize(
    "host",
    [
        b"alice.gw.example.evil.com",
        b"xalice.gw.example.",
        b"alice.gw.example.",
        b"gw.example:8080",
        b"evil.com",
        b"127.0.0.1",
        b"-.gw.example",
        b"a.alice.gw.example",
    ],
)
def test_a9_foreign_hosts_are_misdirected(host: bytes) -> None:
    """Threat A9."""
    assert refused(BY_HOST, b"/", host) == 421
    assert refused(BY_PATH, b"/", host) == 421


@pytest.mark.parametrize(
    "host",
    [
        b"gw/alice",
        b"gw?x=/healthz",
        b"user@gw.example",
        b"a, b",
        b"gw.example:99999",
        b"gw.example:",
        b"[::1",
    ],
)
def test_a13_what_is_no_host_is_refused(host: bytes) -> None:
    """Threats A9 and A13."""
    assert refused(BY_PATH, b"/", host) == 400
    assert refused(BY_PATH, b"/-/livez", host) == 400


@pytest.mark.parametrize("host", [b"GW.Example", b"gw.example:443", b"gw.example:80"])
def test_a10_host_is_matched_without_regard_to_case(host: bytes) -> None:
    """Threat A10: however many hosts there are; a name's spelling is never a way around a decision."""
    assert locate(BY_PATH, b"/", host) == OwnPage(None)
    assert locate(BY_HOST, b"/x", b"ALICE." + host) == AtNotebook(ALICE, b"", b"/x")


def test_a_notebooks_host_has_pages_of_ours_too() -> None:
    assert locate(BY_HOST, b"/-/enter?x", b"alice.gw.example") == OwnPage(ALICE)


@pytest.mark.parametrize(
    ("target", "location"),
    [
        (b"/alice/lab?x=1", b"https://alice.gw.example/lab?x=1"),
        (b"/alice", b"https://alice.gw.example/"),
        (b"/alice?x", b"https://alice.gw.example/?x"),
    ],
)
def test_a_path_leads_to_the_notebooks_host(target: bytes, location: bytes) -> None:
    assert locate(BY_HOST, target) == Redirect(307, location)


def test_health_is_answered_under_any_host() -> None:
    assert locate(BY_PATH, b"/-/readyz?verbose", b"10.1.2.3:8000") == OwnPage(None)


def test_loopback_has_more_than_one_name() -> None:
    """A program may use either; a page goes to the one whose origin log-in expects."""
    assert locate(LOCAL, b"/alice/api", b"127.0.0.1:8000") == AtNotebook(ALICE, b"/alice", b"/api")
    assert locate(LOCAL, b"/x/", b"127.0.0.1:8000", sec_fetch_mode=b"navigate") == Redirect(
        307, b"http://localhost:8000/x/"
    )


def test_loopback_names_are_known_under_localhost_too() -> None:
    local = replace(LOCAL, public_url=PublicUrl("http", "gw.localhost", 8000), routing=Routing.HOST)

    assert locate(local, b"/x", b"alice.gw.localhost:8000") == AtNotebook(ALICE, b"", b"/x")
    assert locate(local, b"/-/api/v1/me", b"127.0.0.1:8000") == OwnPage(None)
    assert locate(local, b"/alice/x", b"127.0.0.1:8000") == Redirect(
        307, b"http://alice.gw.localhost:8000/x"
    )


def segments_in_every_reading(path: bytes) -> set[str]:
    """The path's segments for a program that decodes once, takes a backslash for a slash, or drops parameters."""
    decoded = unquote(path.decode("latin-1"), "latin-1")
    both = f"{path.decode('latin-1')}/{decoded}".replace("\\", "/")
    return {segment.partition(";")[0] for segment in both.split("/")}


TRICKS = st.lists(
    st.sampled_from(
        ["/", "..", ".", "%2e", "%2E", "%2f", "%5c", "\\", ";", "%3b", "alice", "bob", "%00", "?", "-", "%", "%25", "@", ":"]
    ),
    max_size=12,
).map(lambda parts: "".join(parts).encode())  # fmt: skip


@given(TRICKS, st.sampled_from([b"gw.example", b"alice.gw.example", b"evil"]))
@example(b"alice/%2e%2e%2fbob", b"gw.example")
@example(b"alice/..%3b%2fbob", b"gw.example")
def test_nothing_leads_out_of_a_route(target: bytes, host: bytes) -> None:
    """Threats A1 to A6: a refusal, or a place whose target is what was asked for, with no way up in it."""
    for server in (BY_PATH, BY_HOST):
        try:
            place = locate(server, b"/" + target, host)
        except RequestInvalid:
            continue
        if isinstance(place, AtNotebook):
            assert place.prefix + place.rest == b"/" + target
            assert not {".", ".."} & segments_in_every_reading(place.rest.partition(b"?")[0])
        if isinstance(place, Redirect):
            joined = urljoin("https://gw.example/", place.location.decode())
            assert re.match(r"https://([a-z0-9-]+\.)?gw\.example/", joined)


@given(st.binary(max_size=30), st.binary(max_size=20))
def test_whatever_is_asked_there_is_a_place_or_a_refusal(target: bytes, host: bytes) -> None:
    statuses = set()
    for server in (BY_PATH, BY_HOST, LOCAL):
        for field in (host, b"gw.example", b"localhost:8000"):
            try:
                locate(server, b"/" + target, field, sec_fetch_mode=b"navigate")
            except RequestInvalid as refusal:
                statuses.add(refusal.status)

    assert statuses <= {400, 404, 421}
