"""gateway.store: who comes from the identity provider, kept with their sessions."""

from dataclasses import replace

import pytest

from gateway.core.grants import Level
from gateway.core.inventory import Address, Auth, Inventory, Member, Oidc, PublicUrl, Server
from gateway.core.linking import Origin, with_links
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.core.provider_answer import Arrival
from gateway.core.provider_tokens import LoggedOut
from gateway.errors import AdmissionRefused, CredentialRefused, Hindrance
from gateway.store.rows import Opened
from gateway.store.store import Store
from tests.store.fakes import ADDRESS, ALICE, BOB, PASSWORD, Changes, World, joined, running

pytestmark = pytest.mark.anyio

ISSUER, DAVE = "https://idp.example", MemberName("dave")
DECLARED = Inventory(
    Server(Address("127.0.0.1", 8000), PublicUrl("http", "localhost", 8000)),
    members={ALICE: Member(ALICE), BOB: Member(BOB, subject="s-bob")},
    auth=Auth(oidc=Oidc(ISSUER, "gateway", admit=frozenset({"staff"}))),
)
STAFF = frozenset({GroupName("staff")})
OF_DAVE = Arrival(ISSUER, "s-dave", "dave", "Dave", groups=STAFF, sid="p-1", id_token="t")
OF_BOB = Arrival(ISSUER, "s-bob", "x", sid="p-2", id_token="t")


async def arrive(store: Store, arrival: Arrival, declared: Inventory = DECLARED) -> Opened:
    return await store.arrive(arrival, declared, address=ADDRESS, device="Firefox")


def holds(store: Store, opened: Opened) -> bool:
    return store.session(opened.secret) is not None


def logged_out(subject: str | None = None, sid: str | None = None) -> LoggedOut:
    return LoggedOut(ISSUER, "j", 0.0, subject, sid)


async def test_who_was_admitted_is_known_after_a_restart(world: World) -> None:
    async with world.store() as store:
        opened = await arrive(store, OF_DAVE)
    async with world.store() as store:
        (link,) = store.links()

        assert (link.member, link.origin, link.groups) == (DAVE, Origin.ADMITTED, STAFF)
        assert holds(store, opened)
        kept = await store.provider_session(opened.identity.credential)
        assert kept is not None
        assert (kept.member, kept.sid, kept.id_token) == (DAVE, "p-1", "t")
        assert "id_token" not in repr(kept)


async def test_other_processes_hear_of_it(world: World) -> None:
    async with world.store() as serving, world.store() as command, running(serving):
        changes = Changes(serving)
        await arrive(command, OF_DAVE)
        await changes.wait()
        assert [link.member for link in serving.links()] == [DAVE]

        await command.unlink(DAVE)
        await changes.wait()
        assert serving.links() == ()


async def test_who_is_refused_leaves_no_session(store: Store) -> None:
    with pytest.raises(AdmissionRefused) as refusal:
        await arrive(store, replace(OF_DAVE, groups=frozenset()))

    assert refusal.value.why is Hindrance.NOT_ADMITTED
    assert store.links() == ()
    assert await store.sessions(DAVE) == ()


async def test_a_disabled_member_is_refused(store: Store) -> None:
    await store.disable(BOB)

    with pytest.raises(AdmissionRefused) as refusal:
        await arrive(store, OF_BOB)

    assert refusal.value.why is Hindrance.DISABLED


async def test_a_name_that_had_an_account_is_not_given_away(store: Store) -> None:
    """Whoever left may have tokens, sessions and a password still."""
    await joined(store, DAVE)

    with pytest.raises(AdmissionRefused) as refusal:
        await arrive(store, OF_DAVE)

    assert refusal.value.why is Hindrance.NAME_TAKEN


