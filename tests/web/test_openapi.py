"""gateway.web.openapi and allowed: what the API says of itself; and Schemathesis, which holds it to that."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from gateway.web.visitor import csrf_of
from tests.web.conftest import Browser, House
from tests.web.every_route import furnish
from tests.web.fakes import BOB, TOKEN, FakeTokenRow, inventory

API = "/-/api/v1"
FAILURES = {"401", "403", "413", "500", "503"}
EXAMPLES = 25


def operations(browser: Browser) -> list[tuple[str, dict[str, dict[str, object]]]]:
    paths = browser.get(f"{API}/openapi.json").json()["paths"]
    return [(f"{m} {path}", call) for path, calls in paths.items() for m, call in calls.items()]


def test_every_call_says_how_it_can_fail(stranger: Browser) -> None:
    """Always as problem details."""
    for name, operation in operations(stranger):
        responses = operation["responses"]
        failures = {status for status in responses if status >= "400"}

        assert failures >= FAILURES, name
        for status in failures:
            content = responses[status]["content"]  # type: ignore[index]  # JSON
            assert set(content) == {"application/problem+json"}, name


def test_every_call_that_takes_a_body_says_what_kind(stranger: Browser) -> None:
    """And what it is told otherwise."""
    taking = [call for call in operations(stranger) if "requestBody" in call[1]]
    posted = [call for call in operations(stranger) if call[0].startswith(("post ", "put "))]

    assert taking
    assert len(posted) > len(taking)
    for name, operation in taking:
        assert {"400", "415", "422"} <= set(operation["responses"]), name
    for name, operation in posted:
        assert "415" in operation["responses"], name


def test_it_says_what_to_log_in_with(house: House, stranger: Browser) -> None:
    """A token, or the session's cookie by its name here."""
    document = stranger.get(f"{API}/openapi.json").json()

    schemes = document["components"]["securitySchemes"]
    assert schemes["token"]["scheme"] == "bearer"
    assert schemes["session"]["name"] == "gateway"
    assert document["security"] == [{"token": []}, {"session": []}]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/me/tokens", "GET, POST"),
        ("/notebooks", "GET"),
        ("/me/tokens/t-1", "DELETE"),
        ("/notebooks/bob/asking", "PUT"),
    ],
)
def test_wrong_method_is_told_all_that_would_do(bob: Browser, path: str, allowed: str) -> None:
    """Though each is a route of its own."""
    answer = bob.http.request("PATCH", API + path, json={})

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_call_without_a_body_need_not_call_it_anything(house: House, bob: Browser) -> None:
    """A form of another site always calls it something, and needs the CSRF token besides."""
    furnish(house)
    house.accounts.api[TOKEN] = house.accounts.api["gwp_bobs"]
    token = {"Authorization": f"Bearer {TOKEN}"}
    path = f"{API}/notebooks/bob/diagnosis"

    bare = house.browser().http.post(path, headers=token)
    called = house.browser().http.post(path, headers=token | {"Content-Type": "text/plain"})

    assert bare.status_code == 404  # asked for, and not there to be looked at
    assert called.status_code == 415


@contextmanager
def served(house: House) -> Iterator[str]:
    """Run the control plane at a port of this machine."""
    config = uvicorn.Config(house.app, host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = Thread(target=server.run, args=([listener],), name="control plane")
    thread.start()
    try:
        yield f"http://localhost:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


Credential = Callable[[House], list[str]]


def as_token(house: House) -> list[str]:
    house.accounts.api[TOKEN] = (BOB, FakeTokenRow("t-9", "a program"))  # type: ignore[arg-type]  # an id
    return [f"Authorization: Bearer {TOKEN}"]


def as_session(house: House) -> list[str]:
    secret = house.accounts.open(BOB).secret
    origin = house.wanted.server.public_url.origin
    return [f"Cookie: gateway={secret}", f"X-CSRF-Token: {csrf_of(secret)}", f"Origin: {origin}"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("credential", "left_out"),
    [
        (as_token, []),
        # It tries a worse Authorization, but sends the good cookie along.
        (as_session, ["--exclude-checks", "ignored_auth"]),
    ],
)
def test_schemathesis_finds_nothing(
    tmp_path: Path, credential: Credential, left_out: list[str]
) -> None:
    """All its checks, with data that fit the description and data that don't, in any order of calls."""
    house = House(wanted=inventory(host="localhost"))
    furnish(house)
    headers = [argument for field in credential(house) for argument in ("--header", field)]
    with served(house) as url:
        run = [str(Path(sys.executable).with_name("st")), "run", f"{url}{API}/openapi.json"]
        options = ["--checks", "all", "--max-examples", str(EXAMPLES), "--seed", "1", "--no-color"]
        done = subprocess.run(
            [*run, *options, *left_out, *headers],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    assert done.returncode == 0, done.stdout
    assert "Tested: " in done.stdout
