"""From what the door sees to lines of the audit log."""

from gateway.core.audit import Act
from gateway.core.names import MemberName, NotebookName
from gateway.core.visits import stay
from gateway.door.visits import Visit
from gateway.store.auditing import Auditing


class AuditWitness:
    """Has the audit log tell of comings and goings."""

    def __init__(self, audit: Auditing) -> None:
        self._audit = audit

    def opened(self, visit: Visit) -> None:
        """Note that a visit began."""
        self._audit.note(
            Act.OPENED,
            actor=visit.member,
            notebook=visit.notebook,
            address=visit.address,
            detail=visit.level,
        )

    def left(self, visit: Visit, seconds: float) -> None:
        """Note that a visit was over."""
        self._audit.note(
            Act.LEFT,
            actor=visit.member,
            notebook=visit.notebook,
            address=visit.address,
            detail=stay(visit.level, seconds),
        )

    def refused(self, member: MemberName, notebook: NotebookName, address: str) -> None:
        """Note that a member asked in vain."""
        self._audit.note(Act.REFUSED, actor=member, notebook=notebook, address=address)
