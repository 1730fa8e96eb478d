"""gateway.door.decision: who gets where, and what the others are told; nothing is opened for them."""

import json
from dataclasses import replace

import pytest

from gateway.core.disabled import without
from gateway.core.head import Header, RequestHead
from gateway.core.identity import CredentialKind
from gateway.core.inventory import Grantees, Limits, Routing
from gateway.core.names import MemberName, NotebookName
from gateway.core.upstream import Kind
from gateway.core.viewing import UNJUDGED, View
from gateway.core.viewing_rooms import sealed_ticket
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
    notebook,
    upstream,
)

PAGE = ((b"sec-fetch-mode", b"navigate"), (b"accept", b"text/html"))
WEBSOCKET = (
    (b"connection", b"upgrade"),
    (b"upgrade", b"websocket"),
    (b"origin", b"http://gw.test"),
)
SCRIPT = (
    (b"sec-fetch-mode", b"cors"),
    (b"sec-fetch-site", b"same-origin"),
    (b"referer", b"http://gw.test/alice/lab"),
)


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
    ids=["T1 page", "T1 script", "C5 none", "C3 health check", "T1 forged", "C8 quoted", "C7 twice", "T1 bad token"],
)  # fmt: skip
def test_without_a_credential_all_names_look_alike(
    notebook: bytes, headers: tuple[Header, ...], told: int
) -> None:
    """A stranger learns nothing about which notebooks there are (threats C3, C5, C7, C8, T1)."""
    assert status(decide(b"/" + notebook + b"/api?x=/healthz", *headers)) == told


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (b"/al/x", 0),
        (b"/alice/x", 404),
        (b"/al%69ce/x", 400),
        (b"/al-2/x", 404),
        (b"/a/x", 404),
        (b"/al;ice/x", 404),
        (b"/al/../alice/x", 400),
    ],
)
def test_a8_a_grant_covers_its_whole_name_and_no_other(target: bytes, told: int) -> None:
    """Carol may use ``al``; names that begin so, or that it begins with, are other notebooks."""
    wanted = inventory(Routing.PATH, Limits())
    carol = Grantees(members=frozenset({MemberName("carol")}))
    others = {
        NotebookName(name): notebook(name, carol if name == "al" else Grantees())
        for name in ("a", "al", "al-2", "alice")
    }
    wanted = replace(wanted, notebooks=others)
    notebooks = FakeNotebooks(dict.fromkeys(others, 1))
    decider = Decider(FakeWho(), notebooks, wanted, refused=FakeWitness().refused)
    head = RequestHead(b"GET", target, [(b"host", b"gw.test"), session("carol")])

    assert status(decider.decide(head, peer="192.0.2.7", secure=False)) == told


@pytest.mark.parametrize("host", [b"ALICE.GW.Test", b"alice.gw.test", b"Alice.gw.TEST:80"])
@pytest.mark.parametrize(("member", "told"), [("alice", 0), ("bob", 404)])
def test_a10_among_many_hosts_case_changes_no_decision(host: bytes, member: str, told: int) -> None:
    """Where a host is looked up in a table of 150, its spelling is no way around the grant."""
    who = FakeWho()
    whose = identity(member, CredentialKind.SESSION, NotebookName("alice"))
    who.enter("there", whose)
    wanted = inventory(Routing.HOST, Limits())
    many = {NotebookName(f"n{i}"): notebook(f"n{i}", Grantees()) for i in range(150)}
    wanted = replace(wanted, notebooks={**many, **wanted.notebooks})
    decider = Decider(who, FakeNotebooks({"alice": 1}), wanted, refused=FakeWitness().refused)
    for name in many:
        other = RequestHead(b"GET", b"/x", [(b"host", name.encode() + b".gw.test")])
        decider.decide(other, peer="192.0.2.7", secure=False)
    head = RequestHead(b"GET", b"/x", [(b"host", host), (b"cookie", b"gateway=there")])

    assert status(decider.decide(head, peer="192.0.2.7", secure=False)) == told


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


def test_e1_session_of_one_host_is_no_good_on_another() -> None:
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


@pytest.mark.parametrize("credential", [session, token])
@pytest.mark.parametrize("upgrade", [(), WEBSOCKET])
def test_a_disabled_member_is_nobody(credential: object, upgrade: tuple[Header, ...]) -> None:
    """Even while the credential lives on: what is open ends, what is asked is refused, in theirs and in others'."""
    assert callable(credential)
    decider = Decider(
        FakeWho(),
        FakeNotebooks({"alice": 1, "bob": 2}),
        inventory(Routing.PATH, Limits()),
        refused=FakeWitness().refused,
    )
    heads = [
        RequestHead(b"GET", target, [(b"host", b"gw.test"), credential(member), *upgrade])
        for target, member in ((b"/alice/api", "carol"), (b"/bob/api", "bob"))
    ]
    carols, bobs = (decider.decide(head, peer="192.0.2.7", secure=False) for head in heads)
    assert isinstance(carols, ToNotebook)
    assert isinstance(bobs, ToNotebook)

    decider.apply(without(decider.inventory, {MemberName("carol")}))

    assert [decider.holds(carols), decider.holds(bobs)] == [False, True]
    refused = decider.decide(heads[0], peer="192.0.2.7", secure=False)
    assert status(refused) in {401, 424}  # an open page is told in the way that spares it
    assert status(decider.decide(heads[1], peer="192.0.2.7", secure=False)) == 0


