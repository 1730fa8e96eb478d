"""gateway share, gateway unshare: as an owner's script types them."""

import json

import pytest

from tests.cli.conftest import Answers, Run

NOTEBOOK = "/-/api/v1/notebooks/alice"
SHARE = {
    "id": "share:1",
    "to": "bob",
    "level": "view",
    "granted_by": "alice",
    "expires_at": "2026-11-25T20:00:00Z",
    "link": None,
}
ACCESS = {
    "owner": "alice",
    "declared": [{"to": "group:lab", "level": "use"}],
    "shares": [SHARE, {**SHARE, "id": "share:2", "to": "carol", "link": "link:1"}],
    "links": [{"id": "link:1", "level": "view", "expires_at": "2026-11-25T20:00:00Z"}],
    "present": [{"member": "bob", "level": "view", "since": "2026-11-24T20:00:00Z"}],
    "asks": [{"member": "dave", "asked_at": "2026-11-24T20:00:00Z"}],
}


@pytest.fixture
def asked(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A gateway that the variables name, with alice's notebook shared in every way."""
    monkeypatch.setenv("GATEWAY_URL", answers.url)
    monkeypatch.setenv("GATEWAY_TOKEN", "gwp_x")
    link = {**ACCESS["links"][0], "url": "http://gw/-/link/s"}  # type: ignore[index, dict-item]
    answers.answers = {
        f"{NOTEBOOK}/access": (200, ACCESS),
        f"{NOTEBOOK}/shares": (201, SHARE),
        f"{NOTEBOOK}/links": (201, link),
    }
    return answers


@pytest.mark.parametrize(
    ("options", "wish"),
    [
        ((), {"level": "use", "lifetime_seconds": 86400}),
        (("--view", "--for", "8h"), {"level": "view", "lifetime_seconds": 28800}),
    ],
)
def test_sharing_with_a_member(
    run: Run, asked: Answers, options: tuple[str, ...], wish: dict[str, object]
) -> None:
    result = run("share", "alice", "--with", "bob", *options)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "bob may view alice until 2026-11-25T20:00:00Z\n"
    assert asked.sent == [("POST", f"{NOTEBOOK}/shares", {**wish, "to": "bob"})]


def test_a_link_alone_is_printed(run: Run, asked: Answers) -> None:
    result = run("share", "alice", "--link", "--view")

    assert result.stdout == "http://gw/-/link/s\n"
    assert asked.sent == [
        ("POST", f"{NOTEBOOK}/links", {"level": "view", "lifetime_seconds": 86400})
    ]


def test_without_anybody_it_lists_who_may_open_it(run: Run, asked: Answers) -> None:
    rows = [row["who"] for row in json.loads(run("share", "alice", "-o", "json").stdout)]

    assert rows == ["alice", "group:lab", "bob", "carol", "whoever has the link", "bob", "dave"]
    assert "in it since" in run("share", "alice").stdout


@pytest.mark.parametrize(
    ("options", "taken"),
    [(("--with", "bob"), "shares/share%3A1"), (("--links",), "links/link%3A1")],
)
def test_taking_back(run: Run, asked: Answers, options: tuple[str, ...], taken: str) -> None:
    assert run("unshare", "alice", *options).exit_code == 0
    assert asked.sent == [("DELETE", f"{NOTEBOOK}/{taken}", None)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("unshare", "alice", "--with", "eve"), 6),
        (("unshare", "alice"), 2),
        (("unshare", "alice", "--with", "bob", "--links"), 2),
        (("share", "alice", "--with", "bob", "--link"), 2),
        (("share", "alice", "--with", "bob", "--for", "soon"), 2),
        (("share", "nobody", "--with", "bob"), 6),
    ],
)
def test_what_can_not_be_done_says_so(
    run: Run, asked: Answers, arguments: tuple[str, ...], code: int
) -> None:
    result = run(*arguments)

    assert result.exit_code == code
    assert result.stderr
