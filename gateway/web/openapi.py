"""The API's description as it is given out: with every way in which a call can fail, and what to log in with."""

from collections.abc import Iterator
from typing import Final, cast

PROBLEM: Final = "application/problem+json"
METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
ANYWAY: Final = {
    "401": "No session and no good API token",
    "403": "Not allowed so",
    "413": "The body is longer than any call has use for",
    "500": "An error in the gateway, written to its log",
    "503": "The gateway can't do this now; Retry-After says when to try again",
}
"""What any call may be told."""
WITH_BODY: Final = {
    "400": "The body is no text",
    "422": "The request does not say what it should",
}
BY_METHOD: Final = {
    method: {"415": "The body is not called application/json"}
    for method in ("post", "put", "patch")
}
"""What is held to be a body of another kind even where none is asked for."""
HEADERS: Final = {
    "401": ("WWW-Authenticate", "The scheme to log in with (RFC 6750)."),
    "429": ("Retry-After", "Seconds to wait."),
    "503": ("Retry-After", "Seconds to wait."),
}
FIRST_FAILURE: Final = 400

Document = dict[str, object]


def describe(document: Document, *, cookie: str) -> Document:
    """Complete ``document`` in place, and return it; ``cookie`` is what a session's is called here."""
    for method, operation in _operations(document):
        _complete(operation, method)
    components = _part(document, "components")
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token: `gateway tokens create`, or the account page.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": "For the gateway's own pages; scripts need X-CSRF-Token besides.",
        },
    }
    document["security"] = [{"token": []}, {"session": []}]
    return document


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path in _part(document, "paths").values():
        for method, operation in cast("Document", path).items():
            if method in METHODS:
                yield method, cast("Document", operation)


def _complete(operation: Document, method: str) -> None:
    """Add what the operation does not say of its failures; all of them are problem details."""
    responses = _part(operation, "responses")
    with_body = WITH_BODY if "requestBody" in operation else {}
    for status, description in (ANYWAY | BY_METHOD.get(method, {}) | with_body).items():
        responses.setdefault(status, {"description": description})
    for status, response in responses.items():
        if status.isdigit() and int(status) >= FIRST_FAILURE:
            _call_problem(status, cast("Document", response))


def _call_problem(status: str, response: Document) -> None:
    response["content"] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status in HEADERS:
        name, description = HEADERS[status]
        response["headers"] = {name: {"description": description, "schema": {"type": "string"}}}


def _part(document: Document, name: str) -> Document:
    return cast("Document", document.setdefault(name, {}))
