"""compose/demo.yaml alone: one command, and Alice is in her notebook."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT, free_port
from tests.stack import PASSWORD, Stack, logged_in


@pytest.fixture
def url(stack: Stack, docker_compose_project_name: str) -> Iterator[str]:
    """The demo's address, once "up --wait" is content. The images are those of the other deployment."""
    port = str(free_port())
    environ = os.environ | {"GATEWAY_DEMO_PORT": port, "GATEWAY_DEMO_PASSWORD": PASSWORD}
    project = f"{docker_compose_project_name}-demo"
    compose = ["docker", "compose", "-f", str(ROOT / "compose/demo.yaml"), "-p", project]
    try:
        subprocess.run([*compose, "up", "--build", "--wait"], env=environ, check=True)
        yield f"http://localhost:{port}"
    finally:
        subprocess.run([*compose, "down", "--volumes", "--timeout", "20"], env=environ, check=True)


@pytest.mark.timeout(240)
def test_demo_leads_into_a_notebook(url: str) -> None:
    """Log in, and the notebook answers."""
    with logged_in(url, "alice") as browser:
        answer = browser.get("/alice/api/status")

    assert answer.status_code == 200
    assert "kernels" in answer.json()
