"""gateway.web.diagnosis, turns and the API's diagnosis: who may look behind a notebook, and how it is told."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.types import Message

from gateway.core.diagnosis import Advice, Diagnosis, Finding, Outcome, Right
from gateway.core.hop import Hop
from gateway.core.inventory import Remote
from gateway.core.names import LoginName, NotebookName
from gateway.core.ssh_credential import KeyFile
from gateway.core.status import NotebookState
from gateway.errors import Reason, RequestInvalid
from gateway.web.turns import FORGOTTEN_SECONDS, Turns
from gateway.web.unfolding import Unfolding, Write
from tests.web.conftest import Browser, House
from tests.web.fakes import ALICE, LAB, NOW, FakeClock

API = "/-/api/v1/notebooks"
NAME = NotebookName("alice")
ADVICE = Advice("It is <broken>.", "Run `gateway remotes key lab --for alice`.")
GOOD = Finding(Hop.NAME, "lab", Outcome.OK, "lab.example.org", "192.0.2.1", 3.2)
BAD = Finding(
    Hop.LOGIN, "lab", Outcome.FAILED, "as alice", "refused", 9.0, Reason.LOGIN_REFUSED, ADVICE
)
BEHIND = Finding(Hop.CHANNEL, "alice", Outcome.NOT_REACHED)


@pytest.fixture(autouse=True)
def diagnosis(house: House) -> Diagnosis:
    """Alice's notebook fails at the log-in."""
    found = Diagnosis(NAME, NOW, (GOOD, BAD, BEHIND))
    house.notebooks.diagnoses[NAME] = found
    return found


def ask(browser: Browser, name: str = "alice", way: str = "") -> object:
    """Ask the API as a script of ours does."""
    csrf = {"X-CSRF-Token": browser.csrf("/-/account"), "Origin": browser.origin}
    return browser.http.post(f"{API}/{name}/diagnosis{way}", json={}, headers=csrf)


def test_document_has_every_hop(house: House, alice: Browser) -> None:
    """With what is wrong and what to do at the one that fails."""
    answer = ask(alice)

    document = answer.json()
    assert answer.status_code == 200
    assert (document["notebook"], document["outcome"]) == ("alice", "failed")
    assert document["at"] == "2027-01-15T08:00:00Z"
    assert document["timed_out"] is False
    assert document["findings"] == [GOOD.document, BAD.document, BEHIND.document]
    assert document["rights"] == []


def test_each_hop_is_a_line(house: House, alice: Browser, diagnosis: Diagnosis) -> None:
    """For programs that show it as it goes; the last line is the whole."""
    answer = ask(alice, "alice", "/lines")
    told = [json.loads(line) for line in answer.text.splitlines()]

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [line.get("finding") for line in told[:-1]] == [
        finding.document for finding in diagnosis.findings
    ]
    assert told[-1] == {"diagnosis": ask(alice).json()}


def test_a_notebook_that_goes_meanwhile_is_told_in_the_last_line(
    house: House, alice: Browser
) -> None:
    del house.notebooks.diagnoses[NAME]

    answer = ask(alice, "alice", "/lines")

    assert json.loads(answer.text) == {"detail": "there is no notebook alice any more"}


def test_rights_are_for_administrators(house: House, alice: Browser, bob: Browser) -> None:
    """An owner learns of the way; what the credential may do beside is not theirs to know."""
    ask(alice)
    ask(bob)

    assert house.notebooks.asked == [(NAME, False), (NAME, True)]


@pytest.mark.parametrize(("name", "status"), [("bob", 404), ("nothing", 404)])
def test_who_may_not_open_it_learns_nothing(
    house: House, alice: Browser, name: str, status: int
) -> None:
    """What is not there and what is not theirs look the same."""
    answer = ask(alice, name)

    assert answer.status_code == status
    assert house.notebooks.asked == []


def test_who_may_only_use_it_is_told_to_ask(house: House) -> None:
    """A guest gets no hosts and no fingerprints."""
    notebooks = house.wanted.notebooks
    guest = house.wanted.members[ALICE]
    house.wanted = replace(
        house.wanted,
        notebooks={**notebooks, NAME: replace(notebooks[NAME], owner=None)},
        members={**house.wanted.members, ALICE: replace(guest, admin=False)},
    )

    answer = ask(house.browser(ALICE))

    assert answer.status_code == 403
    assert "owner and administrators" in answer.json()["detail"]
    assert house.notebooks.asked == []


def test_notebook_that_went_meanwhile(house: House, alice: Browser) -> None:
    house.notebooks.diagnoses.clear()

    assert ask(alice).status_code == 404
    assert ask(alice).status_code == 404  # and the turn was given back


def test_not_without_end(house: House, alice: Browser) -> None:
    """A button that logs in somewhere is not to be hammered on."""
    statuses = [ask(alice).status_code for _ in range(4)]
    answer = ask(alice)
    house.clock.now += float(answer.headers["retry-after"])

    assert statuses == [200, 200, 200, 429]
    assert answer.headers["retry-after"] == "5"
    assert ask(alice).status_code == 200


