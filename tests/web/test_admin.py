"""The administrators' pages: what they show and do, for administrators alone."""

from dataclasses import replace

import pytest

from gateway.core.audit import FIRST_DIGEST, Act, Entry, Line
from gateway.core.grants import Level
from gateway.core.identity import CredentialId
from gateway.core.names import NotebookName
from gateway.core.status import NotebookState, TunnelState
from gateway.errors import Reason
from tests.web.conftest import Browser, House
from tests.web.fakes import ALICE, BOB, CAROL, NOW, TOKEN, UNAVAILABLE, FakeTokenRow, tunnel

PAGE = "/-/admin"
PAGES = ["", "/members/alice", "/sessions", "/grants", "/notebooks", "/audit", "/configuration"]
ACTS = [
    "/act/disable/alice",
    "/act/withdraw-invite/alice",
    "/act/end-sessions/alice",
    "/act/end-session/s-1",
    "/act/revoke-token/t-1",
    "/act/take-back/share:1",
]
POSTS = [*ACTS, "/members/alice/invite", "/members/alice/enable", "/tunnels/alice@lab/try"]


def set_up(house: House) -> None:
    """Have one of everything that can be ended: alice's session, token, invite and share."""
    house.accounts.open(ALICE)
    house.accounts.api[TOKEN] = (ALICE, FakeTokenRow(CredentialId("t-1"), "script"))
    house.members.until[ALICE] = NOW + 3600


async def share(house: House) -> None:
    await house.sharing.share(
        NotebookName("alice"), CAROL, level=Level.VIEW, by=ALICE, lifetime_seconds=7200
    )


def act(browser: Browser, path: str) -> int:
    return browser.send(f"{PAGE}{path}", {}, seen_on=f"{PAGE}{path}").status_code


@pytest.mark.anyio
@pytest.mark.parametrize("path", [*PAGES, *POSTS, "/nothing"])
async def test_for_others_there_is_nothing(house: House, path: str) -> None:
    """The same answer as where nothing ever was, whatever is asked and however."""
    set_up(house)
    await share(house)
    alice = house.browser(ALICE)
    nothing = alice.get("/-/nothing")
    csrf = alice.csrf("/-/account")

    shown, done = alice.get(PAGE + path), alice.post(PAGE + path, {"csrf": csrf})

    assert (shown.status_code, shown.text) == (404, nothing.text)
    assert (done.status_code, done.text) == (404, nothing.text)
    assert house.members.done == []
    assert house.tried == []


@pytest.mark.parametrize("path", [*PAGES, *POSTS, "/nothing"])
def test_strangers_log_in_first(stranger: Browser, path: str) -> None:
    """Whether there is such a page or not."""
    answer = stranger.get(PAGE + path)

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/-/login?next={PAGE}{path.replace(':', '%3A').replace('@', '%40')}",
    )


@pytest.mark.anyio
@pytest.mark.parametrize("path", [*PAGES, *ACTS])
async def test_every_page_shows_itself(house: House, path: str) -> None:
    set_up(house)
    await share(house)
    bob = house.browser(BOB)

    assert bob.get(PAGE + path).status_code == 200


@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_done_without_the_form_s_csrf_field(house: House, path: str) -> None:
    set_up(house)
    bob = house.browser(BOB)

    assert bob.post(PAGE + path, {"csrf": "0" * 64}).status_code == 403
    assert bob.send(PAGE + path, {}, seen_on=PAGE, Origin="http://evil.example").status_code == 403
    assert house.members.done == []


@pytest.mark.parametrize("path", ["/members/alice/invite", "/members/alice/enable"])
def test_acts_are_no_pages(bob: Browser, path: str) -> None:
    """Threat D16: who types the address is led back, and nothing is done."""
    assert bob.get(PAGE + path).headers["location"] == f"{PAGE}/members/alice"


def test_members_are_listed_as_they_stand(house: House, bob: Browser) -> None:
    house.members.until[CAROL] = NOW + 3600
    house.members.out.add(ALICE)

    page = bob.get(PAGE).text

    assert page.index("Alice Liddell") < page.index("Disabled") < page.index("carol")
    assert page.index("carol") < page.index("Invited")
    assert "an invite waits until" in page


