"""gateway login, logout and whoami, at a real gateway."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from gateway.cli import browser_flow, device_flow, login, terminal
from tests.cli.conftest import Run
from tests.cli.real_gateway import Running, running, send

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One gateway for all tests of this file."""
    with running(tmp_path_factory.mktemp("gateway")) as there:
        yield there


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Each test is another machine."""
    name = re.sub(r"\W+", "-", request.node.name)[-40:].strip("-")
    monkeypatch.setattr(login, "this_machine", lambda: name)
    return f"gateway login on {name}"


@pytest.fixture
def logins(tmp_path: Path) -> Path:
    """Where log-ins are kept."""
    return tmp_path / "xdg" / "notebook-gateway" / "logins.json"


class Decider:
    """A member who decides when the terminal waits: instead of the wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, gateway: Running) -> None:
        self.decision = "approve"
        self.waits: list[float] = []
        self.said: list[str] = []
        self._gateway = gateway
        monkeypatch.setattr(device_flow, "say", self.said.append)
        monkeypatch.setattr(login.time, "sleep", self.decide)

    def decide(self, seconds: float) -> None:
        self.waits.append(seconds)
        code = next(
            found[0] for line in self.said if (found := re.search(r"[B-Z]{4}-[B-Z]{4}", line))
        )
        with self._gateway.browser("alice") as browser:
            fields = {"user_code": code, "decision": self.decision}
            send(browser, f"/-/device?user_code={code}", "/-/device", fields)


@pytest.fixture
def decider(monkeypatch: pytest.MonkeyPatch, gateway: Running) -> Decider:
    """Alice, at another machine."""
    return Decider(monkeypatch, gateway)


def test_a_code_logs_in_and_the_other_commands_need_nothing_more(
    run: Run, gateway: Running, decider: Decider, logins: Path, machine: str
) -> None:
    result = run("login", gateway.url, "--device")

    assert result.exit_code == 0, result.stderr
    assert f"logged in at {gateway.url} as alice until 20" in result.stderr
    assert decider.waits == [5.0]
    assert f"{gateway.url}/-/device" in "\n".join(decider.said)
    assert logins.stat().st_mode & 0o777 == 0o600
    assert logins.parent.stat().st_mode & 0o777 == 0o700
    assert run("ls").stdout.splitlines()[1].startswith("alice ")
    assert run("status", "alice").exit_code == 0
    assert run("open", "alice").stdout == f"{gateway.url}/alice/\n"
    assert run("share", "alice").exit_code == 0
    assert machine in gateway.tokens("alice")


def test_whoami_says_who_where_and_until_when(run: Run, gateway: Running, decider: Decider) -> None:
    run("login", gateway.url, "--device")

    table = run("whoami").stdout.splitlines()[1].split()
    document = json.loads(run("whoami", "-o", "json").stdout)

    assert table[:2] == ["alice", gateway.url]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", table[2])
    assert (document["name"], document["url"]) == ("alice", gateway.url)


