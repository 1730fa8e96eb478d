"""Linking a member to somebody at the provider: by the member, and by an invite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.names import MemberName
from tests.provider.conftest import Configured
from tests.provider.fake_provider import FakeProvider
from tests.provider.house import PASSWORD, House, built, onward

pytestmark = pytest.mark.anyio

ALICE = MemberName("alice")


@pytest.fixture
async def house(idp: FakeProvider, configured: Configured, tmp_path: Path) -> AsyncIterator[House]:
    async with built(idp, tmp_path) as made:
        await made.store.set_password(ALICE, PASSWORD)
        yield made


async def test_a_member_links_themselves_and_undoes_it(house: House) -> None:
    alice, other = house.browser(), house.browser()
    await alice.by_password("alice")
    answer = await alice.send("/-/account/provider/link", "/-/account", current=PASSWORD)
    house.idp.claims |= {"sub": "s-alice", "preferred_username": "wonderland"}
    answer = await alice.come_back(onward(answer))
    assert answer.headers["location"] == "/-/account?done=linked"

    await other.by_provider()
    assert other.member() == ALICE
    await alice.send("/-/account/provider/unlink", "/-/account")

    assert (other.me(), alice.member()) == (None, ALICE)
    assert (await house.browser().by_provider()).status_code == 403


async def test_who_finds_a_session_open_can_t_link(house: House) -> None:
    alice = house.browser()
    await alice.by_password("alice")

    answer = await alice.send("/-/account/provider/link", "/-/account", current="a guess")

    assert answer.status_code == 422
    assert "The password is not right" in answer.text


async def test_a_link_comes_back_to_the_session_that_it_began_in(house: House) -> None:
    """Who logged out meanwhile, or is somebody else now, links nothing."""
    alice = house.browser()
    await alice.by_password("alice")
    url = onward(await alice.send("/-/account/provider/link", "/-/account", current=PASSWORD))
    await alice.send("/-/logout", "/-/account")

    answer = await alice.come_back(url)

    assert answer.status_code == 400
    assert house.store.links() == ()


async def test_an_identity_of_somebody_else_is_not_linked(house: House) -> None:
    alice = house.browser()
    await alice.by_password("alice")
    url = onward(await alice.send("/-/account/provider/link", "/-/account", current=PASSWORD))
    house.idp.claims["sub"] = "s-bob"

    answer = await alice.come_back(url)

    assert answer.status_code == 403
    assert "belongs to another member" in answer.text


async def test_who_has_no_password_keeps_the_link(house: House) -> None:
    carol = house.browser()
    secret = await house.store.invite(MemberName("carol"))
    url = onward(await carol.send(f"/-/invite/{secret}/provider", f"/-/invite/{secret}"))
    house.idp.claims["sub"] = "s-carol"
    await carol.come_back(url)

    answer = await carol.send("/-/account/provider/unlink", "/-/account")

    assert answer.status_code == 422
    assert carol.member() == "carol"


async def test_an_invite_is_taken_at_the_provider(house: House) -> None:
    """Instead of a password: the one of before is void, and so is the invite."""
    alice, before = house.browser(), house.browser()
    await before.by_password("alice")
    secret = await house.store.invite(ALICE)
    page = await alice.send(f"/-/invite/{secret}/provider", f"/-/invite/{secret}")
    assert secret not in onward(page)
    house.idp.claims["sub"] = "s-alice"

    answer = await alice.come_back(onward(page))

    assert (answer.status_code, alice.member(), before.me()) == (303, ALICE, None)
    assert (await house.browser().get(f"/-/invite/{secret}")).status_code == 410
    assert (await house.browser().by_password("alice")).status_code == 401
    assert (await house.browser().by_provider()).status_code == 303


async def test_an_invite_that_was_taken_meanwhile_is_gone(house: House) -> None:
    late = house.browser()
    secret = await house.store.invite(ALICE)
    url = onward(await late.send(f"/-/invite/{secret}/provider", f"/-/invite/{secret}"))
    await house.store.accept_invite(secret, PASSWORD, address="", device="")

    answer = await late.come_back(url)

    assert (answer.status_code, late.me()) == (410, None)
    assert house.store.links() == ()
