"""gateway.core.granted: every grant of every notebook, and whether it lets anybody in."""

from dataclasses import replace

from gateway.core.disabled import without
from gateway.core.granted import LINK, granted
from gateway.core.grants import Level
from gateway.core.inventory import Access, Grantees
from gateway.core.names import GroupName, MemberName
from gateway.core.sharing import LinkId, Shared, ShareLink
from tests.core.test_sharing import ALICE, BOB, CAROL, LATER, NOTEBOOK, NOW, declared, share

LAB = GroupName("lab")
HERS = ShareLink(LinkId("link:1"), NOTEBOOK, Level.VIEW, ALICE, 0.0, LATER)


def listed(shared: Shared, *disabled: MemberName, now: float = NOW) -> list[tuple[object, ...]]:
    wanted = declared()
    found = granted(wanted, without(wanted, disabled), shared, now)
    return [(one.notebook, one.to, one.level, one.granted_by, one.counts) for one in found]


def test_owners_declared_grants_shares_and_links_are_listed_by_notebook() -> None:
    wanted = Shared(shares=(share(),), links=(HERS,))

    assert listed(wanted) == [
        ("alice", "alice", Level.USE, None, True),
        ("alice", "bob", Level.USE, "alice", True),
        ("alice", LINK, Level.VIEW, "alice", True),
        ("other", "bob", Level.VIEW, None, True),
    ]


def test_what_is_granted_for_every_notebook_is_listed_with_each() -> None:
    everywhere = Access(
        use=Grantees(members=frozenset({ALICE})), view=Grantees(groups=frozenset({LAB}))
    )
    wanted = replace(declared(), access=everywhere)

    found = [(one.notebook, one.to) for one in granted(wanted, wanted, Shared(), NOW)]

    # Alice owns hers, and is not listed there a second time.
    assert found == [
        ("alice", "alice"),
        ("alice", "group:lab"),
        ("other", "alice"),
        ("other", "group:lab"),
        ("other", "bob"),
    ]


def test_what_is_over_is_not_listed() -> None:
    wanted = Shared(shares=(share(),), links=(HERS,))

    assert [row[1] for row in listed(wanted, now=LATER)] == ["alice", "bob"]


def test_grants_of_and_to_the_disabled_are_listed_as_resting() -> None:
    wanted = Shared(shares=(share(), share(member=CAROL)), links=(HERS,))

    assert [row[1::3] for row in listed(wanted, BOB)] == [
        ("alice", True),
        ("bob", False),
        ("carol", True),
        (LINK, True),
        ("bob", False),
    ]
    assert [row[4] for row in listed(wanted, ALICE)] == [False, False, False, False, True]
