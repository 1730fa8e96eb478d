"""The control plane's application, put together."""

from typing import Final, cast

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
    passkey_log_in,
    passkeys,
    provider,
    provider_account,
    provider_invite,
    session_end,
    sessions,
    sessions_api,
    sharing,
    sharing_api,
    waiting,
)
from gateway.web.cookies import session_cookie
from gateway.web.openapi import Document, describe
from gateway.web.problems import tell_failures
from gateway.web.shield import Shield
from gateway.web.site import Site

PARTS: Final = (
    log_in, passkey_log_in, passkeys, provider, provider_account, provider_invite, invite, account, sessions,
    session_end, home, sharing, link, asking, diagnosis, waiting, enter, assets, api, sharing_api, sessions_api,
    admin, admin_api, oauth, device, authorize,
)  # fmt: skip


class ControlPlane(FastAPI):
    """FastAPI, with a description of the API that keeps nothing back."""

    def openapi(self) -> Document:
        """Return the description."""
        if self.openapi_schema is None:
            cookie = session_cookie(cast("Site", self.state.site))
            self.openapi_schema = describe(super().openapi(), cookie=cookie)
        return self.openapi_schema


def create_app(site: Site) -> FastAPI:
    """Return the application; it must be reachable through the door alone, whose headers it believes."""
    app = ControlPlane(
        title="Notebook gateway",
        description=purpose or "",
        version="1",
        openapi_url=f"{api.API}/openapi.json",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        # As they are: included, each would be made anew for every application, when it is first asked for.
        routes=[route for part in PARTS for route in part.router.routes],
    )
    app.state.site = site
    app.add_middleware(Shield, site=site)
    tell_failures(app, [part.router for part in PARTS])
    return app
