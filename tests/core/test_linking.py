"""gateway.core.linking: who at the provider is which member, and who is nobody."""

from dataclasses import replace

import pytest

from gateway.core.inventory import Address, Auth, Inventory, Member, Oidc, PublicUrl, Server
from gateway.core.linking import (
    Link,
    Origin,
    displaced,
    link_of,
    linked,
    member_of,
    verdict,
    with_links,
)
from gateway.core.names import GroupName, MemberName
from gateway.core.provider_answer import Arrival
from gateway.errors import AdmissionRefused, Hindrance

NOW = 1_800_000_000.0
ISSUER = "https://idp.example"
ALICE, BOB, DAVE = MemberName("alice"), MemberName("bob"), MemberName("dave")
STAFF, GUESTS = GroupName("staff"), GroupName("guests")
OIDC = Oidc(ISSUER, "gateway", admit=frozenset({"staff"}))
DECLARED = Inventory(
    Server(Address("127.0.0.1", 8000), PublicUrl("http", "localhost", 8000)),
    members={
        ALICE: Member(ALICE, groups=frozenset({GroupName("lab")})),
        BOB: Member(BOB, subject="s-bob"),
    },
    auth=Auth(oidc=OIDC),
)
OFF = replace(DECLARED, auth=Auth())


def arrival(
    subject: str = "s-dave", name: str | None = "dave", *groups: GroupName, **more: str
) -> Arrival:
    return Arrival(ISSUER, subject, name, groups=frozenset(groups), **more)


def link(member: MemberName, subject: str, origin: Origin, *groups: GroupName) -> Link:
    return link_of(arrival(subject, None, *groups), member, origin, NOW)


LINKED = link(ALICE, "s-alice", Origin.LINKED, STAFF)
ADMITTED = link(DAVE, "s-dave", Origin.ADMITTED, STAFF)


def with_dave(subject: str | None = None) -> Inventory:
    return replace(DECLARED, members={**DECLARED.members, DAVE: Member(DAVE, subject=subject)})


@pytest.mark.parametrize(
    ("declared", "links", "subject", "member"),
    [
        pytest.param(DECLARED, [], "s-bob", BOB, id="configured"),
        pytest.param(DECLARED, [LINKED], "s-alice", ALICE, id="linked"),
        pytest.param(DECLARED, [ADMITTED], "s-dave", DAVE, id="admitted"),
        pytest.param(DECLARED, [], "s-alice", None, id="unknown"),
        pytest.param(OFF, [LINKED], "s-alice", None, id="no provider"),
        pytest.param(OFF, [ADMITTED], "s-dave", None, id="no provider, so nobody is admitted"),
        pytest.param(replace(DECLARED, members={}), [LINKED], "s-alice", None, id="no member any more"),
        pytest.param(DECLARED, [link(BOB, "s-x", Origin.LINKED)], "s-x", None, id="the configuration says otherwise"),
        pytest.param(DECLARED, [link(ALICE, "s-x", Origin.CONFIGURED)], "s-x", None, id="configured no more"),
        pytest.param(DECLARED, [link(DAVE, "s-dave", Origin.ADMITTED, GUESTS)], "s-dave", None, id="not admitted any more"),
        pytest.param(with_dave(), [ADMITTED], "s-dave", None, id="the name is the configuration's"),
        pytest.param(with_dave("s-dave"), [ADMITTED], "s-dave", DAVE, id="the configuration adopts them"),
    ],
)  # fmt: skip
def test_who_somebody_is(
    declared: Inventory, links: list[Link], subject: str, member: MemberName | None
) -> None:
    assert member_of(declared, links, ISSUER, subject) == member


def test_another_issuer_s_subject_is_nobody() -> None:
    """A subject means nothing without its issuer (threat D10)."""
    assert member_of(DECLARED, [LINKED], "https://evil.example", "s-alice") is None
    assert member_of(DECLARED, [], "https://evil.example", "s-bob") is None


def test_groups_are_added_and_people_too() -> None:
    inventory = with_links(DECLARED, [LINKED, ADMITTED])

    assert inventory.members[ALICE].groups == {"lab", "staff"}
    assert inventory.members[DAVE].groups == {"staff"}
    assert not inventory.members[DAVE].admin
    assert inventory.members[BOB] == DECLARED.members[BOB]


def test_without_the_provider_nothing_is_added() -> None:
    assert with_links(OFF, [LINKED, ADMITTED]).members == DECLARED.members


def test_without_links_nothing_is_made_anew() -> None:
    assert with_links(DECLARED, []) is DECLARED


@pytest.mark.parametrize("declared", [with_dave(), replace(with_dave(), auth=Auth())])
def test_nobody_goes_by_a_name_that_two_could_claim(declared: Inventory) -> None:
    """What the one who was admitted left open must not become the other's."""
    assert DAVE not in with_links(declared, [ADMITTED]).members
    assert displaced(declared, [ADMITTED]) == {DAVE}


def test_whom_the_configuration_adopts_stays() -> None:
    assert displaced(with_dave("s-dave"), [ADMITTED]) == frozenset()
    assert with_links(with_dave("s-dave"), [ADMITTED]).members[DAVE].groups == {"staff"}


