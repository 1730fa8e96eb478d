"""gateway.web.enter: the way from the main host's session to one on a notebook's host."""

from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import Response

from gateway.core.inventory import Routing
from tests.web.conftest import Browser, House, HouseOf
from tests.web.fakes import ALICE, CAROL

MAIN, HERE = "http://gw.example:8000", "http://alice.gw.example:8000"


@pytest.fixture
def hosts(house_of: HouseOf) -> House:
    return house_of(routing=Routing.HOST)


@pytest.fixture
def there(hosts: House) -> Browser:
    """The browser, as alice's host sees it."""
    return hosts.browser(origin=HERE)


@pytest.fixture
def main(hosts: House) -> Browser:
    """The same browser, as the main host sees it, logged in."""
    return hosts.browser(ALICE)


def follow(answer: Response, browser: Browser, onto: str) -> Response:
    location = answer.headers["location"]
    assert answer.status_code == 303
    assert location.startswith(onto), location
    return browser.get(location.removeprefix(browser.origin))


def test_log_in_is_carried_over(hosts: House, there: Browser, main: Browser) -> None:
    """To a session of its own, for that host alone, and on to the page that was wanted."""
    asked = there.get("/-/enter?next=/lab/tree/a.ipynb%3Freset")
    coded = follow(asked, main, f"{MAIN}/-/enter?notebook=alice")

    done = follow(coded, there, f"{HERE}/-/enter?code=")

    assert (done.status_code, done.headers["location"]) == (303, "/lab/tree/a.ipynb?reset")
    identity = hosts.accounts.session(there.session or "")
    assert identity is not None
    assert (identity.member, identity.audience) == (ALICE, "alice")
    assert "domain" not in done.headers["set-cookie"].lower()


def test_child_session_ends_with_its_parent(hosts: House, there: Browser, main: Browser) -> None:
    """Logging out on the main host is enough."""
    coded = follow(there.get("/-/enter"), main, MAIN)
    follow(coded, there, HERE)

    main.send("/-/logout", {}, seen_on="/-/logout")

    assert hosts.accounts.held == {}


def test_code_is_good_once(there: Browser, main: Browser) -> None:
    """A code from a history or a log is worth nothing."""
    coded = follow(there.get("/-/enter"), main, MAIN)
    follow(coded, there, HERE)
    there.http.cookies.delete("gateway")

    again = follow(coded, there, HERE)

    assert again.status_code == 400
    assert there.session is None


def test_code_is_good_for_the_browser_that_asked(
    hosts: House, there: Browser, main: Browser
) -> None:
    """Threat T3: nobody else can be made to enter by it, nor enter by having seen it."""
    coded = follow(there.get("/-/enter"), main, MAIN)
    other = hosts.browser(origin=HERE)
    other.get("/-/enter")

    assert follow(coded, other, HERE).status_code == 400
    assert other.session is None


def test_code_is_good_for_its_host(hosts: House, there: Browser, main: Browser) -> None:
    """Bob's host can't use what was made for Alice's, even in the same browser."""
    coded = follow(there.get("/-/enter"), main, MAIN)
    elsewhere = hosts.browser(origin="http://bob.gw.example:8000")
    elsewhere.keep("gateway-enter", there.http.cookies["gateway-enter"])

    answer = elsewhere.get(coded.headers["location"].removeprefix(HERE))

    assert answer.status_code == 400


def test_code_ends_soon(hosts: House, there: Browser, main: Browser) -> None:
    """After a minute one has to ask again; the page offers it, deep link kept."""
    coded = follow(there.get("/-/enter?next=/lab"), main, MAIN)
    hosts.clock.now += 61

    late = follow(coded, there, HERE)

    assert late.status_code == 400
    assert 'href="/lab"' in late.text


def test_code_dies_with_the_session(there: Browser, main: Browser) -> None:
    """Logging out in between wins."""
    coded = follow(there.get("/-/enter"), main, MAIN)
    main.send("/-/logout", {}, seen_on="/-/logout")

    assert follow(coded, there, HERE).status_code == 400


def test_stranger_logs_in_on_the_way(hosts: House, there: Browser) -> None:
    """And the form leads on: Chromium holds form-action against redirects too."""
    main = hosts.browser()
    form = follow(there.get("/-/enter?next=/lab"), main, f"{MAIN}/-/enter")
    assert form.headers["location"].startswith("/-/login?next=/-/enter%3Fnotebook%3Dalice")
    wanted = parse_qs(urlsplit(form.headers["location"]).query)["next"][0]

    answer = main.log_in(next=wanted)

    assert follow(answer, main, "/-/enter").headers["location"].startswith(f"{HERE}/-/enter?code=")
    policy = main.get("/-/account").headers["content-security-policy"]
    assert "form-action 'self' http://*.gw.example:8000;" in policy


def test_without_grant_there_is_no_code(hosts: House, there: Browser) -> None:
    """It looks as if there were no such notebook."""
    carol = hosts.browser(CAROL)

    assert follow(there.get("/-/enter"), carol, MAIN).status_code == 404


def test_entered_already_goes_straight_on(there: Browser, main: Browser) -> None:
    """No second session for a second tab."""
    coded = follow(there.get("/-/enter"), main, MAIN)
    follow(coded, there, HERE)

    assert there.get("/-/enter?next=/tree").headers["location"] == "/tree"


def test_two_tabs_enter_at_once(there: Browser, main: Browser) -> None:
    """The second tab's question does not spoil the first's answer."""
    first = follow(there.get("/-/enter?next=/a"), main, MAIN)
    there.get("/-/enter?next=/b")

    assert follow(first, there, HERE).headers["location"] == "/a"


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/%5Cevil.example", f"{HERE}//evil.example"],
)
def test_d1_goes_on_on_this_host_alone(there: Browser, main: Browser, wanted: str) -> None:
    """Threat D1."""
    coded = follow(there.get(f"/-/enter?next={wanted}"), main, MAIN)

    done = follow(coded, there, HERE)

    assert done.headers["location"] in {"/", "/evil.example", "/%5Cevil.example"}


@pytest.mark.parametrize("query", ["", "?notebook=alice", "?notebook=alice&proof=short"])
def test_main_host_makes_no_code_for_nobody(main: Browser, query: str) -> None:
    """Without a nonce's hash, from a notebook's host, there is nothing to bind a code to."""
    assert main.get(f"/-/enter{query}").status_code == 404


def test_path_routing_knows_no_entering(alice: Browser) -> None:
    """There is one host."""
    assert alice.get(f"/-/enter?notebook=alice&proof={'0' * 64}").status_code == 404


def test_log_out_on_a_notebooks_host_leads_to_the_main_host(there: Browser) -> None:
    """Where the session is that all others come from."""
    answer = there.get("/-/logout")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{MAIN}/-/logout")
