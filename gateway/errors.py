"""Every failure we expect, as one tree.

    GatewayError
    ├── ConfigurationInvalid       the administrator's; every problem at once
    ├── RequestInvalid             the client's; carries the status to answer with
    ├── RemoteError                a tunnel can't be had
    │   ├── RemoteUnreachable          worth another try soon
    │   └── RemoteRejected             only a person can help
    │       └── HostKeyChanged             not the key that we know: a new one, or somebody in between
    ├── UpstreamError              a notebook can't be reached or can't be understood
    │   ├── TunnelDown                 the way to it is not there
    │   ├── ForwardingRefused          sshd forbids the channel
    │   ├── NotebookStopped            nothing listens at its port
    │   ├── ListenerRefused            what listens there may not be sent anything
    │   ├── ListenerChanged            it is not what was looked at; look again
    │   ├── UpstreamTimedOut           it listens and says nothing
    │   ├── UpstreamLost               it went away in the middle
    │   └── UpstreamMalformed          it doesn't speak HTTP, or speaks it wrongly
    ├── StoreUnavailable           the database can't be read or written now
    ├── DemoFailed                 a part of the demo can't start, or ended on its own
    ├── ProviderError              the identity provider can't vouch for somebody
    │   ├── ProviderUnavailable        it can't be asked now, or is not what the configuration says
    │   └── ProviderRefused            it said no, or what it said does not hold
    ├── PasskeyNeeded              the password is right, and not enough
    └── CredentialRefused          a password, an invite or a token that does not count
        ├── CredentialThrottled        asked too often; says when to ask again
        ├── AdmissionRefused           the provider vouches for them, but they are no member
        └── PasswordTooWeak            a new password that we do not take

The class says whose fault it is and whether another try makes sense. Foreign exceptions become one of
these in the module that imports the foreign library; anything else is a bug, and propagates.
"""

from collections.abc import Sequence
from enum import StrEnum, auto


class Reason(StrEnum):
    """Why a tunnel or a notebook is not as wanted: one list for log, pages, API and tests."""

    NAME_NOT_FOUND = auto()  # the remote's name does not resolve
    UNREACHABLE = auto()  # no TCP connection: refused, no route, no answer
    TIMED_OUT = auto()  # it took the connection, and logging in took longer than its limit
    NOT_SSH = auto()  # something answers, but does not speak SSH as we do
    BUSY = auto()  # the remote closed before the log-in (MaxStartups, penalties)
    LOST = auto()  # an established connection ended
    SILENT = auto()  # an established connection no longer answers
    LOGIN_REFUSED = auto()  # the remote does not take the credential
    HOST_KEY_CHANGED = auto()  # not the key that we know
    HOST_KEY_UNKNOWN = auto()  # no key is known, and none may be learnt
    IDENTITY_UNUSABLE = auto()  # the key, its passphrase or the agent can't be used
    CREDENTIAL_EXPIRED = auto()  # the certificate's or the Kerberos ticket's time is over
    KDC_UNREACHABLE = auto()  # no Kerberos server answers; without it there is no ticket
    JUMP_DOWN = auto()  # the remote that leads there has no tunnel
    FORWARDING_REFUSED = auto()  # sshd forbids this forward
    NOT_RUNNING = auto()  # nothing listens at the notebook's port
    FOREIGN_LISTENER = auto()  # another account's process listens at the notebook's port
    UNSURE_LISTENER = auto()  # it can't be told whose process listens there, and it must be
    SILENT_NOTEBOOK = auto()  # it listens and says nothing
    HUNG_UP = auto()  # it ended the connection in the middle
    NOT_HTTP = auto()  # it answers, but not in HTTP
    CERTIFICATE_REFUSED = auto()  # its TLS certificate is not the one we may trust
    ASLEEP = auto()  # nobody has used it for long; the first request wakes it
    STOPPING = auto()  # the gateway itself is going down


