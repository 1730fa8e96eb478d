"""Logging out, here and at the provider: each ends what it should, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.core.names import MemberName
from gateway.core.provider_metadata import BACKCHANNEL_PATH
from gateway.core.provider_tokens import LoggedOut
from gateway.errors import StoreUnavailable
from tests.provider.conftest import Configured
from tests.provider.fake_provider import FakeProvider
from tests.provider.house import ORIGIN, PASSWORD, Browser, House, built, onward

pytestmark = pytest.mark.anyio

BOB = MemberName("bob")


@pytest.fixture
async def house(idp: FakeProvider, configured: Configured, tmp_path: Path) -> AsyncIterator[House]:
    async with built(idp, tmp_path) as made:
        yield made


@pytest.fixture
async def bob(house: House) -> Browser:
    browser = house.browser()
    await browser.by_provider(sub="s-bob", sid="p-1")
    return browser


async def tell(house: House, **claims: object) -> int:
    token = house.idp.logout_token(**claims)
    form = {"logout_token": token}
    answer = await house.browser().http.post(BACKCHANNEL_PATH, data=form)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code


async def test_log_out_leads_on_to_the_provider_and_back(house: House, bob: Browser) -> None:
    answer = await bob.send("/-/logout", "/-/logout")

    assert bob.me() is None
    way = onward(answer)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(way).query).items()}
    assert way.startswith(f"{house.idp.issuer}/end?")
    assert asked["id_token_hint"].count(".") == 2
    assert asked["post_logout_redirect_uri"] == f"{ORIGIN}/-/oidc/logged-out"
    back = await bob.get(f"/-/oidc/logged-out?state={asked['state']}")
    assert "You are logged out, here and at Example ID." in back.text
    again = await bob.get(f"/-/oidc/logged-out?state={asked['state']}")
    assert again.headers["location"] == "/-/login"


async def test_who_came_by_password_stays_logged_in_there(house: House) -> None:
    await house.store.set_password(BOB, PASSWORD)
    browser = house.browser()
    await browser.by_password("bob")

    answer = await browser.send("/-/logout", "/-/logout")

    assert (answer.status_code, answer.headers["location"]) == (303, "/-/login")


async def test_log_out_does_not_need_the_provider(house: House, bob: Browser) -> None:
    """Even where nothing is known of it any more."""
    house.idp.away = True
    await house.provider.close()

    answer = await bob.send("/-/logout", "/-/logout")

    assert (answer.status_code, answer.headers["location"], bob.me()) == (303, "/-/login", None)


async def test_the_answer_to_a_log_out_logs_nobody_in(house: House, bob: Browser) -> None:
    answer = await bob.send("/-/logout", "/-/logout")
    state = parse_qs(urlsplit(onward(answer)).query)["state"][0]

    refused = await bob.get(f"/-/oidc/callback?state={state}&code=x&iss={house.idp.issuer}")

    assert (refused.status_code, bob.me()) == (400, None)


async def test_log_out_there_ends_the_session_of_that_sid(house: House, bob: Browser) -> None:
    """And no other: the phone stays logged in."""
    phone = house.browser()
    await phone.by_provider(sub="s-bob", sid="p-2")
    ended: list[int] = []
    house.store.on_change(lambda: ended.append(1))

    assert await tell(house, sid="p-1") == 200

    assert (bob.me(), phone.member()) == (None, BOB)
    assert ended


async def test_log_out_there_of_a_subject_ends_all_of_theirs(house: House, bob: Browser) -> None:
    """Those that came from there: a session by password stays."""
    await house.store.set_password(BOB, PASSWORD)
    again, local = house.browser(), house.browser()
    await again.by_provider(sub="s-bob", sid="p-2")
    await local.by_password("bob")

    assert await tell(house, sub="s-bob") == 200

    assert (bob.me(), again.me(), local.member()) == (None, None, BOB)


async def test_log_out_there_of_nobody_is_fine(house: House, bob: Browser) -> None:
    assert await tell(house, sid="p-9") == 200
    assert await tell(house, sid="p-1", sub="s-somebody-else") == 200
    assert bob.member() == BOB


async def test_a_logout_token_is_not_acted_on_twice(house: House, bob: Browser) -> None:
    token = house.idp.logout_token(sub="s-bob")
    form = {"logout_token": token}
    stranger = house.browser()
    await stranger.http.post(BACKCHANNEL_PATH, data=form)
    await bob.by_provider(sub="s-bob")

    again = await stranger.http.post(BACKCHANNEL_PATH, data=form)

    assert (again.status_code, again.json()) == (400, {"error": "invalid_request"})
    assert bob.member() == BOB


async def test_a_bad_logout_token_ends_nothing(house: House, bob: Browser) -> None:
    """Each way of being bad is refused in test_provider; here is that nothing ends."""
    bad = (
        {"nonce": "n"},
        {"events": None},
        {"aud": "x"},
        {"iss": "https://evil.example"},
        {"exp": 1},
    )

    assert [await tell(house, sub="s-bob", **claims) for claims in bad] == [400] * len(bad)
    assert bob.member() == BOB


async def test_nonsense_ends_nothing_and_keeps_nobody_from_being_heard(
    house: House, bob: Browser
) -> None:
    stranger = house.browser()
    for _ in range(25):
        form = {"logout_token": "x.y"}
        answer = await stranger.http.post(BACKCHANNEL_PATH, data=form)
        assert answer.status_code == 400
    assert bob.member() == BOB

    assert await tell(house, sid="p-1") == 200
    assert bob.me() is None


async def test_a_log_out_that_can_t_be_written_counts_when_it_is_told_again(
    house: House, bob: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"logout_token": house.idp.logout_token(sid="p-1")}
    stranger = house.browser()

    async def away(told: LoggedOut) -> int:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(house.store, "end_at_provider", away)
        assert (await stranger.http.post(BACKCHANNEL_PATH, data=form)).status_code == 503
    assert bob.member() == BOB

    assert (await stranger.http.post(BACKCHANNEL_PATH, data=form)).status_code == 200
    assert bob.me() is None
