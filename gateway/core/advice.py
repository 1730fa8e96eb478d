"""One sentence that says what is wrong and one that says what to do, for every reason there is."""

from collections.abc import Mapping
from typing import Final

from gateway.core.diagnosis import Advice
from gateway.core.notebook_advice import NOTEBOOK_ADVICE
from gateway.core.remote_advice import REMOTE_ADVICE, Adviser
from gateway.core.situation import Situation
from gateway.errors import Reason


def _asleep(situation: Situation) -> Advice:
    return Advice(
        f"The tunnel to {situation.notebook.name} sleeps, for nobody has used it for long.",
        "Open the notebook: that wakes it.",
    )


def _stopping(_situation: Situation) -> Advice:
    return Advice("The gateway is being restarted.", "Wait a moment: it comes back by itself.")


ADVICE: Final[Mapping[Reason, Adviser]] = {
    **REMOTE_ADVICE,
    **NOTEBOOK_ADVICE,
    Reason.ASLEEP: _asleep,
    Reason.STOPPING: _stopping,
}


def advise(reason: Reason, situation: Situation) -> Advice:
    """Return what to say and what to do about ``reason``."""
    return ADVICE[reason](situation)
