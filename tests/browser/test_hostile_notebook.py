"""Alice's notebook turns on carol, who may use it: what its page can do with carol's own notebook and the gateway (threat T3)."""

from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import Page, Response

from tests.browser import lab
from tests.browser.attempts import ON_GATEWAY, ON_NOTEBOOK, form_to, script
from tests.browser.conftest import log_in
from tests.stack import Entry, Stack

pytestmark = [pytest.mark.docker, pytest.mark.browser, pytest.mark.timeout(300)]

REMAINS = {
    "read its API, naming a page of its own": 200,
    "start a kernel, naming a page of its own": 201,
    "open a WebSocket": "open",
    "put it in a frame, naming a page of its own": "read",
    "read its page in a window": "read, 200",
}
"""What path routing can't prevent: the two notebooks are one origin to a browser."""
STOPPED = {
    "read its API": 403,
    "start a kernel": 403,
    "put it in a frame": "blocked",
    "put a service worker before it": "blocked",
    "put a service worker before its own pages": "blocked",
    "plant a session cookie": 424,
}
"""What it does: a planted cookie makes two, and so logs out instead of in."""
GATEWAY_BY_PATH = {
    "read the API": 403,
    "read the API, naming a page of ours": 403,
    "list tokens": 403,
    "make a token": 403,
    "share a notebook": 403,
    "fetch the account page": 403,
    "fetch the sharing page": 403,
    "put the account page in a frame": "blocked",
    "read the account page in a window": "blocked",
    "read the API in a window": "blocked",
}


class Scene:
    """Carol, with alice's notebook in front of her."""

    def __init__(self, page: Page, entry: Entry) -> None:
        self.page = page
        self.refused: list[str] = []
        page.on("response", self._note)
        page.goto(f"{entry.notebook('carol')}lab")
        log_in(page, "carol", entry.password)
        lab.wait_for_lab(page)
        page.goto(f"{entry.notebook('alice')}lab")
        lab.wait_for_lab(page)
        self.addresses = {
            "own": entry.notebook("alice"),
            "victim": entry.notebook("carol"),
            "victimSocket": entry.websocket("carol", ""),
            "gateway": entry.url,
        }

    def _note(self, response: Response) -> None:
        if response.status == 403:
            self.refused.append(response.url)

    def tries(self, attempts: dict[str, str]) -> dict[str, object]:
        """Have the page try everything; return what came of each."""
        return {
            name: self.page.evaluate(script(attempt), self.addresses)
            for name, attempt in attempts.items()
        }


def carols(stack: Stack, service: str) -> httpx2.Client:
    """Return carol's own program, which sees what is there."""
    entry = stack.path_entry if service == "gateway" else stack.host_entry
    headers = {"Authorization": f"Bearer {stack.new_token('carol', service=service)}"}
    if entry.by_host:
        headers["Host"] = f"carol.localhost:{entry.port}"
    return httpx2.Client(base_url=f"http://127.0.0.1:{entry.port}", headers=headers, timeout=30)


@pytest.fixture(scope="module", autouse=True)
def worker(stack: Stack) -> None:
    """Alice has a service worker ready."""
    stack.run_in("remote", "tee /home/alice/worker.js", user="alice", stdin="self.x = 1;\n")


def test_in_path_routing_the_gateway_is_safe_and_notebooks_are_not(
    stack: Stack, path_entry: Entry, window: Callable[[], Page]
) -> None:
    """What goes unsaid is stopped; what names another page of the same origin is not, and the docs say so."""
    scene = Scene(window(), path_entry)
    assert scene.refused == []  # JupyterLab itself asks for nothing that the door would refuse

    assert scene.tries(ON_GATEWAY) == GATEWAY_BY_PATH
    assert scene.tries(ON_NOTEBOOK) == STOPPED | REMAINS


def test_in_host_routing_nothing_is_reached(
    stack: Stack, host_entry: Entry, window: Callable[[], Page]
) -> None:
    """Each notebook is an origin of its own: to the page, the others and the gateway are strangers' sites."""
    scene = Scene(window(), host_entry)
    assert scene.refused == []

    reached = scene.tries(ON_GATEWAY | ON_NOTEBOOK)

    # Its own cookie changes nothing there: the request that follows is blocked as it was before.
    assert {name: told for name, told in reached.items() if told != "blocked"} == {}


@pytest.mark.parametrize("service", ["gateway", "gateway-host"])
def test_forms_of_a_notebooks_page(stack: Stack, window: Callable[[], Page], service: str) -> None:
    """They do nothing, neither to the gateway nor, as long as they say where they come from, to another notebook."""
    entry = stack.path_entry if service == "gateway" else stack.host_entry
    prefix = "" if entry.by_host else "/carol"
    scene = Scene(window(), entry)
    with carols(stack, service) as program:
        kernels = len(program.get(f"{prefix}/api/kernels").raise_for_status().json())
        scene.page.evaluate(form_to('victim + "api/kernels"'), scene.addresses)
        after = len(program.get(f"{prefix}/api/kernels").raise_for_status().json())

        for address in ("-/account/tokens", "-/share/carol", "-/share/carol/links", "-/logout"):
            scene.page.evaluate(form_to(f'gateway + "{address}"'), scene.addresses)

        main = {"Host": f"localhost:{entry.port}"}
        access = program.get("/-/api/v1/notebooks/carol/access", headers=main).json()
        tokens = program.get("/-/api/v1/me/tokens", headers=main).json()
    assert after == kernels
    assert (access["shares"], access["links"]) == ([], [])
    assert "x" not in {token["label"] for token in tokens}
    scene.page.reload()
    lab.wait_for_lab(scene.page)  # she is still logged in
