"""gateway.demo.run: the whole demo, with a fake in the gateway's place, and every way of its ending."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import asyncssh
import psutil
import pytest
import yaml

from gateway.demo import run
from gateway.demo.stage import RUNTIME, free_ports, listening_socket
from tests.demo.conftest import PASSWORD, Shown, start


@pytest.mark.demo
def test_three_real_notebooks_run_and_ctrl_c_leaves_nothing(shown: Shown) -> None:
    """Each notebook answers to its own token, shows its own home, and is gone after Ctrl-C."""
    for login in ("alice", "bob", "carol"):
        contents = shown.ask(login, "api/contents")
        assert isinstance(contents, dict)
        assert [entry["name"] for entry in contents["content"]] == ["hello.ipynb"]
        assert shown.ask(login, "api/kernels", method="POST")
    assert shown.programme.count(PASSWORD) == 3
    processes = shown.descendants()
    assert len(processes) >= 8  # the remote, the gateway, three notebooks and a kernel each

    shown.process.send_signal(signal.SIGINT)

    assert shown.process.wait(timeout=60) == 0
    assert not [process for process in processes if process.is_running()]
    assert list(shown.temporary.iterdir()) == []


@pytest.mark.demo
def test_configuration_leads_to_each_notebook_and_its_token(shown: Shown) -> None:
    """With nothing but gateway.yaml, each notebook is reached by SSH and takes the token found there."""
    wanted = yaml.safe_load((shown.folder / "gateway.yaml").read_text())

    for notebook in wanted["notebooks"].values():
        status = asyncio.run(ask_over_ssh(wanted["remotes"]["lab"], notebook))
        assert status == b"HTTP/1.1 200 OK"


async def ask_over_ssh(remote: dict[str, object], notebook: dict[str, object]) -> bytes:
    """Read the token over SFTP, ask for the kernels through a channel, and return the status line."""
    async with asyncssh.connect(
        str(remote["host"]),
        int(str(remote["port"])),
        username=str(notebook["login"]),
        client_keys=[str(remote["identity"])],
        known_hosts=lambda *_: ([], [], []),
        server_host_key_algs="default",
        client_factory=lambda: Pinned(str(remote["host_key"])),
        agent_path=None,
        config=[],
    ) as connection:
        async with connection.start_sftp_client() as sftp:
            (file,) = await sftp.glob(f"{RUNTIME}/jpserver-*.json")
            async with sftp.open(file) as reader:
                token = json.loads(await reader.read())["token"]
        port = int(str(notebook["port"]))
        answer, question = await connection.open_connection("localhost", port)
        question.write(
            f"GET /api/kernels HTTP/1.1\r\nHost: localhost:{port}\r\n"
            f"Authorization: token {token}\r\n\r\n".encode()
        )
        return (await answer.readline()).strip()


class Pinned(asyncssh.SSHClient):
    """Trusts one host key, by its fingerprint."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        return key.get_fingerprint() == self._fingerprint


@pytest.mark.demo
def test_notebook_that_is_shut_down_takes_nothing_along(shown: Shown) -> None:
    """Its own menu has an entry for that; the rest of the demo goes on."""
    notebook = psutil.Process(int(str(shown.server("alice")["pid"])))
    shown.ask("alice", "api/shutdown", method="POST")
    psutil.wait_procs([notebook], timeout=30)

    assert shown.ask("bob", "api/contents")
    shown.process.send_signal(signal.SIGINT)
    assert "Jupyter for alice has been shut down" in shown.process.communicate(timeout=60)[1]
    assert shown.process.returncode == 0


@pytest.mark.demo
def test_crash_of_one_notebook_ends_the_demo_and_says_why(shown: Shown) -> None:
    """A demo that lost a part is over; it says which, and tidies up all the same."""
    assert shown.ask("bob", "api/kernels", method="POST")
    processes = shown.descendants()

    os.kill(int(str(shown.server("bob")["pid"])), signal.SIGKILL)
    _, talk = shown.process.communicate(timeout=60)

    assert shown.process.returncode == 1
    assert "demo: Jupyter for bob ended with status -9" in talk
    assert not [process for process in processes if process.is_running()]
    assert list(shown.temporary.iterdir()) == []


@pytest.mark.demo
@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's own")
def test_kill_leaves_no_process(shown: Shown) -> None:
    """SIGKILL can't be caught, and still nothing goes on running."""
    assert shown.ask("carol", "api/kernels", method="POST")
    processes = shown.descendants()

    shown.process.kill()
    shown.process.wait(timeout=10)

    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []


def test_taken_port_is_said_with_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody else at the port: nothing starts, and the message names a way out."""
    with listening_socket(0) as holder:
        port = holder.getsockname()[1]

        assert run.main(port, None, serve=()) == 1

    assert f"port {port} is taken" in (said := capsys.readouterr().err)
    assert f"GATEWAY_DEMO_PORT={port + 1} make demo" in said


def test_missing_jupyterlab_is_said_with_the_fix(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the demo extra there are no notebooks to show."""
    monkeypatch.setattr(run, "jupyter_installed", lambda: False)

    assert run.main(free_ports(1)[0], None, serve=()) == 1
    assert "make demo" in (said := capsys.readouterr().err)
    assert "notebook-gateway[demo]" in said


@pytest.mark.demo
def test_weak_password_is_said_and_nothing_stays(tmp_path: Path) -> None:
    """The demo's members obey the same rules as everybody's."""
    with start(tmp_path, port=free_ports(1)[0], password="x") as process:
        _, talk = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "demo: GATEWAY_DEMO_PASSWORD won't do" in talk
    assert list(tmp_path.iterdir()) == []
