"""A tunnel that nobody uses closes its connection, and the next request has it back."""

import time
from collections.abc import Iterator

import httpx2
import pytest
from jupyter_kernel_client import JupyterKernelClient

from tests.stack import Stack, eventually

HOLD_SECONDS = 5.0


@pytest.fixture(scope="module")
def carol_token(stack: Stack) -> str:
    return stack.new_token("carol")


@pytest.fixture
def carol(stack: Stack, carol_token: str) -> Iterator[httpx2.Client]:
    with stack.client(carol_token) as client:
        yield client


def reason(carol: httpx2.Client) -> str | None:
    """Return why carol's sleeper is not ready; asking that wakes nothing."""
    found = carol.get("/-/api/v1/notebooks/sleeper").raise_for_status().json()["reason"]
    return None if found is None else str(found)


def fall_asleep(stack: Stack, carol: httpx2.Client) -> None:
    """Wait until nobody has used the sleeper for long enough; one tunnel as carol is left, which never sleeps."""
    eventually(lambda: reason(carol) == "asleep", within_seconds=30)
    eventually(lambda: len(stack.connections(login="carol")) == 1, within_seconds=5)


def test_sleeps_and_wakes(stack: Stack, carol: httpx2.Client) -> None:
    """The remote sees no connection; the first request is answered like any other, well within the hold."""
    fall_asleep(stack, carol)
    with stack.logged_in("carol") as browser:
        page = browser.get("/").text
    assert "Asleep" in page
    assert "opens when you open it" in page
    assert len(stack.connections(login="carol")) == 1

    begun = time.monotonic()
    answer = carol.get("/sleeper/api/status")
    seconds = time.monotonic() - begun

    assert answer.status_code == 200
    assert seconds < HOLD_SECONDS, f"the first request took {seconds:.2f} s"
    assert len(stack.connections(login="carol")) == 2


def test_an_open_websocket_keeps_it_awake(
    stack: Stack, carol: httpx2.Client, carol_token: str
) -> None:
    """Waking is good for WebSockets too; and while one is open, however quiet, the tunnel stays."""
    fall_asleep(stack, carol)

    with JupyterKernelClient(server_url=f"{stack.url}/sleeper", token=carol_token) as kernel:
        before = stack.connections(login="carol")
        reply = kernel.execute("import time; time.sleep(5); print(6 * 7)", timeout=60)
        after = stack.connections(login="carol")

    assert reply["outputs"][0]["text"].strip() == "42"
    assert before == after
