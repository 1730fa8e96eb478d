"""The control plane's application, put together."""

import time
from collections.abc import Callable

from fastapi import FastAPI

from gateway import __doc__ as purpose
from gateway.core.inventory import Inventory
from gateway.web import account, api, assets, enter, home, invite, log_in, waiting
from gateway.web.handover import Handovers
from gateway.web.looks import Looks
from gateway.web.problems import tell_failures
from gateway.web.shield import Shield
from gateway.web.site import Accounts, Notebooks, Site


def create_app(
    *,
    inventory: Callable[[], Inventory],
    accounts: Accounts,
    notebooks: Notebooks,
    ready: Callable[[], bool],
    configuration_problems: Callable[[], tuple[str, ...]] = tuple,
    clock: Callable[[], float] = time.time,
) -> FastAPI:
    """Return the application; it must be reachable through the door alone, whose headers it believes."""
    site = Site(
        inventory=inventory,
        accounts=accounts,
        notebooks=notebooks,
        ready=ready,
        configuration_problems=configuration_problems,
        clock=clock,
        handovers=Handovers(clock),
        looks=Looks(),
    )
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
    for part in (log_in, invite, account, home, waiting, enter, assets, api):
        app.include_router(part.router)
    tell_failures(app)
    return app
