"""gateway.core.passing: what of a request reaches an upstream."""

from dataclasses import replace

import pytest

from gateway.core.forwarded import Client
from gateway.core.head import Header, RequestHead
from gateway.core.inventory import Scheme
from gateway.core.names import NotebookName
from gateway.core.passing import to_control, to_notebook
from gateway.core.routing import AtNotebook
from gateway.core.upstream import Upstream

ALICE = NotebookName("alice")
PLACE = AtNotebook(ALICE, b"/alice", b"/lab")
UPSTREAM = Upstream(ALICE, b"localhost:7001", Scheme.HTTP, token="notebooks-own-token")
NO_TOKEN = replace(UPSTREAM, token=None)
CLIENT = Client("192.0.2.7", "https", b"gw.example")
FORWARDED = [
    (b"x-forwarded-for", b"192.0.2.7"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-host", b"gw.example"),
]


def passed(
    *headers: Header, upstream: Upstream = NO_TOKEN, place: AtNotebook = PLACE
) -> list[Header]:
    """The headers that reach the notebook, beside those that always do."""
    head = RequestHead(b"GET", b"/alice/lab", [(b"host", b"gw.example"), *headers])
    sent = to_notebook(head, place, upstream, CLIENT, target=head.target).headers
    assert sent[0] == (b"host", b"localhost:7001")
    assert sent[-3:] == FORWARDED
    return sent[1:-3]


def test_the_notebook_sees_its_own_path() -> None:
    head = RequestHead(b"GET", b"/alice/a%2Fb?x=a+b&token=gwp_x", [(b"host", b"gw.example")])

    sent = to_notebook(head, PLACE, NO_TOKEN, CLIENT, target=b"/alice/a%2Fb?x=a+b")

    assert (sent.method, sent.target) == (b"GET", b"/a%2Fb?x=a+b")


def test_the_notebooks_token_replaces_any_other() -> None:
    sent = passed((b"authorization", b"token browsers"), upstream=UPSTREAM)

    assert sent == [(b"authorization", b"token notebooks-own-token")]


@pytest.mark.parametrize("value", [b"Bearer gwp_a", b"token gwp_a"])
def test_c6_our_tokens_stay_behind(value: bytes) -> None:
    """Threat C6."""
    assert passed((b"authorization", value)) == []


def test_c9_a_credential_for_the_notebook_passes() -> None:
    """Threat C9."""
    assert passed((b"authorization", b"Basic x")) == [(b"authorization", b"Basic x")]


def test_an_applications_own_fields_pass_even_when_they_are_empty() -> None:
    headers = [(b"x-streamlit-user", b""), (b"x-requested-with", b"x"), (b"x-authors", b"y")]

    assert passed(*headers) == headers


def test_c6_our_cookie_stays_behind() -> None:
    """Threat C6."""
    sent = passed((b"cookie", b"__Host-gateway=s; alice.a=1"), (b"cookie", b"gateway=s"))

    assert sent == [(b"cookie", b"a=1")]


@pytest.mark.parametrize(
    ("referer", "inside"),
    [
        (b"https://gw.example/alice/lab?x", b"http://localhost:7001/lab?x"),
        (b"https://gw.example/", b"http://localhost:7001/"),
        (b"https://gw.example/alice/lab?x&token=gwp_a", b"http://localhost:7001/lab?x"),  # C6
        (b"https://gw.example/bob/lab", b"http://localhost:7001/"),
        (b"nonsense", b"http://localhost:7001/"),
    ],
)
def test_origin_and_referer_are_the_notebooks_own(referer: bytes, inside: bytes) -> None:
    sent = passed((b"origin", b"https://gw.example"), (b"referer", referer))

    assert sent == [(b"origin", b"http://localhost:7001"), (b"referer", inside)]


@pytest.mark.parametrize(
    "name",
    [
        b"x-forwarded-user", b"x_forwarded_user", b"x-forwarded_user", b"x.forwarded.user", b"x-forwarded-for",
        b"forwarded", b"x-real-ip", b"x_real_ip", b"remote-user", b"remote_user", b"x-auth-request-user",
        b"x-remote-user", b"x-gw-user", b"x-original-url", b"x-rewrite-url", b"x-http-method-override",
        b"proxy", b"x_script_name", b"remote-groups", b"x-authenticated-user", b"x-authentik-username",
        b"x-goog-authenticated-user-email", b"x-ms-client-principal-name", b"cf-access-jwt-assertion",
        b"x-forwarded-uri", b"te", b"trailer", b"keep-alive", b"proxy-authorization", b"upgrade",
        b"http2-settings", b"transfer-encoding", b"content-length", b"sec-websocket-extensions",
    ],
)  # fmt: skip
def test_c1_c2_what_is_not_for_the_notebook(name: bytes) -> None:
    """Threats C1 and C2, and what belongs to one connection."""
    assert passed((name, b"admin")) == []


def test_b12_what_connection_names_goes_before_anything_is_added() -> None:
    """Threat B12: naming a field in Connection can't take away what we say ourselves."""
    sent = passed(
        (b"connection", b"x-mine, authorization, Host"),
        (b"connection", b"accept"),
        (b"x-mine", b"1"),
        (b"accept", b"*/*"),
        (b"x-other", b"2"),
        upstream=UPSTREAM,
    )

    assert sent == [(b"authorization", b"token notebooks-own-token"), (b"x-other", b"2")]


@pytest.mark.parametrize(
    ("rest", "upstream", "coding"),
    [
        (b"/lab", UPSTREAM, b"identity"),
        (b"/lab", NO_TOKEN, b"identity"),
        (b"/lab", replace(NO_TOKEN, base_path=b"/alice/"), b"gzip"),
        (b"/files/x", UPSTREAM, b"gzip"),
        (b"/static/x.js", UPSTREAM, b"gzip"),
        (b"/api/contents/large.ipynb", UPSTREAM, b"gzip"),
    ],
)
def test_what_may_be_rewritten_comes_uncompressed(
    rest: bytes, upstream: Upstream, coding: bytes
) -> None:
    sent = passed((b"accept-encoding", b"gzip"), place=PLACE._replace(rest=rest), upstream=upstream)

    assert (b"accept-encoding", coding) in sent


def test_c1_the_control_plane_gets_our_credentials_and_our_word() -> None:
    """Threat C1: only the door says who the client is."""
    asked = RequestHead(
        b"POST",
        b"/-/login",
        [
            (b"host", b"gw.example"),
            (b"cookie", b"gateway=s"),
            (b"authorization", b"Bearer gwp_x"),
            (b"x-forwarded-for", b"127.0.0.1"),
            (b"x_forwarded_for", b"127.0.0.1"),
            (b"connection", b"close"),
        ],
    )

    sent = to_control(asked, CLIENT)

    assert sent.target == b"/-/login"
    assert sent.headers == [*asked.headers[:3], *FORWARDED]


def test_e5_a_websockets_handshake_reaches_the_notebook_as_its_own() -> None:
    """Threats E2 and E5: the subprotocol is the notebook's to choose; compression is not offered."""
    kept = [
        (b"sec-websocket-version", b"13"),
        (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        (b"sec-websocket-protocol", b"v1.kernel.websocket.jupyter.org"),
    ]

    sent = passed(
        (b"connection", b"keep-alive, Upgrade"),
        (b"upgrade", b"websocket"),
        (b"origin", b"https://gw.example"),
        (b"sec-websocket-extensions", b"permessage-deflate; client_max_window_bits"),
        *kept,
        upstream=UPSTREAM,
    )

    assert sent == [
        (b"authorization", b"token notebooks-own-token"),
        (b"origin", b"http://localhost:7001"),
        *kept,
    ]
