"""gateway.web.home: what a member finds, and what only an administrator finds."""

from dataclasses import replace

import pytest

from gateway.core.audit import Standing
from gateway.core.host_key import HostKeyChange
from gateway.core.inventory import Grantees
from gateway.core.names import NotebookName
from gateway.core.status import CredentialStatus, Degraded, NotebookState, TunnelState
from gateway.errors import Reason
from tests.web.conftest import Browser, House
from tests.web.fakes import CAROL, LAB, NOW, tunnel


def names(text: str) -> list[str]:
    return [part.partition('"')[0] for part in text.split('data-name="')[1:]]


def test_home_shows_what_i_may_open_mine_first(alice: Browser, bob: Browser) -> None:
    """Others' notebooks are not even named."""
    assert names(alice.get("/").text) == ["alice"]
    assert names(bob.get("/").text) == ["bob", "socks", "alice"]
    assert "socks" not in alice.get("/").text


@pytest.mark.parametrize(
    ("state", "reason", "said", "label"),
    [
        (NotebookState.READY, None, "Ready", "Open"),
        (NotebookState.STARTING, None, "Connecting", "Details"),
        (NotebookState.STARTING, Reason.ASLEEP, "Asleep", "Open"),
        (NotebookState.RECONNECTING, Reason.LOST, "Reconnecting", "Details"),
        (NotebookState.STOPPED, Reason.NOT_RUNNING, "Not running", "Details"),
        (NotebookState.REFUSED, Reason.LOGIN_REFUSED, "Needs help", "Details"),
        (NotebookState.UNKNOWN, Reason.NOT_HTTP, "Not answering", "Details"),
    ],
)
def test_state_is_said_in_words(
    house: House,
    alice: Browser,
    state: NotebookState,
    reason: Reason | None,
    said: str,
    label: str,
) -> None:
    """Not by colour alone; since when, where that matters."""
    house.notebooks.stand("alice", state, reason, seconds=4)

    text = alice.get("/").text

    assert f"<span data-summary>{said}</span>" in text
    assert f">{label}</a>" in text
    assert ("since 4 s" in text) == (state is not NotebookState.READY)
    assert ("<span data-asleep> · opens when you open it" in text) == (reason is Reason.ASLEEP)


def test_notebook_that_nobody_has_looked_at_is_connecting(alice: Browser) -> None:
    """It may have been declared a moment ago."""
    assert "Connecting" in alice.get("/").text


def test_home_without_notebooks_says_what_to_do(house: House) -> None:
    """And whom to ask."""
    text = house.browser(CAROL).get("/").text

    assert "No notebook is open to you yet" in text
    assert "mailto:bob@example.org" in text


def test_home_lives_without_scripts_too(alice: Browser) -> None:
    """It loads itself again."""
    assert '<noscript><meta http-equiv="refresh"' in alice.get("/").text


def test_c3_c5_home_needs_a_session(stranger: Browser) -> None:
    """Threats C3, C5: nor does a health checker's name, or path, let anybody in."""
    answer = stranger.get("/?x=/-/livez", User_Agent="kube-probe/1.33")

    assert (answer.status_code, answer.headers["location"][:8]) == (303, "/-/login")


def test_status_is_all_for_an_administrator(house: House, alice: Browser, bob: Browser) -> None:
    """Others see their notebooks' tunnels, and reasons without details of the inside."""
    house.notebooks.stand("alice", NotebookState.REFUSED, Reason.LOGIN_REFUSED, detail="INSIDE")
    house.notebooks.tunnels = (
        tunnel("alice", TunnelState.PARKED, Reason.LOGIN_REFUSED),
        tunnel("bob", TunnelState.ASLEEP, Reason.ASLEEP),
    )

    mine, everything = alice.get("/-/status").text, bob.get("/-/status").text

    assert "alice@lab" in mine
    assert "bob@lab" not in mine
    assert "does not let the gateway log in" in mine
    assert "INSIDE" not in mine
    assert all(word in everything for word in ("alice@lab", "bob@lab", "INSIDE", "alice: details"))
    assert "Asleep" in everything


def test_what_can_not_be_dialled_again_is_shown(house: House, alice: Browser, bob: Browser) -> None:
    """All sees that it is degraded, why and since when; an administrator where, too."""
    degraded = Degraded(NOW - 120, Reason.UNREACHABLE, "INSIDE")
    house.notebooks.stand("alice", NotebookState.READY)
    house.notebooks.degradations = {NotebookName("alice"): degraded}
    house.notebooks.tunnels = (replace(tunnel("alice", TunnelState.UP), degraded=degraded),)

    mine, everything = alice.get("/-/status").text, bob.get("/-/status").text

    for page in (mine, everything):
        assert "Up, degraded" in page
        assert page.count("Degraded: cannot reconnect. The remote can&#39;t be reached.") == 2
        assert "Since 2 min" in page
    assert ("INSIDE" in mine, "INSIDE" in everything) == (False, True)


