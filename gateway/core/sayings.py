"""Why something is not as wanted, in a sentence for members.

Door and pages say the same; it names no address, no account and no key, as details for administrators may.
"""

from collections.abc import Mapping
from typing import Final

from gateway.errors import Reason

REASONS: Final[Mapping[Reason, str]] = {
    Reason.NAME_NOT_FOUND: "The remote's name can't be found.",
    Reason.UNREACHABLE: "The remote can't be reached.",
    Reason.TIMED_OUT: "The remote takes too long to answer.",
    Reason.NOT_SSH: "Something answers in the remote's place that does not speak SSH.",
    Reason.BUSY: "The remote turns connections away just now.",
    Reason.LOST: "The connection to the remote was lost.",
    Reason.SILENT: "The remote has stopped answering.",
    Reason.LOGIN_REFUSED: "The remote does not let the gateway log in.",
    Reason.HOST_KEY_CHANGED: "The remote shows another host key than the one we know.",
    Reason.HOST_KEY_UNKNOWN: "The remote shows a host key that nobody has vouched for.",
    Reason.IDENTITY_UNUSABLE: "The gateway's own key or ticket for the remote can't be used.",
    Reason.CREDENTIAL_EXPIRED: "The time of the gateway's certificate or ticket for the remote is over.",
    Reason.KDC_UNREACHABLE: "No Kerberos server answers, so the gateway can't log in to the remote.",
    Reason.JUMP_DOWN: "The remote on the way there can't be reached.",
    Reason.FORWARDING_REFUSED: "The remote does not let the gateway through to the notebook.",
    Reason.NOT_RUNNING: "Nothing listens at the notebook's place on the remote.",
    Reason.FOREIGN_LISTENER: "Somebody else's program listens at the notebook's place on the remote.",
    Reason.UNSURE_LISTENER: "It can't be told whose program listens at the notebook's place on the remote.",
    Reason.SILENT_NOTEBOOK: "The notebook is there, but does not answer.",
    Reason.HUNG_UP: "The notebook has ended the connection.",
    Reason.NOT_HTTP: "Something else than a notebook answers at its place.",
    Reason.CERTIFICATE_REFUSED: "The notebook's certificate is not one that we may trust.",
    Reason.ASLEEP: "Nobody has used it for a while; it opens when you open it.",
    Reason.STOPPING: "The gateway is being restarted.",
}


def because(reason: Reason | None) -> str:
    """Return the reason in a sentence; empty where there is none."""
    return "" if reason is None else REASONS[reason]


def degraded(reason: Reason) -> str:
    """Return in a sentence why a tunnel that is up could not be dialled again."""
    why = REASONS[reason]
    return f"Degraded: cannot reconnect. {why} What is open works, until the connection is lost."
