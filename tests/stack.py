"""The deployment of compose/test.yaml, as the tests see it: containers, addresses, members."""

import json
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

import docker
import httpx2
from docker.models.containers import Container

PASSWORD = "correct horse battery staple"


def eventually(question: Callable[[], bool], *, within_seconds: float) -> float:
    """Ask until the answer is yes and return the seconds that took; raise TimeoutError when time is up.

    What happens in another container can only be asked for; no event of it reaches us.
    """
    begun = time.monotonic()
    while not question():
        if time.monotonic() - begun > within_seconds:
            asked = getattr(question, "__qualname__", "what was asked")
            raise TimeoutError(f"not so within {within_seconds} s: {asked}")
        time.sleep(0.05)
    return time.monotonic() - begun


def greets(address: str, port: int, *, greeting: bytes = b"") -> bool:
    """Say whether something listens there, and begins with ``greeting``."""
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            return not greeting or connection.recv(64).startswith(greeting)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in, as a member's browser knows it."""

    port: int
    by_host: bool
    password: str = PASSWORD

    @property
    def url(self) -> str:
        """The home page."""
        return f"http://localhost:{self.port}/"

    def notebook(self, name: str) -> str:
        """Return where the notebook ``name`` is."""
        return f"http://{self._place(name)}"

    def websocket(self, name: str, path: str) -> str:
        """Return the address of a WebSocket of the notebook ``name``."""
        return f"ws://{self._place(name)}{path}"

    def _place(self, name: str) -> str:
        by_path, by_host = f"localhost:{self.port}/{name}/", f"{name}.localhost:{self.port}/"
        return by_host if self.by_host else by_path


@dataclass(frozen=True, slots=True)
class Deployment:
    """Running services of a Compose project."""

    compose: tuple[str, ...]
    project: str
    engine: docker.DockerClient

    def container(self, service: str) -> Container:
        """Return the container of a service, running or not."""
        labels = [
            f"com.docker.compose.project={self.project}",
            f"com.docker.compose.service={service}",
        ]
        (container,) = self.engine.containers.list(all=True, filters={"label": labels})
        return container

    def address(self, service: str) -> str:
        """Return a service's address on the deployment's own network."""
        container = self.container(service)
        container.reload()
        networks = container.attrs["NetworkSettings"]["Networks"]
        return str(networks[f"{self.project}_default"]["IPAddress"])

    def run_in(self, service: str, command: str, *, user: str = "", stdin: str = "") -> str:
        """Run a command in a service's container and return what it prints; raise when it fails."""
        as_user = ["--user", user] if user else []
        done = subprocess.run(
            [*self.compose, "exec", "-T", *as_user, service, *shlex.split(command)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def pid(self, service: str) -> int:
        """Return the process id of a service's first process."""
        container = self.container(service)
        container.reload()
        return int(container.attrs["State"]["Pid"])

    def in_network_of(self, service: str, *command: str) -> str:
        """Run a command of this machine in the network of a service's container."""
        nsenter = ["nsenter", "--target", str(self.pid(service)), "--net"]
        return subprocess.run(
            [*nsenter, *command], check=True, capture_output=True, text=True
        ).stdout

    def set_password(self, member: str, *, service: str = "gateway") -> None:
        """Give a member the tests' password, as an administrator would."""
        self.run_in(service, f"gateway members password {member} --stdin", stdin=f"{PASSWORD}\n")

    def new_token(self, member: str, *, service: str = "gateway") -> str:
        """Make an API token for a member."""
        return self.run_in(service, f"gateway tokens create --member {member}").strip()


@dataclass(frozen=True, slots=True)
class Stack(Deployment):
    """The deployment of compose/test.yaml."""

    path_entry: Entry
    host_entry: Entry

    @property
    def url(self) -> str:
        """The origin of the gateway in path routing."""
        return self.path_entry.url.rstrip("/")

    def client(self, token: str | None = None) -> httpx2.Client:
        """Return an HTTP client with a member's token, or a stranger's."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30)

    def logged_in(self, member: str) -> AbstractContextManager[httpx2.Client]:
        """Return an HTTP client with a member's session."""
        return logged_in(self.url, member)

    def state(self, client: httpx2.Client, notebook: str) -> str:
        """Return a notebook's state as the API has it."""
        answer = client.get(f"/-/api/v1/notebooks/{notebook}").raise_for_status()
        return str(answer.json()["state"])

    def wait_ready(self, client: httpx2.Client, notebook: str = "alice") -> None:
        """Wait until a notebook can be used."""
        eventually(lambda: self.state(client, notebook) == "ready", within_seconds=60)

    def new_kernel(self, client: httpx2.Client, notebook: str = "alice") -> str:
        """Start a kernel and return its id."""
        answer = client.post(f"/{notebook}/api/kernels", json={"name": "python3"})
        assert answer.status_code == httpx2.codes.CREATED, answer.text
        return str(json.loads(answer.text)["id"])

    def channels(self, notebook: str, kernel: str) -> str:
        """Return the address of a kernel's WebSocket."""
        return self.path_entry.websocket(notebook, f"api/kernels/{kernel}/channels")

    def connections(self, *, login: str, service: str = "gateway") -> set[str]:
        """Return the SSH connections that the remote holds of a service as a login, by their ports.

        sshd's log says who came from which port; the socket table says which of them are still there.
        """
        peer = self.address(service)
        accepted = re.compile(rf"Accepted publickey for {login} from {re.escape(peer)} port (\d+)")
        ever = set(accepted.findall(self.container("remote").logs().decode()))
        held = re.findall(
            rf"{re.escape(peer)}\]?:(\d+)", self.run_in("remote", "ss -Htn sport = :22")
        )
        return ever & set(held)


@contextmanager
def logged_in(url: str, member: str) -> Iterator[httpx2.Client]:
    """Open a session through the log-in form, as a browser does it."""
    with httpx2.Client(base_url=url, timeout=30, headers={"Accept": "text/html"}) as client:
        fields = hidden_fields(client.get("/-/login").text)
        credentials = {"member": member, "password": PASSWORD}
        answer = client.post("/-/login", data=fields | credentials, headers={"Origin": url})
        assert answer.status_code == httpx2.codes.SEE_OTHER, answer.text
        yield client


class _Inputs(HTMLParser):
    """Collects the hidden fields of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.fields[given.get("name") or ""] = given.get("value") or ""


def hidden_fields(page: str) -> dict[str, str]:
    """Return what a browser would send along with a page's form."""
    inputs = _Inputs()
    inputs.feed(page)
    return inputs.fields