def test_changed_host_key_is_shown_to_administrators(
    house: House, alice: Browser, bob: Browser
) -> None:
    """Fault 20: what was known, what is shown, and what to type; members are told whom to ask."""
    house.notebooks.stand("alice", NotebookState.REFUSED, Reason.HOST_KEY_CHANGED)
    house.notebooks.changed_host_keys = (
        HostKeyChange(LAB, ("ssh-ed25519 SHA256:old",), ("ssh-ed25519 SHA256:new",)),
    )

    mine, everything = alice.get("/-/status").text, bob.get("/-/status").text

    assert "The host key of lab has changed" in everything
    assert "<code>ssh-ed25519 SHA256:old</code>" in everything
    assert "<code>ssh-ed25519 SHA256:new</code>" in everything
    assert "gateway remotes trust lab --fingerprint SHA256:new</code>" in everything
    assert "SHA256" not in mine
    assert "another host key than the one we know" in mine


def test_a_credential_is_an_administrators_affair(
    house: House, alice: Browser, bob: Browser
) -> None:
    """What ends soon stands in a note above; a member is told neither who nor until when."""
    now = house.clock()
    soon = CredentialStatus("certificate", "LAB-CERT", now - 29 * 86_400, now + 86_400)
    fine = CredentialStatus("Kerberos ticket", "bob@LAB.TEST", now - 60, now + 36_000)
    house.notebooks.tunnels = (
        replace(tunnel("alice", TunnelState.UP), credential=soon),
        replace(tunnel("bob", TunnelState.UP), credential=fine),
    )

    mine, everything = alice.get("/-/status").text, bob.get("/-/status").text

    assert "LAB-CERT" not in mine
    assert "To be renewed" not in mine
    assert everything.count("certificate LAB-CERT, ends in 24 h") == 2
    assert everything.count("Kerberos ticket bob@LAB.TEST, ends in 10 h") == 1
    assert everything.index("To be renewed") < everything.index("LAB-CERT")


def test_administrator_gets_no_link_to_what_is_not_theirs(house: House, bob: Browser) -> None:
    """Seeing how a notebook stands is not entering it."""
    private = replace(house.wanted.notebooks[NotebookName("alice")], use=Grantees())
    house.wanted = replace(
        house.wanted, notebooks={**house.wanted.notebooks, private.name: private}
    )

    text = bob.get("/-/status").text

    assert 'href="http://gw.example:8000/bob/"' in text
    assert 'href="http://gw.example:8000/alice/"' not in text
    assert "alice" in text


def test_refused_configuration_is_shown(house: House, alice: Browser, bob: Browser) -> None:
    """To everybody that it was; what is wrong with it only to an administrator."""
    house.problems = ("gateway.yaml:12: <notebooks> takes no key 'prot'",)

    mine, everything = alice.get("/-/status").text, bob.get("/-/status").text

    assert "The newest configuration was refused" in mine
    assert "gateway.yaml:12" not in mine
    assert "gateway.yaml:12: &lt;notebooks&gt;" in everything


def test_d17_upstream_text_is_escaped(house: House, bob: Browser) -> None:
    """Threat D17: a detail is text, whatever it holds."""
    house.notebooks.stand(
        "bob", NotebookState.UNKNOWN, Reason.NOT_HTTP, detail="<script>alert(1)</script>"
    )

    assert "<script>alert" not in bob.get("/-/status").text


def test_home_says_what_may_only_be_viewed(house: House) -> None:
    """It is listed and opens; the API says so too."""
    view = Grantees(members=frozenset({CAROL}))
    shown = replace(house.wanted.notebooks[NotebookName("alice")], view=view)
    house.wanted = replace(house.wanted, notebooks={**house.wanted.notebooks, shown.name: shown})
    carol = house.browser(CAROL)

    assert names(carol.get("/").text) == ["alice"]
    assert "<strong>view only</strong>" in carol.get("/").text
    [told] = carol.get("/-/api/v1/notebooks").json()
    assert (told["name"], told["level"]) == ("alice", "view")


def test_an_administrator_is_told_of_an_audit_log_that_can_not_be_kept(
    house: House, alice: Browser, bob: Browser
) -> None:
    house.standing = Standing(waiting=7, lost=3, trouble="lines can't be written to /x: full")

    page = bob.get("/-/status").text

    assert "7 entries wait" in page
    assert "3 entries were lost" in page
    assert "to /x: full" in page
    assert "audit log" not in alice.get("/-/status").text
