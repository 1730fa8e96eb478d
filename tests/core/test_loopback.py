"""gateway.core.loopback: where a browser may bring a code."""

import pytest

from gateway.core.loopback import origin_of, with_answer


@pytest.mark.parametrize(
    ("redirect", "origin"),
    [
        ("http://127.0.0.1:51004/", "http://127.0.0.1:51004"),
        ("http://127.0.0.1:1/back", "http://127.0.0.1:1"),
        ("http://[::1]:65535/", "http://[::1]:65535"),
    ],
)
def test_a_port_of_the_own_machine(redirect: str, origin: str) -> None:
    assert origin_of(redirect) == origin


@pytest.mark.parametrize(
    "redirect",
    [
        "",
        "http://localhost:51004/",
        "https://127.0.0.1:51004/",
        "http://127.0.0.1/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:51004",
        "http://127.0.0.1:51004@evil.example/",
        "http://127.0.0.1:51004/?code=mine",
        "http://127.0.0.1:51004/#x",
        "http://127.0.0.1:51004/\nx",
        "http://127.0.0.1:51004/../x",
        "http://127.0.0.1.evil.example:51004/",
        "http://192.0.2.1:51004/",
        "javascript:alert(1)",
    ],
)
def test_anything_else_leads_nowhere(redirect: str) -> None:
    assert origin_of(redirect) is None


def test_the_answer_is_escaped() -> None:
    assert with_answer("http://127.0.0.1:1/", code="a&b", state="é") == (
        "http://127.0.0.1:1/?code=a%26b&state=%C3%A9"
    )
