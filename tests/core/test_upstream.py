"""gateway.core.upstream: how a notebook is spoken to."""

from gateway.core.inventory import Scheme
from gateway.core.listener import Verdict
from gateway.core.names import NotebookName
from gateway.core.upstream import Kind, TokenOrigin, Upstream


def test_origin_is_the_notebooks_own() -> None:
    upstream = Upstream(NotebookName("alice"), b"localhost:7001", Scheme.HTTPS)

    assert upstream.origin == b"https://localhost:7001"


def test_it_is_told_in_a_line_without_its_token() -> None:
    upstream = Upstream(
        NotebookName("alice"),
        b"localhost:7001",
        Scheme.HTTP,
        token="its-token",
        token_origin=TokenOrigin.RUNTIME_FILE,
        kind=Kind.JUPYTER,
        version="2.21.1",
        listener=Verdict.OWN,
    )

    assert str(upstream) == "jupyter 2.21.1, http, base URL /, token: runtime file, listener: own"
    assert "its-token" not in repr(upstream)
