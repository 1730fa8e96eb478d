"""How failures are told: a page for people, problem details (RFC 9457) for programs."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from gateway.errors import RequestInvalid, StoreUnavailable
from gateway.web.administrators import is_hidden
from gateway.web.allowed import allowed_at
from gateway.web.headers import bind
from gateway.web.pages import page
from gateway.web.site import LOGIN_PATH, site_of
from gateway.web.visitor import LogInFirst, visitor_of

API_PREFIX: Final = "/-/api/"
RETRY_SECONDS: Final = 5

_SAYINGS: Final[Mapping[int, str]] = {
    403: "The gateway did not take this request.",
    404: "There is nothing here, or it is not yours to open.",
    405: "This address does not take that kind of request.",
    413: "That was more than the gateway takes.",
    415: "The gateway does not take this kind of data.",
    409: "The gateway is at it already.",
    422: "The gateway can't make sense of what was sent.",
    429: "That was asked for too often. Please wait a moment.",
    500: "Something went wrong in the gateway. It has been written to its log.",
    503: "The gateway can't do this right now. Please try again in a moment.",
}


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """Return problem details."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = errors
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def failure(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the failure as whoever asked can take it."""
    if request.url.path.startswith(API_PREFIX):
        if status == HTTPStatus.UNAUTHORIZED:
            headers = {"WWW-Authenticate": "Bearer", **(headers or {})}
        return problem(status, detail, headers=headers)
    context = {
        "title": HTTPStatus(status).phrase,
        "saying": _SAYINGS.get(status, "The gateway did not take this request."),
        "detail": detail if status != HTTPStatus.NOT_FOUND else "",
    }
    visitor = visitor_of(site_of(request), request)
    return page(
        request, "error.html", status=status, visitor=visitor, headers=headers, context=context
    )


def tell_failures(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Have the application, which is made of ``routers``, answer every failure in these ways."""
    # All async though none waits: plain functions would run in other threads, and state has none but ours.

    @app.exception_handler(RequestInvalid)
    async def _invalid(request: Request, exc: RequestInvalid) -> Response:
        wait = exc.retry_after_seconds
        headers = None if wait is None else {"Retry-After": f"{ceil(wait)}"}
        return failure(request, exc.status, exc.detail, headers)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, exc: HTTPException) -> Response:
        status, headers = exc.status_code, exc.headers
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            status, headers = _wrong_method(request, routers)
        return failure(request, status, HTTPStatus(status).phrase, headers)

    @app.exception_handler(RequestValidationError)
    async def _validation(_request: Request, exc: RequestValidationError) -> Response:
        # Where and what, but never the value: it may be a secret.
        errors = [
            {"field": ".".join(str(part) for part in e["loc"]), "message": str(e["msg"])}
            for e in exc.errors()
        ]
        return problem(422, "the request does not say what it should", errors=errors)

    @app.exception_handler(StoreUnavailable)
    async def _unavailable(request: Request, _exc: StoreUnavailable) -> Response:
        detail = "the gateway's database can't be used now"
        return failure(request, 503, detail, {"Retry-After": str(RETRY_SECONDS)})

    @app.exception_handler(LogInFirst)
    async def _log_in(_request: Request, exc: LogInFirst) -> Response:
        return RedirectResponse(f"{LOGIN_PATH}?next={quote(exc.wanted, safe='/')}", 303)

    @app.exception_handler(Exception)
    async def _bug(request: Request, _exc: Exception) -> Response:
        # The server logs the traceback; the client learns nothing of it. This is outside the shield.
        answer = failure(request, 500, "an error in the gateway")
        bind(answer.headers, site_of(request))
        return answer


def _wrong_method(
    request: Request, routers: Sequence[APIRouter]
) -> tuple[int, Mapping[str, str] | None]:
    """Return the status and the headers for a method that an address does not take, or that is hidden."""
    if is_hidden(request, site_of(request)):
        return HTTPStatus.NOT_FOUND, None
    return HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": allowed_at(request.url.path, routers)}