def test_only_administrators_see_the_way_in(alice: Browser, bob: Browser) -> None:
    assert "/-/admin" not in alice.get("/").text
    assert 'href="/-/admin"' in bob.get("/").text


def test_an_invite_is_shown_once(house: House, bob: Browser) -> None:
    answer = bob.send(f"{PAGE}/members/carol/invite", {}, seen_on=PAGE)

    assert answer.status_code == 201
    assert "http://gw.example:8000/-/invite/invite-of-carol" in answer.text
    assert house.members.done == [("invite", "carol", "bob")]
    assert "invite-of" not in bob.get(f"{PAGE}/members/carol").text
    assert act(bob, "/act/withdraw-invite/carol") == 303
    assert house.members.until == {}


def test_disabling_asks_first_and_says_what_will_be(house: House, bob: Browser) -> None:
    """Who was in is out: their session's page leads to the log-in."""
    alice = house.browser(ALICE)
    path = f"{PAGE}/act/disable/alice"

    asked = bob.get(path).text
    assert "Disable Alice Liddell?" in asked
    assert "sessions (1)" in asked
    assert alice.get("/").status_code == 200

    assert bob.send(path, {}, seen_on=path).headers["location"] == (
        f"{PAGE}/members/alice?done=disable"
    )
    assert alice.get("/").status_code == 303
    page = bob.get(f"{PAGE}/members/alice?done=disable").text
    assert "They are out everywhere" in page
    assert "Make an invite" not in page

    bob.send(f"{PAGE}/members/alice/enable", {}, seen_on=PAGE)
    assert house.members.done == [("disable", "alice", "bob"), ("enable", "alice", "bob")]
    bob.send(f"{PAGE}/members/alice/enable", {}, seen_on=PAGE)
    assert len(house.members.done) == 2  # who is not disabled can't be enabled


def test_a_session_that_outlives_its_member_s_being_disabled_counts_for_nothing(
    house: House,
) -> None:
    """Two facts end a session; either is enough."""
    alice = house.browser(ALICE)

    house.members.out.add(ALICE)

    assert alice.get("/").headers["location"].startswith("/-/login")
    assert alice.get("/-/api/v1/me").status_code == 401


def test_nobody_disables_themselves(house: House, bob: Browser) -> None:
    """Else the last administrator would be locked out by a slip."""
    page = bob.get(f"{PAGE}/act/disable/bob")

    assert (page.status_code, house.members.done) == (403, [])
    assert "can&#39;t disable yourself" in page.text
    assert "Disable…" not in bob.get(f"{PAGE}/members/bob").text


def test_who_is_disabled_is_not_invited(house: House, bob: Browser) -> None:
    house.members.out.add(ALICE)

    answer = bob.send(f"{PAGE}/members/alice/invite", {}, seen_on=PAGE)

    assert answer.status_code == 403
    assert "enable them first" in answer.text


def test_sessions_and_tokens_of_anybody_are_ended(house: House, bob: Browser) -> None:
    set_up(house)

    for path in ("/act/end-session/s-2", "/act/revoke-token/t-1", "/act/end-sessions/alice"):
        assert act(bob, path) == 303

    assert house.members.done == [
        ("end_session", "s-2", "bob"),
        ("revoke_token", "t-1", "bob"),
        ("end_sessions", "alice", "bob"),
    ]


@pytest.mark.parametrize("path", ["/act/end-session/s-9", "/act/revoke-token/t-9"])
def test_what_has_ended_already_is_not_there(bob: Browser, path: str) -> None:
    assert bob.get(PAGE + path).status_code == 404


@pytest.mark.anyio
async def test_grants_are_all_listed_and_shares_taken_back(house: House, bob: Browser) -> None:
    await share(house)
    await house.sharing.make_link(NotebookName("bob"), level=Level.USE, by=BOB, lifetime_seconds=60)

    page = bob.get(f"{PAGE}/grants").text
    assert "everybody in lab" in page
    assert "given by alice · ends in 2 h" in page
    assert "whoever has the link" in page

    assert act(bob, "/act/take-back/share:1") == 303
    assert act(bob, "/act/take-back/link:2") == 303
    assert house.sharing.held.shares == house.sharing.held.links == ()
    assert house.sharing.told == [("unshared", "bob")]


