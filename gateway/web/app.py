"""The control plane's application, put together."""

from typing import Final

from fastapi import FastAPI

from gateway import __doc__ as purpose
from gateway.web import (
    account,
    admin,
    admin_api,
    api,
    asking,
    assets,
    authorize,
    device,
    diagnosis,
    enter,
    home,
    invite,
    link,
    log_in,
    oauth,
    provider,
    provider_account,
    provider_invite,
    sharing,
    sharing_api,
    waiting,
)
from gateway.web.problems import tell_failures
from gateway.web.shield import Shield
from gateway.web.site import Site

PARTS: Final = (
    log_in, provider, provider_account, provider_invite, invite, account, home, sharing, link, asking, diagnosis,
    waiting, enter, assets, api, sharing_api, admin, admin_api, oauth, device, authorize,
)  # fmt: skip


def create_app(site: Site) -> FastAPI:
    """Return the application; it must be reachable through the door alone, whose headers it believes."""
    app = FastAPI(
        title="Notebook gateway",
        description=purpose or "",
        version="1",
        openapi_url=f"{api.API}/openapi.json",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    app.add_middleware(Shield, site=site)
    for part in PARTS:
        app.include_router(part.router)
    tell_failures(app)
    return app