def viewed(target: bytes, *headers: Header, method: bytes = b"GET", **changes: object) -> Plan:
    """Decide for bob, who may view alice's notebook, which is a Jupyter unless ``changes`` say otherwise."""
    notebooks = FakeNotebooks({"alice": 1, "bob": 2})
    name = NotebookName("alice")
    made = replace(upstream("alice"), kind=Kind.JUPYTER)
    notebooks.upstreams[name] = replace(made, **changes)  # type: ignore[arg-type]  # the tests' own
    if not changes.get("kind", True):
        del notebooks.upstreams[name]
    wanted = inventory(Routing.PATH, Limits())
    view = Grantees(members=frozenset({MemberName("bob")}))
    alice = replace(wanted.notebooks[name], view=view)
    wanted = replace(wanted, notebooks={**wanted.notebooks, name: alice})
    decider = Decider(FakeWho(), notebooks, wanted, refused=FakeWitness().refused)
    head = RequestHead(method, target, [(b"host", b"gw.test"), session("bob"), *headers])
    return decider.decide(head, peer="192.0.2.7", secure=False)


def test_a_viewer_gets_what_is_on_the_list() -> None:
    """And goes on as one; who uses it does not."""
    plan, use = viewed(b"/alice/lab"), decide(b"/alice/lab", session("alice"))

    assert isinstance(plan, ToNotebook)
    assert plan.viewing is not None
    assert plan.viewing.view is View.PLAIN
    assert isinstance(use, ToNotebook)
    assert use.viewing is None


@pytest.mark.parametrize(
    ("base", "target", "told"),
    [
        (b"/", b"/alice/lab", 0),
        (b"/alice/", b"/alice/lab", 0),
        (b"/alice/", b"/alice/api/contents", 0),
        (b"/alice/", b"/alice/alice/lab", 403),
        (b"/x/", b"/alice/api/shutdown", 403),
    ],
)
def test_a_viewers_path_is_judged_from_the_base_on(base: bytes, target: bytes, told: int) -> None:
    """Wherever the notebook thinks that it lives."""
    assert status(viewed(target, *SCRIPT, base_path=base)) == told


def test_a_viewers_page_that_is_refused_says_so() -> None:
    """In plain words to a person, in JSON to a script."""
    page, script = viewed(b"/alice/terminals/1", *PAGE), viewed(b"/alice/terminals/1", *SCRIPT)

    assert isinstance(page, Answer)
    assert isinstance(script, Answer)
    assert page.status == script.status == 403
    assert page.body.startswith(b"view only")
    assert b'"message": "view only' in script.body


def test_only_jupyter_can_be_viewed() -> None:
    """What another application does at a GET, nobody knows."""
    plan = viewed(b"/alice/", *SCRIPT, kind=Kind.OTHER)

    assert isinstance(plan, Answer)
    assert plan.status == 403
    assert b"only Jupyter can be viewed" in plan.body


def test_a_viewers_request_for_what_is_not_ready_is_judged_later() -> None:
    """What a notebook will be when it is back is not known, and so not what may be asked of it."""
    plan = viewed(b"/alice/api/shutdown", *SCRIPT, kind=None)

    assert isinstance(plan, ToNotebook)
    assert plan.viewing is UNJUDGED


def test_a_sealed_room_goes_on_under_its_own_name() -> None:
    """The notebook knows nothing of seals."""
    file = "6057a2dc-286b-4400-886c-25fb346e52d7"
    ticket = f'{{"format": "text", "type": "file", "fileId": "{file}"}}'.encode()
    sealed = json.loads(sealed_ticket(ticket, b"/a.txt", b"its token"))["fileId"]
    upgrade = (
        (b"upgrade", b"websocket"),
        (b"connection", b"upgrade"),
        (b"sec-websocket-version", b"13"),
        (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        (b"origin", b"http://gw.test"),
    )
    room = b"/alice/api/collaboration/room/text:file:"

    plan = viewed(room + sealed.encode() + b"?sessionId=s", *upgrade, token="its token")

    assert isinstance(plan, ToNotebook)
    assert plan.target == room + file.encode() + b"?sessionId=s"
    assert status(viewed(room + sealed.encode(), *upgrade, token="another")) == 403
    assert status(viewed(room + file.encode(), *upgrade, token="its token")) == 403