@pytest.mark.anyio
@pytest.mark.parametrize("disabled", [ALICE, CAROL])
async def test_a_share_that_rests_is_marked(house: House, bob: Browser, disabled: str) -> None:
    """Its time goes on; whom it names, or who gave it, is disabled."""
    await share(house)
    before = bob.get(f"{PAGE}/grants").text
    house.members.out.add(CAROL if disabled == CAROL else ALICE)

    after = bob.get(f"{PAGE}/grants").text

    assert "does not count now" not in before
    assert "does not count now" in after


def test_a_parked_tunnel_is_tried_now(house: House, bob: Browser) -> None:
    house.notebooks.tunnels = (
        tunnel("alice", TunnelState.PARKED, Reason.LOGIN_REFUSED),
        tunnel("bob", TunnelState.UP),
    )
    page = bob.get(f"{PAGE}/notebooks").text
    assert page.count("Try now") == 1

    done = bob.send(f"{PAGE}/tunnels/alice@lab/try", {}, seen_on=PAGE)
    not_so = bob.send(f"{PAGE}/tunnels/bob@lab/try", {}, seen_on=PAGE)

    assert done.headers["location"] == f"{PAGE}/notebooks?done=try"
    assert (not_so.status_code, house.tried) == (409, ["alice@lab", "bob@lab"])
    assert "is not waiting for another try; it is up" in not_so.text


def test_notebooks_say_where_the_way_ends(house: House, bob: Browser) -> None:
    house.notebooks.stand("alice", NotebookState.STOPPED, Reason.NOT_RUNNING, detail="refused")

    page = bob.get(f"{PAGE}/notebooks").text

    assert "Fails at: " in page
    assert "port 7001 of lab" in page


def test_the_audit_log_is_filtered(house: House, bob: Browser) -> None:
    entries = [
        Entry(NOW, Act.SHARED, "alice", "alice", "carol", detail="<use>"),
        Entry(NOW, Act.LOGGED_IN, "bob", address="192.0.2.3"),
    ]
    house.audit.held = [Line(n, entry, FIRST_DIGEST) for n, entry in enumerate(entries, 1)]

    whole = bob.get(f"{PAGE}/audit").text
    hers = bob.get(f"{PAGE}/audit?member=carol&notebook=").text

    assert "logged in" in whole
    assert "from 192.0.2.3" in whole
    assert "&lt;use&gt;" in whole
    assert "from 192.0.2.3" not in hers
    assert "alice: carol" in hers
    assert "It says nothing of that." in bob.get(f"{PAGE}/audit?notebook=bob").text


def test_the_configuration_is_shown_with_its_problems(house: House, bob: Browser) -> None:
    house.configuration = "server:\n  listen: 0.0.0.0:8000  # default"
    house.problems = ("gateway.yaml:3: port 1 of lab is taken twice",)

    page = bob.get(f"{PAGE}/configuration").text

    assert "listen: 0.0.0.0:8000  # default" in page
    assert "port 1 of lab is taken twice" in page


def test_without_the_store_it_says_so(house: House, bob: Browser) -> None:
    house.members.broken = UNAVAILABLE

    assert bob.get(PAGE).status_code == 503
    assert bob.get(f"{PAGE}/configuration").status_code == 200


def test_every_act_is_done_from_somewhere(house: House, bob: Browser) -> None:
    """One place gives the audit log the address, for all pages and calls."""
    bob.send(f"{PAGE}/members/carol/invite", {}, seen_on=PAGE)

    assert set(house.audit.addresses) == {"192.0.2.7"}


def test_who_is_no_administrator_any_more_is_out_at_once(house: House, bob: Browser) -> None:
    """A new configuration took the right away; the session is as good as any member's."""
    assert bob.get(PAGE).status_code == 200
    members = {**house.wanted.members, BOB: replace(house.wanted.members[BOB], admin=False)}
    house.wanted = replace(house.wanted, members=members)

    assert bob.get(PAGE).status_code == 404
    assert bob.get("/").status_code == 200
