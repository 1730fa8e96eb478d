"""The REST API: the same facts as on the pages, for programs."""

import json
from typing import Final

from fastapi import APIRouter, Depends, Request, Response

from gateway.core.diagnosis import Finding
from gateway.core.identity import CredentialId, CredentialKind
from gateway.core.names import NotebookName
from gateway.errors import CredentialRefused, RequestInvalid, TunnelDown
from gateway.web.documents import (
    DiagnosisDocument,
    MemberDocument,
    NewTokenDocument,
    NotebookDocument,
    Problem,
    TokenDocument,
    TokenWish,
    TunnelDocument,
)
from gateway.web.site import GivenSite
from gateway.web.unfolding import JSON_LINES, Unfolding, Write
from gateway.web.views import looked_behind, tunnels_for, view_for, views_for
from gateway.web.visitor import SAFE, Caller, on_main_host

API: Final = "/-/api/v1"


async def json_only(request: Request) -> None:
    """Raise RequestInvalid for a body that is not called JSON, as a cross-site form's can't be (threat D3).

    A call that sends no body need not call it anything; a form always does.
    """
    kind = request.headers.get("content-type")
    if kind is None and not _has_body(request):
        return
    called = "" if kind is None else kind.partition(";")[0].strip().lower()
    if request.method not in SAFE | {"DELETE"} and called != "application/json":
        raise RequestInvalid(415, "send the body as application/json")


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get(
        "content-length", "0"
    ) not in {"", "0"}


refusals: Final[dict[int | str, dict[str, object]]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        401: "No session and no good API token",
        403: "Not allowed so",
        422: "The request does not say what it should",
    }.items()
}
missing: Final[dict[int | str, dict[str, object]]] = {
    404: {"model": Problem, "description": "There is none, or it is not yours"}
}

too_many: Final[dict[int | str, dict[str, object]]] = {
    409: {"model": Problem, "description": "There are too many already"}
}

_not_now: Final[dict[int | str, dict[str, object]]] = {
    409: {"model": Problem, "description": "It is being looked at just now"},
    429: {"model": Problem, "description": "It was looked at too often; Retry-After says when"},
}

router = APIRouter(
    prefix=API, dependencies=[Depends(on_main_host), Depends(json_only)], responses=refusals
)


@router.get("/notebooks")
async def list_notebooks(site: GivenSite, visitor: Caller) -> list[NotebookDocument]:
    """List the notebooks that you may open."""
    return [NotebookDocument.of(view) for view in views_for(site, visitor.member.name)]


@router.get("/notebooks/{name}", responses=missing)
async def show_notebook(site: GivenSite, visitor: Caller, name: str) -> NotebookDocument:
    """Show one notebook."""
    view = view_for(site, visitor.member.name, NotebookName(name))
    if view is None:
        raise RequestInvalid(404, "there is no such notebook, or it is not yours to open")
    return NotebookDocument.of(view)


@router.post("/notebooks/{name}/diagnosis", responses=missing | _not_now)
async def diagnose_notebook(site: GivenSite, visitor: Caller, name: str) -> DiagnosisDocument:
    """Walk the way to a notebook hop by hop, now; its owner and administrators may.

    It takes a second where all is well, and up to a minute and a half where nothing answers.
    """
    known = looked_behind(site, visitor.member, NotebookName(name)).name
    site.diagnoses.begin(known)
    try:
        found = await site.notebooks.diagnose(known, with_rights=visitor.member.admin)
    except TunnelDown as exc:
        raise RequestInvalid(404, exc.detail) from exc
    finally:
        site.diagnoses.end(known)
    return DiagnosisDocument.of(found)


@router.post(
    "/notebooks/{name}/diagnosis/lines",
    response_class=Response,
    responses=missing
    | _not_now
    | {
        200: {"description": "A line each", "content": {JSON_LINES: {"schema": {"type": "string"}}}}
    },
)
async def tell_diagnosis(site: GivenSite, visitor: Caller, name: str) -> Response:
    """Walk the way to a notebook, and tell each hop as it is found: a JSON object a line.

    Each line is a `finding`; the last one is the whole `diagnosis`, or says why there is none: `detail`.
    """
    known = looked_behind(site, visitor.member, NotebookName(name)).name
    site.diagnoses.begin(known)

    async def walk(write: Write) -> None:
        def tell(finding: Finding) -> None:
            write(_line("finding", finding.document))

        try:
            found = await site.notebooks.diagnose(
                known, tell=tell, with_rights=visitor.member.admin
            )
        except TunnelDown as exc:
            write(_line("detail", exc.detail))
        else:
            write(_line("diagnosis", DiagnosisDocument.of(found).model_dump(mode="json")))
        finally:
            site.diagnoses.end(known)

    return Unfolding("", walk, "", media_type=JSON_LINES)


def _line(name: str, content: object) -> str:
    return f"{json.dumps({name: content})}\n"


@router.get("/tunnels")
async def list_tunnels(site: GivenSite, visitor: Caller) -> list[TunnelDocument]:
    """List the tunnels to the notebooks that you may open; to an administrator, all."""
    member = visitor.member
    return [TunnelDocument.of(status, member) for status in tunnels_for(site, member)]


@router.get("/me")
async def show_me(visitor: Caller) -> MemberDocument:
    """Say who you are."""
    return MemberDocument.of(visitor)


@router.get("/me/tokens")
async def list_tokens(site: GivenSite, visitor: Caller) -> list[TokenDocument]:
    """List your API tokens."""
    return [TokenDocument.of(row) for row in await site.accounts.tokens(visitor.member.name)]


@router.post("/me/tokens", status_code=201, responses=too_many)
async def create_token(site: GivenSite, visitor: Caller, wish: TokenWish) -> NewTokenDocument:
    """Make an API token; a token can't make another, which could outlive it."""
    if visitor.identity.kind is not CredentialKind.SESSION:
        raise RequestInvalid(403, "log in to make a token; a token can't make another")
    try:
        secret, row = await site.accounts.create_token(
            visitor.member.name,
            label=wish.label,
            lifetime_seconds=wish.lifetime_seconds,
            by=visitor.member.name,
        )
    except CredentialRefused as exc:
        raise RequestInvalid(409, "no token was made: you have too many") from exc
    return NewTokenDocument(**TokenDocument.of(row).model_dump(), token=secret)


@router.delete("/me/tokens/{credential}", status_code=204, responses=missing)
async def revoke_token(site: GivenSite, visitor: Caller, credential: str) -> Response:
    """Revoke one of your API tokens."""
    mine = await site.accounts.tokens(visitor.member.name)
    if credential not in {row.credential for row in mine}:
        raise RequestInvalid(404, "there is no such token of yours")
    await site.accounts.revoke_token(CredentialId(credential), by=visitor.member.name)
    return Response(status_code=204)
