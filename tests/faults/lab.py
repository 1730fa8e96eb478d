"""The deployment of compose/faults.yaml: started, broken, mended, and looked into."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import docker
import docker.errors
import httpx2
import psutil

from tests.stack import Deployment, eventually, greets

ROOT: Final = Path(__file__).parent.parent.parent
COMPOSE_FILE: Final = ROOT / "compose" / "faults.yaml"
CONFIG: Final = ROOT / "compose" / "faults" / "gateway.yaml"
PROJECT: Final = f"notebook-gateway-faults-{os.getpid()}"
HOST: Final = "gateway.test:8000"
NOTEBOOKS: Final = {"alice": "lab", "carol": "lab", "bob": "other"}
"""Each notebook, and the remote that it is on."""
PORTS: Final = {"alice": 7001, "bob": 7002, "carol": 7003}
MEMBERS: Final = ("alice", "bob", "carol", "watcher")
PASSWORD_OWNERS: Final = ("bob", "carol")
STAND_IN_VERSION: Final = "0"
"""What tests.faults.upstream answers in place of a notebook."""
SSHD: Final = frozenset({"sshd", "sshd-session", "sshd-auth"})
LIBFAKETIME: Final = tuple(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


@dataclass(frozen=True, slots=True)
class Lab(Deployment):
    """Two remotes, their notebooks, and the gateway before them."""

    folder: Path
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    at: dict[str, str] = field(default_factory=lambda: {"gateway": "gateway"})
    """Which service is the gateway just now."""

    # --- Who is where ---

    @property
    def gateway(self) -> str:
        """The service that is the gateway just now."""
        return self.at["gateway"]

    @property
    def url(self) -> str:
        """Where the gateway listens, in the containers' own network."""
        return f"http://{self.address(self.gateway)}:8000"

    def client(self, member: str, *, timeout: float = 30.0) -> httpx2.Client:
        """Return an HTTP client with a member's token."""
        headers = {"Host": HOST, "Authorization": f"Bearer {self.tokens[member]}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=timeout)

    def processes(self, service: str, *names: str) -> list[psutil.Process]:
        """Return a service's processes of these names, whoever started them; all without names."""
        space = _space(self.pid(service))
        return [one for one in psutil.process_iter() if _is(one, space, names)]

    def gateway_process(self) -> psutil.Process:
        """Return the gateway's own process."""
        served = (one for one in self.processes(self.gateway) if "serve" in one.cmdline())
        (found,) = (one for one in served if one.name() != "docker-init")
        return found

    def notebook_process(self, notebook: str) -> psutil.Process:
        """Return a notebook's server."""
        (found,) = (
            one
            for one in self.processes(NOTEBOOKS[notebook])
            if f"--port={PORTS[notebook]}" in one.cmdline()
        )
        return found

    def link_of(self, service: str) -> str:
        """Return the name of a container's network interface; it changes when it is plugged in again."""
        links = self.in_network_of(service, "ip", "-o", "link", "show").splitlines()
        names = [line.split(": ")[1].partition("@")[0] for line in links]
        return next(name for name in names if name != "lo")

    def states(self) -> dict[str, str]:
        """Return every notebook's state, as the API gives it."""
        with self.client("watcher", timeout=5) as client:
            listed = client.get("/-/api/v1/notebooks").raise_for_status().json()
        return {one["name"]: one["state"] for one in listed}

    def tunnels_since(self) -> dict[str, float]:
        """Return since when each login's tunnel is up, by the wall clock; without those that are not."""
        with self.client("watcher", timeout=5) as client:
            listed = client.get("/-/api/v1/tunnels").raise_for_status().json()
        ups = [one for one in listed if one["state"] == "up"]
        return {one["login"]: datetime.fromisoformat(one["since"]).timestamp() for one in ups}

    def wait_reconnected(self, *logins: str, since: float) -> None:
        """Wait until the tunnels of these logins are younger than ``since``."""
        fresh = lambda: all(self.tunnels_since().get(login, 0) > since for login in logins)  # noqa: E731
        eventually(fresh, within_seconds=30)

    def logged(self, service: str, since: float) -> str:
        """Return what a service has written since a moment of the wall clock."""
        return str(self.container(service).logs(since=since, timestamps=True).decode())

    # --- sshd ---

    def kill_sshd(self, remote: str) -> None:
        """Kill the listener and every session, at once."""
        for process in self.processes(remote, *SSHD):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def start_sshd(self, remote: str, *options: str) -> None:
        """Start the listener, and wait until it greets."""
        words = " ".join(options)
        self.container(remote).exec_run(
            ["sh", "-c", f"exec /usr/sbin/sshd -D -e {words} >/proc/1/fd/1 2>&1"], detach=True
        )
        address = self.address(remote)
        eventually(lambda: greets(address, 22, greeting=b"SSH-2.0-"), within_seconds=20)

    def restart_sshd(self, remote: str, *options: str) -> None:
        """End every session, and listen with other options."""
        self.kill_sshd(remote)
        self.start_sshd(remote, *options)

    def cut_sessions(self, remote: str, login: str) -> None:
        """Kill the sessions of one login."""
        for process in self.processes(remote, "sshd-session"):
            with suppress(psutil.NoSuchProcess):  # its parent's death may have been its own
                if " ".join(process.cmdline()).startswith(f"sshd-session: {login}"):
                    process.kill()

    # --- Starting, mending, ending ---

    @contextmanager
    def instead(self, service: str, *, new_store: bool = False) -> Iterator[None]:
        """Let another service of the compose file be the gateway for a while."""
        usual, tokens = self.gateway, dict(self.tokens)
        self.container(usual).stop(timeout=15)
        try:
            run_compose(self, "--profile", service, "up", "--detach", service)
            self.at["gateway"] = service
            self.wait_serving()
            if new_store:
                self.introduce_members()
            self.wait_ready()
            yield
        finally:
            self.at["gateway"] = usual
            self.tokens.update(tokens)
            run_compose(self, "--profile", service, "rm", "--stop", "--force", service)
            self.container(usual).start()
            self.wait_ready()

    def introduce_members(self) -> None:
        """Give every member a token, and those who log in with it a password."""
        for member in PASSWORD_OWNERS:
            self.set_password(member, service=self.gateway)
        for member in MEMBERS:
            self.tokens[member] = self.new_token(member, service=self.gateway)

    def wait_serving(self) -> float:
        """Wait until the gateway takes requests; return how long that took."""
        return eventually(self._serves, within_seconds=60)

    def wait_ready(self, within_seconds: float = 90) -> None:
        """Wait until every notebook can be used."""
        eventually(self._all_ready, within_seconds=within_seconds)

    def version_of(self, notebook: str) -> str:
        """Return which version a notebook says it is; empty while it says nothing."""
        try:
            with self.client(notebook, timeout=10) as client:
                return str(client.get(f"/{notebook}/api").raise_for_status().json()["version"])
        except (httpx2.HTTPError, ValueError):
            return ""

    def wait_notebook(self, notebook: str) -> None:
        """Wait until a notebook's server listens."""
        remote = NOTEBOOKS[notebook]
        port = PORTS[notebook]
        listening = lambda: f":{port}" in self.in_network_of(remote, "ss", "-Hltn")  # noqa: E731
        eventually(listening, within_seconds=60)

    def mend(self) -> None:
        """Undo whatever a row may have left behind, and wait until all is well."""
        for service in ("lab", "other", self.gateway):
            container = self.container(service)
            container.reload()
            if container.status == "paused":
                container.unpause()
            if container.status != "running":
                container.start()
            self._clear_network(service)
        shutil.copy(CONFIG, self.folder / "config" / "gateway.yaml")
        for remote in ("lab", "other"):
            self._mend_remote(remote)
        self.wait_ready()

    def _mend_remote(self, remote: str) -> None:
        # sshd asks the folder at every log-in; the keys are all the same one.
        for process in self.processes(remote):
            if process.status() == psutil.STATUS_STOPPED:
                process.send_signal(signal.SIGCONT)
        listeners = [one.cmdline() for one in self.processes(remote, "sshd")]
        if not any(_is_usual_listener(words) for words in listeners):
            self.restart_sshd(remote)
        for notebook in (name for name, where in NOTEBOOKS.items() if where == remote):
            self.run_in(remote, f"notebook start {notebook}")

    def _clear_network(self, service: str) -> None:
        self.in_network_of(service, "iptables", "-F")
        link = self.link_of(service)
        self.in_network_of(service, "ip", "link", "set", link, "up")
        with suppress(subprocess.CalledProcessError):
            self.in_network_of(service, "tc", "qdisc", "del", "dev", link, "root")

    def _serves(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/-/readyz", headers={"Host": HOST}).is_success
        except httpx2.HTTPError:
            return False

    def _all_ready(self) -> bool:
        """Say whether every notebook is ready, and is the Jupyter that belongs there."""
        try:
            ready = set(self.states().values()) == {"ready"}
        except (httpx2.HTTPError, docker.errors.APIError, KeyError):
            return False
        return ready and not {STAND_IN_VERSION, ""} & set(map(self.version_of, NOTEBOOKS))


def _space(pid: int) -> Path:
    """Return what tells the processes of one container from all others."""
    return Path(f"/proc/{pid}/ns/pid").readlink()


def _is(process: psutil.Process, space: Path, names: Sequence[str]) -> bool:
    try:
        inside = _space(process.pid) == space
        return inside and (not names or process.name() in names)
    except (OSError, psutil.NoSuchProcess):
        return False


def _is_usual_listener(words: Sequence[str]) -> bool:
    line = " ".join(words)
    return line.startswith(("sshd: /usr/sbin/sshd -D -e [listener]", "/usr/sbin/sshd -D -e "))


def run_compose(lab: Deployment, *words: str) -> None:
    """Run a Compose command; raise with what it said when it fails."""
    done = subprocess.run([*lab.compose, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr[-4000:]}")


@contextmanager
def running(folder: Path, *, say: Callable[[str], None]) -> Iterator[Lab]:
    """Build and start everything; take it away at the end."""
    for name in ("client", "hostkeys", "authorized", "config"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(CONFIG, folder / "config" / "gateway.yaml")
    os.environ.update(_environment(folder))
    compose = ("docker", "compose", "--file", str(COMPOSE_FILE), "--project-name", PROJECT)
    engine = docker.from_env(timeout=120)
    lab = Lab(compose, PROJECT, engine, folder)
    begun = time.monotonic()
    try:
        say("building and starting …")
        run_compose(lab, "up", "--build", "--detach", "gateway")
        lab.wait_serving()
        lab.introduce_members()
        lab.wait_ready()
        say(f"all notebooks are ready after {time.monotonic() - begun:.0f} s")
        yield lab
    finally:
        run_compose(lab, "--profile", "*", "down", "--volumes", "--timeout", "10")
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    """Return what the compose file asks for, where nobody has said it yet."""
    wanted = {"FAULTS_FOLDER": str(folder)}
    if LIBFAKETIME:
        wanted["FAULTS_LIBFAKETIME"] = str(LIBFAKETIME[0])
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if "BUILD_CA_BUNDLE" not in os.environ and bundle.exists():
        wanted["BUILD_CA_BUNDLE"] = str(bundle)
    if "GATEWAY_BASE_IMAGE" not in os.environ:
        made = subprocess.run(
            [ROOT / "images" / "base" / "build"], stdout=subprocess.PIPE, text=True, check=True
        )
        wanted["GATEWAY_BASE_IMAGE"] = made.stdout.strip()
    return wanted