def test_somebody_new_is_admitted_by_a_group() -> None:
    judged = verdict(DECLARED, [], arrival("s-dave", "dave", STAFF), taken=(), now=NOW)

    assert judged.refusal is None
    assert judged.link == link(DAVE, "s-dave", Origin.ADMITTED, STAFF)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        pytest.param(arrival("s", "dave"), Hindrance.NOT_ADMITTED, id="D10 groups claim missing"),
        pytest.param(arrival("s", "dave", GUESTS), Hindrance.NOT_ADMITTED, id="another group"),
        pytest.param(arrival("s", None, STAFF), Hindrance.NAME_MISSING, id="no name"),
        pytest.param(arrival("s", "alice", STAFF), Hindrance.NAME_TAKEN, id="D10 preferred_username of a local member"),
        pytest.param(arrival("s", "erin", STAFF), Hindrance.NAME_TAKEN, id="of somebody admitted"),
        pytest.param(arrival("s", "frank", STAFF), Hindrance.NAME_TAKEN, id="of somebody who had an account"),
        pytest.param(arrival("s", "Dave", STAFF), Hindrance.NAME_INVALID, id="D9 upper case"),
        pytest.param(arrival("s", "dave.", STAFF), Hindrance.NAME_INVALID, id="D9 trailing dot"),
        pytest.param(arrival("s", "alice@example.org", STAFF), Hindrance.NAME_INVALID, id="D9 an address"),
        pytest.param(arrival("s", "admin", STAFF), Hindrance.NAME_INVALID, id="a reserved name"),
        pytest.param(arrival("s", "x" * 9999, STAFF), Hindrance.NAME_INVALID, id="D12 huge"),
    ],
)  # fmt: skip
def test_somebody_new_is_not_let_in(who: Arrival, why: Hindrance) -> None:
    links = [link(MemberName("erin"), "s-erin", Origin.ADMITTED, STAFF)]

    judged = verdict(DECLARED, links, who, taken=[MemberName("frank")], now=NOW)

    assert judged.link is None
    assert judged.refusal is not None
    assert judged.refusal.why is why
    assert len(judged.refusal.name) <= 64


def test_nobody_is_admitted_where_no_group_is() -> None:
    nobody = replace(DECLARED, auth=Auth(oidc=replace(OIDC, admit=frozenset())))

    judged = verdict(nobody, [], arrival("s-dave", "dave", STAFF), taken=(), now=NOW)

    assert judged.refusal is not None


def test_the_address_of_a_member_links_nobody() -> None:
    """Threat D9: an address is shown, and nothing else."""
    members = {ALICE: Member(ALICE, email="alice@example.org")}
    who = arrival("s", None, email="alice@example.org")

    judged = verdict(replace(DECLARED, members=members), [], who, taken=(), now=NOW)

    assert judged.refusal is not None


@pytest.mark.parametrize(
    ("subject", "links", "member", "origin"),
    [
        ("s-bob", [], BOB, Origin.CONFIGURED),
        ("s-alice", [LINKED], ALICE, Origin.LINKED),
        ("s-dave", [ADMITTED], DAVE, Origin.ADMITTED),
    ],
)
def test_who_is_known_comes_in_whatever_they_are_called(
    subject: str, links: list[Link], member: MemberName, origin: Origin
) -> None:
    """The name that the provider tells plays no part: not even that of another member."""
    judged = verdict(DECLARED, links, arrival(subject, "bob", STAFF), taken=(), now=NOW)

    assert judged.refusal is None
    assert judged.link is not None
    assert (judged.link.member, judged.link.origin) == (member, origin)


def test_who_lost_the_group_is_refused_and_that_is_kept() -> None:
    """What is open of theirs must end, too."""
    judged = verdict(DECLARED, [ADMITTED], arrival("s-dave", "dave", GUESTS), taken=(), now=NOW)

    assert judged.refusal is not None
    assert judged.refusal.why is Hindrance.NOT_ADMITTED
    assert judged.link is not None
    assert DAVE not in with_links(DECLARED, [judged.link]).members


def test_who_is_no_member_any_more_is_refused() -> None:
    gone = replace(DECLARED, members={})

    judged = verdict(gone, [LINKED], arrival("s-alice", "alice", STAFF), taken=(), now=NOW)

    assert judged.refusal is not None
    assert judged.refusal.why is Hindrance.GONE


def test_whom_the_configuration_renames_comes_in_by_the_new_name() -> None:
    david = MemberName("david")
    members = {david: Member(david, subject="s-dave")}

    judged = verdict(
        replace(DECLARED, members=members), [ADMITTED], arrival("s-dave", "dave"), taken=(), now=NOW
    )

    assert judged.link is not None
    assert (judged.link.member, judged.link.origin) == (david, Origin.CONFIGURED)


def test_a_member_links_an_identity_that_is_free() -> None:
    made = linked(DECLARED, [], arrival("s-alice"), ALICE, NOW)

    assert (made.member, made.subject, made.origin) == (ALICE, "s-alice", Origin.LINKED)


@pytest.mark.parametrize(
    ("subject", "member", "links", "why"),
    [
        pytest.param("s-alice", BOB, [], Hindrance.LINKED_OTHERWISE, id="the configuration says who bob is"),
        pytest.param("s-bob", ALICE, [], Hindrance.LINKED_ELSEWHERE, id="the configuration gave it to bob"),
        pytest.param("s-dave", ALICE, [ADMITTED], Hindrance.LINKED_ELSEWHERE, id="somebody admitted"),
        pytest.param("s-2", ALICE, [LINKED], Hindrance.LINKED_OTHERWISE, id="linked already"),
        pytest.param("s-dave", DAVE, [], Hindrance.GONE, id="no member"),
    ],
)  # fmt: skip
def test_a_link_is_refused(
    subject: str, member: MemberName, links: list[Link], why: Hindrance
) -> None:
    with pytest.raises(AdmissionRefused) as refusal:
        linked(DECLARED, links, arrival(subject), member, NOW)

    assert refusal.value.why is why