async def test_a_log_out_ends_what_it_names(store: Store) -> None:
    first, second = await arrive(store, OF_BOB), await arrive(store, replace(OF_BOB, sid="p-3"))
    local = await joined(store, BOB)
    third = await arrive(store, OF_BOB)

    assert await store.end_at_provider(logged_out(sid="p-2")) == 1
    assert (holds(store, third), holds(store, local)) == (False, True)
    assert await store.end_at_provider(logged_out(subject="s-bob")) == 0
    assert not holds(store, first)
    assert not holds(store, second)


async def test_a_log_out_with_both_ends_only_what_both_name(store: Store) -> None:
    opened = await arrive(store, OF_BOB)

    assert await store.end_at_provider(logged_out("s-alice", "p-2")) == 0
    assert holds(store, opened)


async def test_an_invite_is_taken_by_a_link(store: Store) -> None:
    before = await joined(store)
    secret = await store.invite(ALICE)
    arrival = Arrival(ISSUER, "s-alice")

    opened = await store.take_invite(secret, arrival, DECLARED, address=ADDRESS, device="")

    assert (holds(store, opened), holds(store, before)) == (True, False)
    assert not await store.has_password(ALICE)
    with pytest.raises(CredentialRefused):
        await store.invited(secret)


async def test_an_invite_that_can_t_be_linked_stays_good(store: Store) -> None:
    secret = await store.invite(ALICE)

    with pytest.raises(AdmissionRefused):
        await store.take_invite(secret, OF_BOB, DECLARED, address=ADDRESS, device="")

    assert await store.invited(secret) == ALICE


async def test_unlinking_ends_what_came_by_the_link(store: Store) -> None:
    local = await joined(store)
    arrival = Arrival(ISSUER, "s-alice")
    await store.link(ALICE, arrival, DECLARED, address=ADDRESS)
    there = await arrive(store, arrival)

    assert await store.unlink(ALICE)

    assert (holds(store, there), holds(store, local)) == (False, True)
    assert not await store.unlink(ALICE)
    await store.check_password(local.identity.credential, PASSWORD, address=ADDRESS)


async def test_a_password_that_is_set_undoes_the_link(store: Store) -> None:
    """Whoever found the old one out may have linked themselves."""
    await joined(store)
    await store.link(ALICE, Arrival(ISSUER, "s-alice"), DECLARED, address=ADDRESS)

    await store.set_password(ALICE, PASSWORD)

    assert store.links() == ()


async def test_logging_in_again_goes_on_with_the_session(store: Store) -> None:
    """What is open in its name stays open, and it is known by what the provider says now."""
    before = await arrive(store, OF_BOB)

    after = await store.arrive(
        replace(OF_BOB, sid="p-9"),
        DECLARED,
        address=ADDRESS,
        device="Firefox",
        replaces=before.identity.credential,
    )

    assert after.identity.credential == before.identity.credential
    assert (holds(store, before), holds(store, after)) == (False, True)
    assert await store.end_at_provider(logged_out(sid="p-9")) == 1


async def test_whoever_is_forgotten_leaves_nothing_to_the_next(store: Store) -> None:
    """Neither a token nor a share goes with the name."""
    await arrive(store, OF_DAVE)
    token, _ = await store.create_token(DAVE, label="x", lifetime_seconds=None)
    await store.share(NotebookName("alice"), DAVE, level=Level.USE, by=ALICE, lifetime_seconds=99)

    await store.unlink(DAVE)
    await arrive(store, replace(OF_DAVE, subject="another"))

    assert store.token(token) is None
    assert store.shared().shares == ()


async def test_what_no_longer_holds_is_put_out(store: Store) -> None:
    dave, bob, alice = (
        await arrive(store, OF_DAVE),
        await arrive(store, OF_BOB),
        await joined(store),
    )

    await store.put_out(DECLARED)
    assert all(holds(store, one) for one in (dave, bob, alice))
    members = {**DECLARED.members, DAVE: Member(DAVE), BOB: Member(BOB)}
    changed = replace(DECLARED, members=members)
    await store.put_out(changed)

    assert [holds(store, one) for one in (dave, bob, alice)] == [False, False, True]
    assert DAVE in with_links(changed, store.links()).members
