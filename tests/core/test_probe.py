"""gateway.core.probe: what notebooks and their files give away, and what they can't make us believe."""

import json

import pytest

from gateway.core.inventory import Notebook
from gateway.core.names import LoginName, NotebookName, RemoteName
from gateway.core.probe import (
    MOST_CANDIDATES,
    Answer,
    Found,
    RuntimeFile,
    candidates,
    is_runtime_file,
    read_api,
    read_runtime_file,
    read_token,
)

POLICY = "frame-ancestors 'self'; report-uri {}api/security/csp-report"
NOTEBOOK = Notebook(NotebookName("alice"), RemoteName("lab"), LoginName("alice"), port=7001)


def policy(base_path: str) -> tuple[str, ...]:
    return (POLICY.format(base_path),)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (
            Answer(200, policy("/"), b'{"version": "2.21.1"}'),
            Found(jupyter=True, version="2.21.1", base_path="/"),
        ),
        (
            Answer(200, (), b'{"version": "6.5.7"}'),
            Found(jupyter=True, version="6.5.7", base_path="/"),
        ),
        (
            Answer(404, policy("/alice/"), b"<html>"),
            Found(jupyter=True, version=None, base_path="/alice/"),
        ),
        (
            Answer(404, policy("/a/b~c/"), b""),
            Found(jupyter=True, version=None, base_path="/a/b~c/"),
        ),
        (
            Answer(404, ("default-src 'self'", *policy("/")), b""),
            Found(jupyter=True, version=None, base_path="/"),
        ),
        (Answer(200, (), b"hello"), Found()),
        (Answer(200, (), b'["version"]'), Found()),
        (Answer(200, (), b'{"version": 3}'), Found()),
        (Answer(200, (), b'{"version": "1\\r\\nX: y"}'), Found()),
        (Answer(500, (), b'{"version": "2.21.1"}'), Found()),
        (Answer(200, (), b"[" * 100_000), Found()),
        (Answer(404, policy("//evil.example/"), b""), Found()),
        (Answer(404, policy("https://evil.example/"), b""), Found()),
        (Answer(404, policy("/no-slash"), b""), Found()),
        (Answer(404, policy('/"><script>/'), b""), Found()),
    ],
)
def test_api(answer: Answer, found: Found) -> None:
    """Jupyter shows itself by a version or by its report-uri, whose path must be a plain one."""
    assert read_api(answer) == found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("jpserver-1.json", True),
        ("nbserver-12345.json", True),
        ("jpserver-1.html", False),
        ("jpserver-1-open.html", False),
        ("kernel-1.json", False),
        ("../jpserver-1.json", False),
        ("jpserver-1.json/x", False),
        ("jpserver-.json", False),
    ],
)
def test_names_of_runtime_files(*, name: str, expected: bool) -> None:
    """Only servers' own files are read, and none that leads elsewhere."""
    assert is_runtime_file(name) is expected


def test_runtime_file() -> None:
    """What Jupyter 2.21 writes is understood."""
    text = json.dumps(
        {"base_url": "/alice/", "port": 7001, "secure": True, "sock": "", "token": "t", "pid": 1}
    )

    file = read_runtime_file(text.encode(), 5.0)

    assert file == RuntimeFile(5.0, 7001, "", "/alice/", "t", secure=True)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"port": "7001"}', b'{"port": 1, "token": 2}', b"\xff"]
)
def test_no_runtime_file(text: bytes) -> None:
    """Anything else is no runtime file."""
    assert read_runtime_file(text, 0.0) is None


def runtime_file(age: int, **changes: object) -> RuntimeFile:
    fields = {"port": 7001, "socket": "", "base_path": "/", "token": f"t{age}", "secure": False}
    return RuntimeFile(changed_at=100.0 - age, **{**fields, **changes})  # type: ignore[arg-type]  # a test's shorthand


def test_newest_file_first() -> None:
    """Files of dead servers stay behind; the newest is tried first, and not all are."""
    files = [runtime_file(age) for age in (3, 1, 2, 9, 8)]

    assert candidates(files, NOTEBOOK, "/") == ["t1", "t2", "t3"][:MOST_CANDIDATES]


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 7002},
        {"socket": "/run/x.sock"},
        {"base_path": "/bob/"},
        {"token": ""},
        {"token": "a\r\nb"},
    ],
)
def test_other_servers_tokens_are_left_alone(changes: dict[str, object]) -> None:
    """A token of another port, socket or base URL is never a candidate; nor is what is none."""
    assert candidates([runtime_file(1, **changes)], NOTEBOOK, "/") == []


def test_socket() -> None:
    """A notebook at a socket is known by its path."""
    notebook = Notebook(
        NotebookName("a"), RemoteName("lab"), LoginName("a"), socket="/home/a/.jupyter.sock"
    )
    files = [runtime_file(1), runtime_file(2, port=0, socket="/home/a/.jupyter.sock")]

    assert candidates(files, notebook, "/") == ["t2"]


@pytest.mark.parametrize(
    ("text", "token"), [("abc\n", "abc"), ("  abc ", "abc"), ("", None), ("a b", None), ("é", None)]
)
def test_token_files(text: str, token: str | None) -> None:
    """A token is one printable word."""
    assert read_token(text) == token
