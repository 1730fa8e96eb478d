"""gateway.web.way: where the way to a notebook is broken."""

import pytest

from gateway.core.grants import Level
from gateway.core.hop import Hop, hop_of
from gateway.core.names import NotebookName
from gateway.core.status import NotebookState, NotebookStatus
from gateway.errors import Reason
from gateway.web.views import NotebookView
from gateway.web.way import HERE, TO_THE_REMOTE, way_to
from tests.web.fakes import NOW, inventory

ALICE = NotebookName("alice")


def view(state: NotebookState, reason: Reason | None = None) -> NotebookView:
    notebook = inventory().notebooks[ALICE]
    status = NotebookStatus(ALICE, state, NOW, reason)
    return NotebookView(notebook, Level.USE, None, status, "http://gw.example:8000/alice/", 4.0)


@pytest.mark.parametrize(
    ("reason", "conditions"),
    [
        (Reason.STOPPING, ["broken", "beyond", "beyond"]),
        (Reason.LOST, ["works", "broken", "beyond"]),
        (Reason.LOGIN_REFUSED, ["works", "broken", "beyond"]),
        (Reason.NOT_RUNNING, ["works", "works", "broken"]),
        (Reason.NOT_HTTP, ["works", "works", "broken"]),
    ],
)
def test_names_the_station_that_is_down(reason: Reason, conditions: list[str]) -> None:
    """What is nearer works, what lies beyond can't be seen."""
    stations = way_to(view(NotebookState.UNKNOWN, reason))

    assert [station.condition for station in stations] == conditions
    assert [station.hop for station in stations if station.hop] == [hop_of(reason)]
    assert [station.name for station in stations] == ["This gateway", "lab", "alice"]


def test_before_anything_has_failed_nothing_is_down() -> None:
    """The first try is under way."""
    stations = way_to(view(NotebookState.STARTING))

    assert [station.condition for station in stations] == ["works", "beyond", "beyond"]


def test_all_works_when_it_is_ready() -> None:
    """There is nothing to name."""
    stations = way_to(view(NotebookState.READY))

    assert {station.condition for station in stations} == {"works"}


def test_hops_before_the_channel_lead_to_the_remote() -> None:
    """In the order of the way."""
    hops = list(Hop)

    assert set(hops[: hops.index(Hop.CHANNEL)]) == HERE | TO_THE_REMOTE
