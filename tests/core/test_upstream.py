"""gateway.core.upstream: how a notebook is spoken to."""

from gateway.core.inventory import Scheme
from gateway.core.names import NotebookName
from gateway.core.upstream import Upstream


def test_origin_is_the_notebooks_own() -> None:
    upstream = Upstream(NotebookName("alice"), b"localhost:7001", Scheme.HTTPS)

    assert upstream.origin == b"https://localhost:7001"
