"""Asking for a notebook. The answer is the same whether there is such a one or not: names can't be guessed so."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.grants import level_of
from gateway.core.names import NotebookName, is_name
from gateway.web.forms import CSRF_FIELD, read_form
from gateway.web.pages import page
from gateway.web.site import GivenSite, Site
from gateway.web.visitor import LoggedIn, Visitor, check_csrf, on_main_host, page_asked_for

router = APIRouter(
    prefix="/-/ask",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)


@router.api_route("", methods=["GET", "HEAD"])
async def show_asking(
    request: Request, visitor: LoggedIn, notebook: str = "", done: str = ""
) -> Response:
    """Show the form."""
    name = notebook if is_name(notebook) else ""
    context = {"notebook": name, "done": done == "yes", "trouble": ""}
    return page(request, "ask.html", visitor=visitor, context=context)


@router.post("")
async def ask(request: Request, site: GivenSite, visitor: LoggedIn) -> Response:
    """Tell the owner, if there is such a notebook and its owner takes wishes."""
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    name = form.get("notebook", "").strip().lower()
    if not is_name(name):
        trouble = "A notebook's name holds a to z, 0 to 9 and dashes. Please look at the address that you were sent."
        context = {"notebook": "", "done": False, "trouble": trouble}
        return page(request, "ask.html", status=422, visitor=visitor, context=context)
    await _ask(site, visitor, NotebookName(name))
    return RedirectResponse("/-/ask?done=yes", 303)


async def _ask(site: Site, visitor: Visitor, name: NotebookName) -> None:
    inventory, member = site.inventory(), visitor.member.name
    if name in inventory.notebooks and level_of(inventory, member, name) is None:
        await site.sharing.ask(name, member)