class Hindrance(StrEnum):
    """Why somebody for whom the identity provider vouches is not let in, or not linked."""

    NOT_ADMITTED = auto()  # in none of the groups that are admitted
    NAME_MISSING = auto()  # the claim that names members is not there
    NAME_INVALID = auto()  # it holds nothing that may be a member's name
    NAME_TAKEN = auto()  # somebody else goes by that name here, or did
    DISABLED = auto()  # an administrator disabled the account
    GONE = auto()  # linked to a member who is none any more
    LINKED_ELSEWHERE = auto()  # this identity belongs to another member
    LINKED_OTHERWISE = auto()  # this member is linked to another identity


class GatewayError(Exception):
    """A failure that the gateway expects."""


class ConfigurationInvalid(GatewayError):
    """The configuration has problems; ``problems`` holds a line of text for each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RequestInvalid(GatewayError):
    """A request that can't be taken; ``status`` is the answer it gets, perhaps with a time to come back."""

    def __init__(
        self, status: int, detail: str, *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


class RemoteError(GatewayError):
    """A tunnel can't be had; ``reason`` says why in a word, the message in a sentence."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class RemoteUnreachable(RemoteError):
    """The remote did not answer as a remote should; another try may help."""


class RemoteRejected(RemoteError):
    """The remote, or our own check of it, said no; only a person can help."""


class HostKeyChanged(RemoteRejected):
    """The remote shows another host key than the one we know: a new key, or somebody in between."""

    def __init__(self, detail: str, *, known: tuple[str, ...], shown: tuple[str, ...]) -> None:
        super().__init__(Reason.HOST_KEY_CHANGED, detail)
        self.known = known
        """What we know, in words: kinds and fingerprints."""
        self.shown = shown


class UpstreamError(GatewayError):
    """A notebook can't be reached or understood; ``reason`` and ``detail`` say why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class TunnelDown(UpstreamError):
    """The tunnel to the notebook's remote is not up."""


class ForwardingRefused(UpstreamError):
    """The remote's sshd does not let this login forward to this port."""


class NotebookStopped(UpstreamError):
    """Nothing listens at the notebook's port or socket."""


class ListenerRefused(UpstreamError):
    """What listens at the notebook's place is not the notebook's login's, or may not be."""


class ListenerChanged(UpstreamError):
    """What listens at the notebook's place is not what was looked at a moment ago."""


class UpstreamTimedOut(UpstreamError):
    """The upstream was given its time and said nothing."""


class UpstreamLost(UpstreamError):
    """The upstream ended in the middle of something."""


class UpstreamMalformed(UpstreamError):
    """The upstream sent something that is not the protocol."""


class StoreUnavailable(GatewayError):
    """The database can't be read or written now."""


class DemoFailed(GatewayError):
    """The demo can't be shown; the message says what to do about it."""


class ProviderError(GatewayError):
    """The identity provider can't vouch for somebody; the message is for the log and administrators."""


class ProviderUnavailable(ProviderError):
    """The provider can't be asked now, or is not what the configuration says."""


class ProviderRefused(ProviderError):
    """The provider said no, or what it said does not hold."""

    def __init__(self, detail: str, *, denied: bool = False) -> None:
        super().__init__(detail)
        self.denied = denied
        """Whether it was the person, or the provider, who said no; nothing is wrong then."""


class PasskeyNeeded(GatewayError):
    """The password is right, and one of these passkeys is asked for besides; none can be given where there is none."""

    def __init__(self, passkeys: Sequence[str]) -> None:
        super().__init__("a passkey is asked for besides")
        self.passkeys = passkeys


class CredentialRefused(GatewayError):
    """A password, an invite, a session or a token that does not count."""


class CredentialThrottled(CredentialRefused):
    """Asked too often; another try is heard in ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"too many tries; wait {retry_after_seconds:.0f} s")
        self.retry_after_seconds = retry_after_seconds


class AdmissionRefused(CredentialRefused):
    """The provider vouches for somebody who is not let in; ``name`` is what they would be called."""

    def __init__(self, why: Hindrance, name: str = "") -> None:
        super().__init__(f"{why.value.replace('_', ' ')}{f': {name}' if name else ''}")
        self.why = why
        self.name = name


class PasswordTooWeak(CredentialRefused):
    """A new password that is too short, too long or too well known."""
