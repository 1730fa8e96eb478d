"""Who was in a notebook, for its owner: one way for page and API to ask."""

from collections.abc import Sequence
from typing import Final

from gateway.core.audit import Choice
from gateway.core.names import NotebookName
from gateway.core.visits import ACTS, PastVisit, visits
from gateway.web.site import Site

MOST_LINES: Final = 100
"""Of the audit log: at most so many comings and goings are looked at."""


async def past_visits(site: Site, name: NotebookName) -> Sequence[PastVisit]:
    """Return the last visits, the newest first; raise StoreUnavailable."""
    lines = await site.audit.lines(Choice(notebook=name, acts=ACTS), limit=MOST_LINES)
    return visits(line.entry for line in lines)
