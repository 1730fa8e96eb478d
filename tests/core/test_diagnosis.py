"""gateway.core.diagnosis: what a walk along the hops comes to."""

from gateway.core.diagnosis import (
    NOTEBOOK_HOPS,
    REMOTE_HOPS,
    Advice,
    Diagnosis,
    Finding,
    Outcome,
    Right,
    Station,
    by_fix,
    completed,
    stations,
)
from gateway.core.hop import Hop
from gateway.core.names import NotebookName, RemoteName
from gateway.errors import Reason

ALICE = NotebookName("alice")
BASTION, LAB = RemoteName("bastion"), RemoteName("lab")
MEND = Advice("It is broken.", "Mend it.")


def finding(outcome: Outcome, step: Hop | Right = Hop.TCP, reason: Reason | None = None) -> Finding:
    return Finding(step, "lab", outcome, reason=reason, advice=MEND)


def diagnosis(*findings: Finding, rights: tuple[Finding, ...] = ()) -> Diagnosis:
    return Diagnosis(ALICE, 0.0, findings, rights)


def test_every_remote_on_the_way_is_walked_before_the_notebook() -> None:
    planned = stations([BASTION, LAB], ALICE)

    assert [station.step for station in planned] == [*REMOTE_HOPS, *REMOTE_HOPS, *NOTEBOOK_HOPS]
    assert planned[0] == Station(Hop.NAME, "bastion")
    assert planned[5] == Station(Hop.NAME, "lab")
    assert planned[-1] == Station(Hop.TOKEN, "alice")


def test_what_was_not_tried_was_not_reached() -> None:
    """In the order of the way, whatever the order of what was found."""
    planned = stations([LAB], ALICE)
    found = [Finding(Hop.TCP, "lab", Outcome.FAILED), Finding(Hop.NAME, "lab", Outcome.OK)]

    outcomes = [each.outcome for each in completed(planned, found)]

    assert outcomes == [Outcome.OK, Outcome.FAILED] + [Outcome.NOT_REACHED] * 10


def test_outcome_is_the_worst() -> None:
    """A hop that was not reached is no news, and a right too many is a warning."""
    ok, warning = finding(Outcome.OK), finding(Outcome.WARNING)

    assert diagnosis(ok, finding(Outcome.NOT_REACHED)).outcome is Outcome.OK
    assert diagnosis(ok, rights=(warning,)).outcome is Outcome.WARNING
    assert diagnosis(warning, finding(Outcome.FAILED)).outcome is Outcome.FAILED


def test_time_out_is_a_failure_of_its_own_kind() -> None:
    silent = diagnosis(finding(Outcome.FAILED, reason=Reason.SILENT_NOTEBOOK))
    stopped = diagnosis(finding(Outcome.FAILED, reason=Reason.NOT_RUNNING))

    assert silent.timed_out
    assert not stopped.timed_out
    assert not diagnosis(finding(Outcome.OK)).timed_out


def test_one_fix_may_mend_several_things() -> None:
    other = Advice("It is torn.", "Mend it.")

    assert by_fix([MEND, other, Advice("It is gone.", "Find it.")]) == {
        "Mend it.": ["It is broken.", "It is torn."],
        "Find it.": ["It is gone."],
    }


def test_document_says_it_all() -> None:
    """What programs get; nothing in it but text and numbers."""
    found = Finding(
        Hop.LOGIN, "lab", Outcome.FAILED, "as al", "refused", 12.345, Reason.LOGIN_REFUSED, MEND
    )
    right = Finding(Right.COMMANDS, "lab", Outcome.OK)

    assert diagnosis(found, rights=(right,)).document == {
        "notebook": "alice",
        "at": 0.0,
        "outcome": "failed",
        "timed_out": False,
        "findings": [
            {
                "step": "log-in",
                "place": "lab",
                "outcome": "failed",
                "tried": "as al",
                "found": "refused",
                "milliseconds": 12.3,
                "reason": "login_refused",
                "wrong": "It is broken.",
                "fix": "Mend it.",
            }
        ],
        "rights": [
            {
                "step": "commands",
                "place": "lab",
                "outcome": "ok",
                "tried": "",
                "found": "",
                "milliseconds": None,
                "reason": None,
                "wrong": None,
                "fix": None,
            }
        ],
    }