def test_logout_revokes_at_the_gateway_and_forgets_here(
    run: Run, gateway: Running, decider: Decider, logins: Path, machine: str
) -> None:
    run("login", gateway.url, "--device")
    token = json.loads(logins.read_text())["logins"][0]["token"]

    result = run("logout")

    assert (result.exit_code, result.stderr) == (0, f"logged out at {gateway.url}\n")
    assert machine not in gateway.tokens("alice")
    assert token not in logins.read_text()
    answer = httpx2.get(f"{gateway.url}/-/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert run("whoami").exit_code == 4
    assert run("logout").exit_code == 4


def test_refused_is_not_allowed(run: Run, gateway: Running, decider: Decider, logins: Path) -> None:
    decider.decision = "refuse"

    result = run("login", gateway.url, "--device")

    assert result.exit_code == 5
    assert "refused in the browser" in result.stderr
    assert not logins.exists()


def test_logging_in_again_leaves_one_token(
    run: Run, gateway: Running, decider: Decider, machine: str
) -> None:
    run("login", gateway.url, "--device")
    decider.said.clear()

    assert run("login", "--device").exit_code == 0  # at the gateway used last

    assert gateway.tokens("alice").count(machine) == 1


def test_a_log_in_that_was_revoked_elsewhere_says_so(
    run: Run, gateway: Running, decider: Decider, logins: Path
) -> None:
    run("login", gateway.url, "--device")
    token = json.loads(logins.read_text())["logins"][0]["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    me = httpx2.get(f"{gateway.url}/-/api/v1/me", headers=bearer).json()
    httpx2.delete(
        f"{gateway.url}/-/api/v1/me/tokens/{me['credential']['id']}", headers=bearer
    ).raise_for_status()

    result = run("ls")

    assert result.exit_code == 4
    assert f"has ended; run: gateway login {gateway.url}" in result.stderr
    assert run("logout").exit_code == 0


class Browser:
    """Bob's browser, which he sits before: it follows where it is sent."""

    def __init__(self, gateway: Running, decision: str = "approve") -> None:
        self._gateway = gateway
        self._decision = decision
        self.sent_on = ""

    def open(self, page: str) -> bool:
        threading.Thread(target=self._decide, args=(page,)).start()
        return True

    def _decide(self, page: str) -> None:
        fields = dict(parse_qsl(urlsplit(page).query)) | {"decision": self._decision}
        with self._gateway.browser("bob") as browser:
            sent = send(browser, page, "/-/authorize", fields)
            stray = httpx2.get(sent.headers["Location"].replace("state=", "state=x"))
            assert stray.status_code == 404
            back = httpx2.get(sent.headers["Location"])
            assert (back.status_code, back.content) == (303, b"")
            self.sent_on = back.headers["Location"]


@pytest.mark.parametrize(("decision", "code"), [("approve", 0), ("refuse", 5)])
def test_a_browser_on_the_same_machine_brings_the_decision(
    run: Run, gateway: Running, monkeypatch: pytest.MonkeyPatch, decision: str, code: int
) -> None:
    browser = Browser(gateway, decision)
    monkeypatch.setattr(browser_flow, "PATIENCE_SECONDS", 20.0)
    monkeypatch.setattr(login, "on_terminal", lambda: True)
    monkeypatch.setattr(login, "browser_here", lambda: browser)

    result = run("login", gateway.url)

    assert result.exit_code == code, result.stderr
    assert browser.sent_on.startswith(f"{gateway.url}/-/device?done={decision}")
    if decision == "approve":
        assert run("whoami").stdout.splitlines()[1].startswith("bob ")


def test_without_a_browser_here_it_is_a_code(
    run: Run, gateway: Running, decider: Decider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "on_terminal", lambda: True)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")

    assert run("login", gateway.url).exit_code == 0
    assert decider.waits


def test_without_a_terminal_nobody_is_asked(run: Run, gateway: Running) -> None:
    result = run("login", gateway.url)

    assert result.exit_code == 4
    assert "--device" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "which gateway?"),
        (("ftp://x",), 2, "not at ftp://"),
        (("http://localhost:1",), 7, "can't reach http://localhost:1"),
    ],
)
def test_what_can_not_be_logged_in_at(
    run: Run, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = run("login", "--device", *arguments)

    assert result.exit_code == code
    assert words in result.stderr


def test_several_gateways(run: Run, gateway: Running, decider: Decider, logins: Path) -> None:
    """The one used last is meant; --url picks, and is then the one used last."""
    run("login", gateway.url, "--device")
    other = {"url": "http://localhost:1", "member": "al", "token": "gwp_x"}
    document = json.loads(logins.read_text())
    document |= {"default": other["url"], "logins": [*document["logins"], other]}
    logins.write_text(json.dumps(document))

    assert run("whoami").exit_code == 7
    assert run("whoami", "--url", f"{gateway.url}/").exit_code == 0
    assert run("whoami").exit_code == 0
    elsewhere = run("whoami", "--url", "http://localhost:2")
    assert elsewhere.exit_code == 4
    assert "not logged in at http://localhost:2" in elsewhere.stderr


def test_what_is_given_comes_before_what_is_kept(
    run: Run, gateway: Running, decider: Decider, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("login", gateway.url, "--device")
    monkeypatch.setenv("GATEWAY_TOKEN", "gwp_other")

    without = run("whoami")
    refused = run("whoami", "--url", gateway.url)

    assert (without.exit_code, refused.exit_code) == (4, 4)
    assert "which gateway is the token for?" in without.stderr
    assert "send an API token" in refused.stderr


def test_a_gateway_that_is_away_keeps_the_log_in_unless_told(run: Run, logins: Path) -> None:
    logins.parent.mkdir(parents=True)
    login = {"url": "http://localhost:1", "member": "al", "token": "gwp_x"}
    document = {"version": 1, "default": login["url"], "logins": [login]}
    logins.write_text(json.dumps(document))
    logins.chmod(0o600)

    kept = run("logout")
    forgotten = run("logout", "--forget")

    assert (kept.exit_code, forgotten.exit_code) == (7, 0)
    assert "still logged in" in kept.stderr
    assert "gwp_x" not in logins.read_text()


def test_a_file_that_others_can_read_is_refused(run: Run, logins: Path) -> None:
    logins.parent.mkdir(parents=True)
    logins.write_text('{"version": 1, "default": null, "logins": []}')
    logins.chmod(0o644)

    result = run("ls")

    assert result.exit_code == 4
    assert f"chmod 600 {logins}" in result.stderr


def test_a_file_that_is_none_is_named(run: Run, logins: Path) -> None:
    logins.parent.mkdir(parents=True)
    logins.write_text("nonsense")
    logins.chmod(0o600)

    result = run("ls")

    assert result.exit_code == 4
    assert f"can't read the log-ins in {logins}" in result.stderr


def test_a_token_that_can_not_be_kept_is_revoked(
    run: Run, gateway: Running, decider: Decider, logins: Path, machine: str
) -> None:
    logins.parent.parent.mkdir()
    logins.parent.write_text("a file where the folder should be")

    result = run("login", gateway.url, "--device")

    assert result.exit_code != 0
    assert machine not in gateway.tokens("alice")


class MemoryKeyring(KeyringBackend):
    """A keyring as a desktop has it."""

    priority = 9  # type: ignore[assignment]  # a property of the class there

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


@pytest.fixture
def desktop() -> MemoryKeyring:
    """A desktop with a keyring; the conftest's fixture puts the old one back."""
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


def test_a_keyring_keeps_the_token_out_of_the_file(
    run: Run, gateway: Running, decider: Decider, logins: Path, desktop: MemoryKeyring
) -> None:
    result = run("login", gateway.url, "--device")

    assert "the token is in the keyring" in result.stderr
    assert list(desktop.kept) == [("notebook-gateway", gateway.url)]
    assert "gwp_" not in logins.read_text()
    assert run("ls").exit_code == 0
    assert run("logout").exit_code == 0
    assert desktop.kept == {}


def test_a_keyring_that_is_locked_says_so(
    run: Run, gateway: Running, decider: Decider, logins: Path, desktop: MemoryKeyring
) -> None:
    run("login", gateway.url, "--device")
    desktop.locked = True

    later = run("ls")
    still = run("logout")
    decider.said.clear()
    again = run("login", gateway.url, "--device")

    assert later.exit_code == 4
    assert "the keyring can't be used: locked" in later.stderr
    assert still.exit_code == 4
    assert "pass --forget" in still.stderr
    assert again.exit_code == 0
    assert "gwp_" in logins.read_text()


def test_a_token_that_the_keyring_lost_can_be_forgotten(
    run: Run, gateway: Running, decider: Decider, desktop: MemoryKeyring
) -> None:
    run("login", gateway.url, "--device")
    desktop.kept.clear()

    assert run("logout", "--forget").exit_code == 0
    assert "not logged in anywhere" in run("logout").stderr


def test_the_machine_has_a_name() -> None:
    assert terminal.this_machine()
    assert "." not in terminal.this_machine()
