"""Logging in through the provider: pages, store and provider together, with a provider on loopback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.core.grants import Level, level_of
from gateway.core.names import MemberName, NotebookName
from gateway.web.journeys import LIFETIME_SECONDS
from tests.provider.conftest import Configured
from tests.provider.fake_provider import FakeProvider, with_public_key_as_secret
from tests.provider.house import PASSWORD, House, built

pytestmark = pytest.mark.anyio

ALICE, BOB, DAVE = MemberName("alice"), MemberName("bob"), MemberName("dave")
NOTEBOOK = NotebookName("alice")
AS_DAVE = {"sub": "s-dave", "preferred_username": "dave", "name": "Dave D.", "groups": ["staff"]}


@pytest.fixture
async def house(idp: FakeProvider, configured: Configured, tmp_path: Path) -> AsyncIterator[House]:
    async with built(idp, tmp_path) as made:
        await made.store.set_password(ALICE, PASSWORD)
        yield made


async def test_a_member_of_the_configuration_comes_in(house: House) -> None:
    """By the subject alone, and goes on to what they wanted."""
    bob = house.browser()

    answer = await bob.by_provider(next="/alice/lab?a=1", sub="s-bob", preferred_username="alice")

    assert (answer.status_code, answer.headers["location"]) == (303, "/alice/lab?a=1")
    assert bob.member() == BOB
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.split("; "))


async def test_log_in_page_shows_both_ways(house: House) -> None:
    page = (await house.browser().get("/-/login?next=/alice/")).text

    assert 'href="/-/oidc/start?next=/alice/">Log in with Example ID</a>' in page
    assert 'name="password"' in page


async def test_groups_of_the_provider_count(house: House) -> None:
    """As long as the provider says so, at each log-in."""
    bob = house.browser()
    await bob.by_provider(sub="s-bob", groups=["staff"])
    assert level_of(house.inventory, BOB, NOTEBOOK) is Level.USE

    await house.browser().by_provider(sub="s-bob", groups=[])

    assert level_of(house.inventory, BOB, NOTEBOOK) is None
    assert bob.member() == BOB


async def test_the_session_before_is_over(house: House) -> None:
    """Threat D6: a session that somebody planted is worth nothing after the log-in."""
    browser = house.browser()
    url = await browser.leave()
    await browser.by_password("alice")
    planted = browser.me()
    house.idp.claims["sub"] = "s-bob"

    await browser.come_back(url)

    assert planted is not None
    assert browser.member() == BOB
    assert not house.store.holds(planted.credential)


async def test_nobody_is_sent_elsewhere(house: House) -> None:
    """Threat D1."""
    wanted = ("//evil.example", "https://evil.example/", "/\\evil", "javascript:x")

    answers = [await house.browser().by_provider(next=one, sub="s-bob") for one in wanted]

    assert {answer.headers["location"] for answer in answers} == {"/"}


# --- D8: what comes back must fit what left ---


async def test_d8_without_state(house: House) -> None:
    browser = house.browser()
    url = await browser.leave()

    answer = await browser.come_back(url, state="")

    assert (answer.status_code, browser.me()) == (400, None)
    assert "Please log in again" in answer.text


async def test_d8_state_of_another_browser(house: House) -> None:
    """Who is sent a stranger's answer is not logged in as the stranger; the other still may be."""
    stranger, victim = house.browser(), house.browser()
    house.idp.claims["sub"] = "s-bob"
    url = await stranger.leave()
    await victim.leave()

    answer = await victim.come_back(url)

    assert (answer.status_code, victim.me()) == (400, None)
    assert "/token" not in house.idp.seen
    assert (await stranger.come_back(url)).status_code == 303


async def test_d8_the_same_answer_twice(house: House) -> None:
    browser = house.browser()
    house.idp.claims["sub"] = "s-bob"
    url = await browser.leave()
    await browser.come_back(url)

    assert (await browser.come_back(url)).status_code == 400


async def test_d8_too_late(house: House) -> None:
    browser = house.browser()
    url = await browser.leave()
    house.clock.skipped = LIFETIME_SECONDS

    assert (await browser.come_back(url)).status_code == 400


async def test_an_answer_that_says_something_twice_is_refused(house: House) -> None:
    browser = house.browser()
    answer = house.idp.log_in(await browser.leave())
    twice = [*answer.items(), ("code", "another")]

    refused = await browser.http.get("/-/oidc/callback", params=twice)

    assert (refused.status_code, browser.me()) == (400, None)


async def test_d7_a_forged_token_logs_nobody_in(house: House) -> None:
    """Each way of forging one is refused in test_provider; here is what the browser sees."""
    browser = house.browser()
    house.idp.sign = with_public_key_as_secret

    answer = await browser.by_provider(sub="s-bob")

    assert (answer.status_code, browser.me()) == (400, None)
    assert "could not be trusted" in answer.text
    assert "HS256" not in answer.text


async def test_who_turns_back_is_told_so(house: House) -> None:
    browser = house.browser()
    url = await browser.leave("/alice/")

    answer = await browser.come_back(url, error="access_denied", error_description="<b>no</b>")

    assert answer.status_code == 403
    assert "Example ID did not let you in, or you turned back" in answer.text
    assert "<b>no</b>" not in answer.text
    assert "next=/alice/" in answer.text


