"""A notebook, its remote and its login, of which something is said."""

from dataclasses import replace

from gateway.core.inventory import Notebook, Remote
from gateway.core.names import LoginName, NotebookName, RemoteName
from gateway.core.situation import Seen, Situation
from gateway.core.ssh_credential import KeyFile

LAB = Remote(
    RemoteName("lab"),
    "lab.example.org",
    login=LoginName("gateway"),
    credential=KeyFile("/run/secrets/lab_key"),
)
NOTEBOOK = Notebook(NotebookName("alice"), LAB.name, LoginName("al"), port=7001)


def situation(detail: str = "", *, seen: Seen = Seen(), **remote: object) -> Situation:  # noqa: B008 - frozen
    """Return a situation of alice's notebook on lab."""
    changed = replace(LAB, **remote)  # type: ignore[arg-type]  # a test's shorthand
    return Situation(NOTEBOOK, changed, LoginName("al"), detail, seen)


def of_notebook(**notebook: object) -> Situation:
    """Return a situation of another notebook of alice's."""
    changed = replace(NOTEBOOK, **notebook)  # type: ignore[arg-type]  # a test's shorthand
    return Situation(changed, LAB, LoginName("al"))