def test_one_at_a_time() -> None:
    """And a turn that never ended is forgotten."""
    clock = FakeClock()
    turns = Turns(clock)
    turns.begin(NAME)

    with pytest.raises(RequestInvalid) as refused:
        turns.begin(NAME)
    turns.begin(NotebookName("bob"))
    clock.now += FORGOTTEN_SECONDS
    turns.begin(NAME)

    assert refused.value.status == 409


def test_cross_site_form_is_refused(house: House, alice: Browser) -> None:
    """Neither without our token nor from elsewhere, nor by a script of a notebook's page."""
    path, csrf = "/-/status/alice/diagnosis", alice.csrf("/-/status")

    assert alice.post(path, {"csrf": "x"}).status_code == 403
    assert alice.post(path, {"csrf": csrf}, Origin="https://evil.example").status_code == 403
    assert alice.post(path, {"csrf": csrf}, Sec_Fetch_Dest="empty").status_code == 403
    assert house.notebooks.asked == []


def test_page_tells_hop_by_hop(alice: Browser) -> None:
    """In words, not by colour; and what others said is text, whatever it holds."""
    answer = alice.send("/-/status/alice/diagnosis", {}, seen_on="/-/status")

    text = answer.text
    assert answer.status_code == 200
    assert [word in text for word in (">ok<", ">failed<", ">not reached<")] == [True] * 3
    assert text.index("name resolution") < text.index("log-in") < text.index("channel to the")
    assert "It is &lt;broken&gt;." in text
    assert "<code>gateway remotes key lab --for alice</code>" in text
    assert text.rstrip().endswith("</html>")


def test_page_without_trouble_says_so(house: House, bob: Browser) -> None:
    right = Finding(Right.COMMANDS, "lab", Outcome.OK, "echo", "refused")
    house.notebooks.diagnoses[NAME] = Diagnosis(NAME, NOW, (GOOD,), (right,))

    text = bob.send("/-/status/alice/diagnosis", {}, seen_on="/-/status").text

    assert "All is well: alice answers." in text


def test_page_of_what_went_meanwhile(house: House, alice: Browser) -> None:
    house.notebooks.diagnoses.clear()

    text = alice.send("/-/status/alice/diagnosis", {}, seen_on="/-/status").text

    assert "There is no notebook alice any more." in text


def test_page_is_no_place_to_come_back_to(alice: Browser, stranger: Browser) -> None:
    answer = alice.get("/-/status/alice/diagnosis")

    assert (answer.status_code, answer.headers["location"]) == (303, "/-/status")
    assert stranger.get("/-/status/alice/diagnosis").headers["location"].startswith("/-/login")


@pytest.mark.anyio
async def test_page_is_sent_as_it_is_made() -> None:
    """Whoever waits for a notebook that says nothing sees how far it came."""
    sent: list[Message] = []
    seen, go_on = asyncio.Event(), asyncio.Event()

    async def make(write: Write) -> None:
        write("row")
        await go_on.wait()
        write("verdict")

    async def send(message: Message) -> None:
        sent.append(message)
        if message.get("body") == b"row":
            seen.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Unfolding("beginning", make, "end")({}, no_receive, send))
        await seen.wait()
        bodies = [message["body"] for message in sent[1:]]
        go_on.set()

    assert bodies == [b"beginning", b"row"]
    assert [message["body"] for message in sent[1:]] == [b"beginning", b"row", b"verdict", b"end"]
    assert [message["more_body"] for message in sent[1:]] == [True, True, True, False]
    assert b"content-length" not in dict(sent[0]["headers"])


async def no_receive() -> Message:
    raise AssertionError


StatusOf = Callable[[Browser], str]


@pytest.fixture
def stopped(house: House) -> House:
    """Alice's notebook on a remote that is declared, stopped."""
    remote = Remote(
        LAB, "lab.example.org", login=LoginName("gateway"), credential=KeyFile("/run/key")
    )
    house.wanted = replace(house.wanted, remotes={LAB: remote})
    house.notebooks.stand("alice", NotebookState.STOPPED, Reason.NOT_RUNNING)
    return house


def test_status_says_which_hop_is_down_and_what_to_do(
    stopped: House, alice: Browser, bob: Browser
) -> None:
    """To whoever can mend it: the owner and administrators."""
    for browser in (alice, bob):
        text = browser.get("/-/status").text

        assert "Fails at: channel to the notebook." in text
        assert "<code>jupyter lab --no-browser --port=7001</code> on lab as alice" in text
        assert 'action="/-/status/alice/diagnosis"' in text


def test_status_tells_a_guest_the_hop_alone(stopped: House) -> None:
    """No hosts, no ports of the inside, and no button."""
    notebooks = stopped.wanted.notebooks
    unowned = replace(notebooks[NAME], owner=None)
    stopped.wanted = replace(stopped.wanted, notebooks={**notebooks, NAME: unowned})

    text = stopped.browser(ALICE).get("/-/status").text

    assert "Fails at: channel to the notebook." in text
    assert "jupyter lab" not in text
    assert "/diagnosis" not in text
