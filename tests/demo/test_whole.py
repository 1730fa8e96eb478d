"""The whole demo, real gateway and all: what its programme promises is so."""

import re
from collections.abc import Callable, Iterator

import httpx2
import pytest

from tests.demo.conftest import PASSWORD, Shown

pytestmark = pytest.mark.demo

MAY_OPEN = {"alice": {"alice", "bob"}, "bob": {"alice", "bob"}, "carol": {"carol"}}

LogIn = Callable[[str], httpx2.Client]


@pytest.fixture
def logged_in(whole: Shown) -> Iterator[LogIn]:
    """Logs members in, each in a browser of their own."""
    opened: list[httpx2.Client] = []

    def log_in(member: str) -> httpx2.Client:
        client = httpx2.Client(base_url=f"http://localhost:{whole.port}", timeout=30)
        opened.append(client)
        form = re.search(r'name="csrf" value="([^"]+)"', client.get("/-/login").text)
        assert form is not None
        fields = {"member": member, "password": PASSWORD, "csrf": form[1]}
        answer = client.post("/-/login", data=fields, headers={"Origin": str(client.base_url)})
        assert answer.status_code == httpx2.codes.SEE_OTHER
        return client

    yield log_in
    for client in opened:
        client.close()


@pytest.mark.parametrize("member", MAY_OPEN)
def test_members_open_what_the_programme_says(logged_in: LogIn, member: str) -> None:
    """Each sees the files of the notebooks that they may open; the others do not exist."""
    client = logged_in(member)

    found = {name: client.get(f"/{name}/api/contents") for name in MAY_OPEN}

    assert {name for name, answer in found.items() if answer.is_success} == MAY_OPEN[member]
    for name, answer in found.items():
        if name in MAY_OPEN[member]:
            assert [entry["name"] for entry in answer.json()["content"]] == ["hello.ipynb"]
        else:
            assert answer.status_code == httpx2.codes.NOT_FOUND


def test_lab_is_served_beneath_its_name(logged_in: LogIn) -> None:
    """JupyterLab's page comes through, made for /alice/, without the notebook's own token."""
    page = logged_in("alice").get("/alice/lab").text

    assert '"baseUrl": "/alice/"' in page
    assert re.search(r'"token": "(?!")', page) is None


def test_without_a_log_in_there_is_nothing(whole: Shown) -> None:
    """The demo is no exception: who isn't logged in gets no notebook."""
    answer = httpx2.get(f"http://localhost:{whole.port}/alice/api/contents")

    assert answer.status_code == httpx2.codes.UNAUTHORIZED
