"""Terminals on their way to be logged in: those that wait for a code to be typed, and those behind a browser.

All of it lives in memory: it is over in ten minutes, holds nothing that anybody has been given yet, and a terminal
whose question a restart forgot is told to begin again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbelow, token_urlsafe
from typing import Final

from gateway.core.device_login import DeviceLogin, Outcome
from gateway.core.names import MemberName
from gateway.core.pkce import proves
from gateway.core.throttle import PER_ADDRESS, Pace, Throttle, address_key
from gateway.core.user_code import COUNT, user_code
from gateway.errors import CredentialRefused, RequestInvalid

CODE_SECONDS: Final = 60.0
MOST_WAITING: Final = 1000
"""Of either kind; beyond, no more are taken for the moment."""
TYPING: Final = Pace(free=5, longest_seconds=60.0)
"""How often a member may type a code that is none."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a code stands for that a browser brings to a terminal on its own machine."""

    member: MemberName
    terminal: str
    challenge: str
    redirect: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What a terminal is told that asks again; ``login`` is the one it asks about, if there is one."""

    outcome: Outcome
    login: DeviceLogin | None = None


class Terminals:
    """The log-ins that are under way."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: dict[str, DeviceLogin] = {}  # by device code, oldest first
        self._brought: dict[str, Brought] = {}  # by authorization code, oldest first
        self._asking = Throttle(PER_ADDRESS)  # so that one alone can't keep all others out
        self._typing = Throttle(TYPING)

    # --- A code that is typed ---

    def begin(self, terminal: str, address: str) -> tuple[str, DeviceLogin]:
        """Return a new device code and its log-in, or raise RequestInvalid for one too many."""
        now, key = self._clock(), address_key(address)
        if (seconds := self._asking.wait(key, now)) > 0:
            detail = f"{address} asked for a log-in often; wait {seconds:.0f} s"
            raise RequestInvalid(429, detail, retry_after_seconds=seconds)
        self._waiting = {k: v for k, v in self._waiting.items() if v.expires_at > now}
        if len(self._waiting) >= MOST_WAITING:
            detail = f"{MOST_WAITING} terminals wait to be logged in already; try again later"
            raise RequestInvalid(503, detail, retry_after_seconds=CODE_SECONDS)
        self._asking.begin(key, now)
        device_code = token_urlsafe(32)
        self._waiting[device_code] = DeviceLogin(self._new_user_code(), terminal, address, now)
        return device_code, self._waiting[device_code]

    def find(self, code: str | None, member: MemberName) -> DeviceLogin | None:
        """Return the log-in that ``member`` can decide on by a code; raise RequestInvalid after too many that are none."""
        now = self._clock()
        if (seconds := self._typing.wait(member, now)) > 0:
            detail = f"too many codes that are none; wait {seconds:.0f} s"
            raise RequestInvalid(429, detail, retry_after_seconds=seconds)
        found = self._device_code(code)
        if found is None:
            self._typing.begin(member, now)
            return None
        return self._waiting[found]

    def decide(self, login: DeviceLogin, member: MemberName | None) -> None:
        """Have the terminal be told: logged in as ``member``, or refused where that is None."""
        found = self._device_code(login.user_code)
        if found is not None:
            now = self._waiting[found]
            self._waiting[found] = now.refused() if member is None else now.approved(member)

    def poll(self, device_code: str) -> Answered:
        """Return what the terminal is told; what is final is told once."""
        login = self._waiting.get(device_code)
        if login is None:
            return Answered(Outcome.EXPIRED)
        after, outcome = login.polled(self._clock())
        if outcome.final:
            del self._waiting[device_code]
            if outcome is Outcome.GRANTED:
                self._asking.give_back(address_key(login.address))
        else:
            self._waiting[device_code] = after
        return Answered(outcome, after)

    def put_back(self, device_code: str, login: DeviceLogin) -> None:
        """Have the terminal ask once more: it could not be given what it was told it may have."""
        self._waiting[device_code] = login

    # --- A code that a browser brings ---

    def send(self, member: MemberName, terminal: str, challenge: str, redirect: str) -> str:
        """Return a code for the browser to bring to ``redirect``, where whoever made ``challenge`` waits."""
        now = self._clock()
        self._brought = {k: v for k, v in self._brought.items() if v.expires_at > now}
        if len(self._brought) >= MOST_WAITING:
            raise RequestInvalid(503, "too many log-ins at once; try again in a minute")
        code = token_urlsafe(32)
        self._brought[code] = Brought(member, terminal, challenge, redirect, now + CODE_SECONDS)
        return code

    def receive(self, code: str, verifier: str, redirect: str) -> Brought:
        """Return what a code stands for, or raise CredentialRefused; either way the code is void."""
        brought = self._brought.pop(code, None)
        if brought is None or brought.expires_at <= self._clock() or brought.redirect != redirect:
            raise CredentialRefused("the code is not good here, or not any more")
        if not proves(verifier, brought.challenge):
            raise CredentialRefused("the code was made for another terminal")
        return brought

    def _device_code(self, code: str | None) -> str | None:
        """Return the device code of the log-in that is undecided and has this user code."""
        now = self._clock()
        of = (k for k, v in self._waiting.items() if v.user_code == code and v.undecided(now))
        return next(of, None)

    def _new_user_code(self) -> str:
        taken = {login.user_code for login in self._waiting.values()}
        while (code := user_code(randbelow(COUNT))) in taken:
            pass
        return code
