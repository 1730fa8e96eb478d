"""The diagnosis page: the way to a notebook, hop by hop, each row sent as soon as it is known."""

from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.core.diagnosis import Advice, Diagnosis, Finding, Right, by_fix
from gateway.core.names import NotebookName
from gateway.errors import TunnelDown
from gateway.web.forms import CSRF_FIELD, read_form
from gateway.web.looks import Looks
from gateway.web.pages import page
from gateway.web.site import GivenSite
from gateway.web.unfolding import Unfolding, Write
from gateway.web.views import looked_behind
from gateway.web.visitor import LoggedIn, check_csrf, on_main_host, page_asked_for

router = APIRouter(
    prefix="/-/status",
    include_in_schema=False,
    dependencies=[Depends(page_asked_for), Depends(on_main_host)],
)

GAP: Final = "<!-- the findings -->"
"""Where the rows belong in the page; no value holds it, for all are escaped."""
RIGHTS: Final = "What the credential may do there beside"


@router.api_route("/{name}/diagnosis", methods=["GET", "HEAD"])
async def show_nothing(_visitor: LoggedIn) -> Response:
    """Lead back who comes without having asked for a diagnosis: it is an act, not a page."""
    return RedirectResponse("/-/status", 303)


@router.post("/{name}/diagnosis")
async def diagnose(request: Request, site: GivenSite, visitor: LoggedIn, name: str) -> Response:
    """Walk the way to a notebook, and show it as it goes."""
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    notebook = looked_behind(site, visitor.member, NotebookName(name))
    site.diagnoses.begin(notebook.name)
    whole = page(request, "diagnosis.html", visitor=visitor, context={"notebook": notebook})
    beginning, _, end = bytes(whole.body).decode().partition(GAP)

    async def walk(write: Write) -> None:
        rows = Rows(site.looks, write)
        try:
            found = await site.notebooks.diagnose(
                notebook.name, tell=rows.finding, with_rights=visitor.member.admin
            )
        except TunnelDown:
            rows.gone(notebook.name)
        else:
            rows.conclude(found)
        finally:
            site.diagnoses.end(notebook.name)

    return Unfolding(beginning, walk, end)


class Rows:
    """Writes the rows of one diagnosis, and what they come to."""

    def __init__(self, looks: Looks, write: Write) -> None:
        self._looks = looks
        self._write = write
        self._place = ""

    def finding(self, finding: Finding) -> None:
        """Write one row, below the name of whose it is."""
        place = RIGHTS if isinstance(finding.step, Right) else finding.place
        new = "" if place == self._place else place
        self._place = place
        context = {"finding": finding, "place": new}
        self._write(self._looks.render("finding.html", context))

    def conclude(self, diagnosis: Diagnosis) -> None:
        """Write what is wrong and what to do."""
        context = {
            "notebook": diagnosis.notebook,
            "failed": diagnosis.failed is not None,
            "advice": by_fix(diagnosis.advice),
        }
        self._write(self._looks.render("verdict.html", context))

    def gone(self, notebook: NotebookName) -> None:
        """Write that the notebook was taken out of the configuration meanwhile."""
        advice = Advice(f"There is no notebook {notebook} any more.", "Look at the configuration.")
        context = {"notebook": notebook, "failed": True, "advice": by_fix([advice])}
        self._write(self._looks.render("verdict.html", context))