async def test_a_provider_that_is_away_hurts_nobody_else(house: House) -> None:
    """Local log-ins go on, and open sessions too."""
    bob, alice = house.browser(), house.browser()
    await bob.by_provider(sub="s-bob")
    house.idp.away = True
    await house.provider.close()

    answer = await house.browser().get("/-/oidc/start")

    assert answer.status_code == 503
    assert "Example ID can&#39;t be reached just now" in answer.text
    assert (await alice.by_password("alice")).status_code == 303
    assert bob.member() == BOB


async def test_too_many_answers_are_not_heard(house: House) -> None:
    browser = house.browser()
    statuses = []
    for _ in range(25):
        url = await browser.leave()
        statuses.append((await browser.come_back(url, iss="https://evil.example")).status_code)

    assert statuses[0] == 400
    assert statuses[-1] == 429


async def test_without_a_provider_there_is_no_such_way(house: House) -> None:
    house.without_provider()
    browser = house.browser()

    assert (await browser.get("/-/oidc/start")).status_code == 404
    assert (await browser.get("/-/oidc/callback?state=x")).status_code == 404
    assert (await browser.http.post("/-/oidc/backchannel-logout")).status_code == 404
    assert "Log in with" not in (await browser.get("/-/login")).text


# --- Who becomes whom ---


async def test_d10_the_name_of_a_local_member_opens_nothing(house: House) -> None:
    """And the page says what the administrator can do."""
    browser = house.browser()

    answer = await browser.by_provider(
        sub="s-mallory", preferred_username="alice", email="alice@example.org", groups=["staff"]
    )

    assert (answer.status_code, browser.me()) == (403, None)
    assert "somebody else goes by that name here" in answer.text
    assert "members.alice.oidc" in answer.text


async def test_d10_a_missing_groups_claim_admits_nobody(house: House) -> None:
    browser = house.browser()

    answer = await browser.by_provider(sub="s-dave", preferred_username="dave")

    assert (answer.status_code, browser.me()) == (403, None)
    assert "you are not a member here" in answer.text
    assert "auth.oidc.admit" in answer.text


async def test_an_admitted_group_brings_its_members(house: House) -> None:
    dave = house.browser()

    await dave.by_provider(**AS_DAVE)

    assert dave.member() == DAVE
    assert house.inventory.members[DAVE].full_name == "Dave D."
    assert level_of(house.inventory, DAVE, NOTEBOOK) is Level.USE
    assert "Dave D." in (await dave.get("/-/account")).text


async def test_who_was_admitted_is_known_after_a_restart(
    idp: FakeProvider, configured: Configured, tmp_path: Path
) -> None:
    async with built(idp, tmp_path) as before:
        dave = before.browser()
        await dave.by_provider(**AS_DAVE)
    async with built(idp, tmp_path) as after:
        again = after.browser()
        again.http.cookies = dave.http.cookies

        assert again.member() == DAVE


async def test_who_leaves_the_group_is_out_with_all_sessions(house: House) -> None:
    dave, again = house.browser(), house.browser()
    await dave.by_provider(**AS_DAVE)

    answer = await again.by_provider(groups=["guests"])

    assert answer.status_code == 403
    assert (dave.member(), again.member()) == (None, None)


async def test_without_the_provider_who_was_admitted_is_out_at_once(house: House) -> None:
    dave, bob = house.browser(), house.browser()
    await dave.by_provider(**AS_DAVE)
    await bob.by_provider(sub="s-bob")

    house.without_provider()
    assert dave.member() is None
    await house.store.put_out(house.wanted.inventory)

    assert bob.member() is None


async def test_a_group_that_is_admitted_no_more_is_out_at_once(house: House) -> None:
    dave = house.browser()
    await dave.by_provider(**AS_DAVE)

    house.write("admit: [staff]", "admit: []")

    assert dave.member() is None


async def test_a_name_that_the_configuration_gives_is_not_inherited(house: House) -> None:
    """Sessions and tokens of whoever had it before end, before anybody else goes by it."""
    dave = house.browser()
    await dave.by_provider(**AS_DAVE)
    token, _ = await house.store.create_token(DAVE, label="x", lifetime_seconds=None)

    house.write("  carol: {}", "  carol: {}\n  dave: {}")
    assert DAVE not in house.inventory.members
    await house.store.put_out(house.wanted.inventory)

    assert DAVE in house.inventory.members
    assert dave.me() is None
    assert house.store.token(token) is None
    assert house.store.links() == ()


async def test_whom_the_configuration_adopts_stays_in(house: House) -> None:
    dave = house.browser()
    await dave.by_provider(**AS_DAVE)

    house.write("  carol: {}", "  carol: {}\n  dave: {oidc: s-dave}")
    await house.store.put_out(house.wanted.inventory)

    assert dave.member() == DAVE


async def test_who_is_disabled_does_not_come_in(house: House) -> None:
    await house.store.disable(BOB)
    browser = house.browser()

    answer = await browser.by_provider(sub="s-bob")

    assert (answer.status_code, browser.me()) == (403, None)
    assert "Your account is disabled" in answer.text


async def test_the_way_leads_back_to_a_notebook_s_own_host(house: House) -> None:
    """In host routing; the provider's answer is taken on the main host alone."""
    house.write("server: {", "server: {routing: host, ")
    browser = house.browser()

    answer = await browser.by_provider(next="http://alice.localhost:8000/lab", sub="s-bob")
    elsewhere = await browser.http.get(
        "/-/oidc/callback?state=x", headers={"X-Forwarded-Host": "alice.localhost:8000"}
    )

    assert answer.headers["location"] == "http://alice.localhost:8000/lab"
    assert elsewhere.status_code == 404
