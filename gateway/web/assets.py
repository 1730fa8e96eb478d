"""Static files and health: what anybody may have."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from gateway.errors import RequestInvalid
from gateway.web.site import GivenSite

router = APIRouter(include_in_schema=False)

FOR_EVER = "public, max-age=31536000, immutable"


@router.api_route("/-/static/{name:path}", methods=["GET", "HEAD"])
async def send_asset(request: Request, site: GivenSite, name: str, v: str = "") -> Response:
    """Send one of the files that were read at the start: there is no path to walk."""
    asset = site.looks.assets.get(name)
    if asset is None:
        raise RequestInvalid(404, "there is no such file")
    headers = {"ETag": f'"{asset.version}"', "Cache-Control": "no-cache"}
    if v == asset.version:
        headers["Cache-Control"] = FOR_EVER
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(asset.body, headers=headers, media_type=asset.media_type)


@router.api_route("/-/livez", methods=["GET", "HEAD"])
async def live() -> Response:
    """Say that the process answers."""
    return PlainTextResponse("alive\n")


@router.api_route("/-/readyz", methods=["GET", "HEAD"])
async def ready(site: GivenSite) -> Response:
    """Say whether new requests should come here."""
    is_ready = site.ready()
    return PlainTextResponse("ready\n" if is_ready else "not ready\n", 200 if is_ready else 503)
