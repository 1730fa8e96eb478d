"""A Jupyter client that knows nothing of us."""

import httpx2
from jupyter_kernel_client import JupyterKernelClient

from tests.stack import Stack


def test_third_party_client_executes_code(
    stack: Stack, alice: httpx2.Client, alice_token: str
) -> None:
    """To jupyter-kernel-client the route is a Jupyter server, and our token is its token."""
    with JupyterKernelClient(server_url=f"{stack.url}/alice", token=alice_token) as kernel:
        reply = kernel.execute("print(6 * 7)", timeout=60)

    assert reply["status"] == "ok"
    assert reply["outputs"][0]["text"].strip() == "42"
