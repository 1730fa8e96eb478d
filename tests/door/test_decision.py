"""gateway.door.decision: who gets where, and what the others are told; nothing is opened for them."""

import pytest

from gateway.core.head import Header, RequestHead
from gateway.core.identity import CredentialKind
from gateway.core.inventory import Limits, Routing
from gateway.core.names import NotebookName
from gateway.door.answers import Answer
from gateway.door.decision import Decider, Plan, ToControl, ToNotebook
from tests.door.fakes import (
    SESSIONS,
    TOKENS,
    FakeNotebooks,
    FakeWho,
    FakeWitness,
    identity,
    inventory,
    upstream,
)

PAGE = ((b"sec-fetch-mode", b"navigate"), (b"accept", b"text/html"))
SCRIPT = ((b"sec-fetch-mode", b"cors"), (b"sec-fetch-site", b"same-origin"))


def session(member: str) -> Header:
    return b"cookie", f"gateway={SESSIONS[member]}".encode()


def token(member: str) -> Header:
    return b"authorization", f"Bearer {TOKENS[member]}".encode()


def decide(
    target: bytes,
    *headers: Header,
    routing: Routing = Routing.PATH,
    host: bytes = b"gw.test",
    who: FakeWho | None = None,
) -> Plan:
    notebooks = FakeNotebooks({"alice": 1, "bob": 2})
    decider = Decider(
        who or FakeWho(), notebooks, inventory(routing, Limits()), refused=FakeWitness().refused
    )
    head = RequestHead(b"GET", target, [(b"host", host), *headers])
    return decider.decide(head, peer="192.0.2.7", secure=False)


def status(plan: Plan) -> int:
    """Return the status of an answer; 0 goes to the notebook, 1 to the control plane."""
    if isinstance(plan, Answer):
        return plan.status
    return int(isinstance(plan, ToControl))


GRANTED = {("alice", "alice"), ("carol", "alice"), ("bob", "bob")}


@pytest.mark.parametrize("notebook", ["alice", "bob", "nobody"])
@pytest.mark.parametrize("member", ["alice", "bob", "carol"])
@pytest.mark.parametrize("credential", [session, token])
def test_grant_decides(member: str, notebook: str, credential: object) -> None:
    """Only who has a grant gets in; what one may not open looks like what is not there (threat T2)."""
    assert callable(credential)
    plan = decide(f"/{notebook}/api".encode(), credential(member))

    assert status(plan) == (0 if (member, notebook) in GRANTED else 404)


@pytest.mark.parametrize("notebook", [b"alice", b"nobody"])
@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (PAGE, 303),
        (SCRIPT, 424),
        ((), 401),
        (((b"user-agent", b"kube-probe/1.0"),), 401),
        (((b"cookie", b"gateway=forged"),), 401),
        (((b"cookie", b'a="x; gateway=stolen"'),), 401),
        ((session("alice"), session("alice")), 401),
        (((b"authorization", b"Bearer gwp_forged"), session("alice")), 401),
    ],
    ids=["page", "script", "none", "health check", "forged", "quoted", "twice", "bad token"],
)
def test_without_a_credential_all_names_look_alike(
    notebook: bytes, headers: tuple[Header, ...], told: int
) -> None:
    """A stranger learns nothing about which notebooks there are (threats C3, C5, C7, C8, T1)."""
    assert status(decide(b"/" + notebook + b"/api?x=/healthz", *headers)) == told


def test_page_load_keeps_its_deep_link() -> None:
    """The way to log-in remembers where one wanted to go, and no token of ours."""
    plan = decide(b"/alice/api/x?a=b&token=gwp_secret", *PAGE)

    assert isinstance(plan, Answer)
    assert b"location: /-/login?next=/alice/api/x%3Fa%3Db\r\n" in plan.head


def test_missing_page_is_the_control_planes() -> None:
    """A page load of what may not be opened is shown the page for it, with the cookies."""
    plan = decide(b"/bob/x", session("alice"), *PAGE)

    assert isinstance(plan, ToControl)
    assert plan.head.target == b"/-/missing?notebook=bob"
    assert plan.head.first(b"cookie") is not None


def test_logout_of_a_token_added_notebook_leads_home() -> None:
    """Jupyter's own would do nothing."""
    who, notebooks = FakeWho(), FakeNotebooks({"alice": 1})
    known = upstream("alice")
    notebooks.upstreams[NotebookName("alice")] = type(known)(
        known.notebook, known.authority, known.scheme, token="t"
    )
    decider = Decider(
        who, notebooks, inventory(Routing.PATH, Limits()), refused=FakeWitness().refused
    )
    head = RequestHead(b"GET", b"/alice/logout", [(b"host", b"gw.test"), session("alice")])

    plan = decider.decide(head, peer="", secure=False)

    assert isinstance(plan, Answer)
    assert plan.status == 303
    assert b"location: http://gw.test/\r\n" in plan.head


def test_session_of_one_host_is_no_good_on_another() -> None:
    """In host routing each notebook's host has sessions of its own (threats T3, E1)."""
    who = FakeWho()
    of_alice = identity("alice", CredentialKind.SESSION, NotebookName("alice"))
    of_bob = identity("bob", CredentialKind.SESSION, NotebookName("bob"))
    who.enter("alices-session", of_alice)
    who.enter("bobs-session", of_bob)
    there = {"routing": Routing.HOST, "host": b"alice.gw.test", "who": who}

    assert status(decide(b"/x", (b"cookie", b"gateway=alices-session"), **there)) == 0  # type: ignore[arg-type]  # a table of keywords
    assert status(decide(b"/x", (b"cookie", b"gateway=bobs-session"), **there)) == 401  # type: ignore[arg-type]  # a table of keywords
    assert status(decide(b"/x", session("alice"), **there)) == 401  # type: ignore[arg-type]  # a table of keywords


@pytest.mark.parametrize(
    ("path", "passes"),
    [
        (b"/-/enter?next=/x", True),
        (b"/-/missing", True),
        (b"/-/waiting/alice", True),
        (b"/-/waiting/alice/state", True),
        (b"/-/static/style.css", True),
        (b"/-/logout", True),
        (b"/-/login", False),
        (b"/-/admin/members", False),
        (b"/-/waiting/bob", False),
        (b"/-/api/v1/me", False),
    ],
)
def test_few_own_pages_are_on_notebooks_hosts(path: bytes, *, passes: bool) -> None:
    """A notebook's origin reaches none of the gateway's own that could do anything (threat T3)."""
    plan = decide(path, routing=Routing.HOST, host=b"alice.gw.test")

    assert status(plan) == (1 if passes else 404)


def test_what_was_granted_is_asked_again() -> None:
    """A plan holds as long as its credential and its grant do."""
    who = FakeWho()
    decider = Decider(
        who,
        FakeNotebooks({"alice": 1}),
        inventory(Routing.PATH, Limits()),
        refused=FakeWitness().refused,
    )
    head = RequestHead(b"GET", b"/alice/", [(b"host", b"gw.test"), session("carol")])
    plan = decider.decide(head, peer="", secure=False)

    assert isinstance(plan, ToNotebook)
    assert decider.holds(plan)
    who.end("carol")
    assert not decider.holds(plan)
