"""The turnstile before a log-in: lets tries through at the throttle's pace, by account and address."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.names import MemberName
from gateway.core.throttle import PER_ACCOUNT, PER_ADDRESS, Throttle, address_key
from gateway.errors import CredentialThrottled


@dataclass(frozen=True, slots=True)
class Admission:
    """A try that was let through: the keys that it was counted under."""

    account: str
    address: str


class Turnstile:
    """Counts log-in tries in this process's memory, on a monotonic clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._accounts = Throttle(PER_ACCOUNT)
        self._addresses = Throttle(PER_ADDRESS)

    def admit(self, member: MemberName, address: str, *, familiar: bool) -> Admission:
        """Count a try, or raise CredentialThrottled.

        An address from which the member is logged in already, ``familiar``, is counted by itself, so
        that strangers who try the member's name don't keep the member out.
        """
        now, key = self._clock(), address_key(address)
        admission = Admission(f"{member}@{key}" if familiar else member, key)
        wait = max(self._accounts.wait(admission.account, now), self._addresses.wait(key, now))
        if wait > 0:
            raise CredentialThrottled(wait)
        self._accounts.begin(admission.account, now)
        self._addresses.begin(key, now)
        return admission

    def give_back(self, admission: Admission) -> None:
        """Take a try back that came to nothing through no fault of who made it."""
        self._accounts.give_back(admission.account)
        self._addresses.give_back(admission.address)

    def succeeded(self, admission: Admission) -> None:
        """Forget the account's tries; the address only gets this one back.

        Otherwise somebody with one account could try all others without end.
        """
        self._accounts.succeeded(admission.account)
        self._addresses.give_back(admission.address)
