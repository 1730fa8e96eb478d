"""What the REST API says and takes, as documents."""

import math
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from gateway.core.diagnosis import Diagnosis, Outcome
from gateway.core.grants import Level
from gateway.core.identity import CredentialId, CredentialKind
from gateway.core.inventory import Member, Scheme
from gateway.core.names import GroupName, LoginName, MemberName, NotebookName, RemoteName
from gateway.core.sayings import degraded
from gateway.core.status import (
    CredentialStatus,
    Degraded,
    NotebookState,
    TunnelState,
    TunnelStatus,
)
from gateway.core.upstream import Kind, TokenOrigin
from gateway.errors import Reason
from gateway.web.listed import TokenRow
from gateway.web.views import NotebookView
from gateway.web.visitor import Visitor

DAY_SECONDS = 24 * 3600
_NOT_IN_A_LINE = r"\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
ONE_LINE = rf"^[^{_NOT_IN_A_LINE}]*[^\s{_NOT_IN_A_LINE}][^{_NOT_IN_A_LINE}]*$"
"""Something to read, and nothing that breaks a line, drives a terminal or turns text around; in any dialect of patterns."""


def _whole(value: object) -> object:
    """Return 60 for 60.0, which is the same number in JSON; all else is as strict as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole), Field(strict=True)]
"""A whole number, and no text that looks like one."""


class DegradedDocument(BaseModel):
    """Why a tunnel that is up could not be dialled again, were it lost now."""

    since: datetime
    reason: Reason
    summary: str = Field(description="The same in words for people.")

    @classmethod
    def of(cls, status: Degraded) -> "DegradedDocument":
        """Return the document for what is known of it."""
        return cls(
            since=moment(status.since), reason=status.reason, summary=degraded(status.reason)
        )


class NotebookDocument(BaseModel):
    """A notebook, and how it stands; its token is never told."""

    name: NotebookName
    url: str
    owner: MemberName | None
    level: Level | None = Field(description="How much of it is yours.")
    state: NotebookState
    summary: str = Field(description="The state in words for people.")
    since: datetime
    reason: Reason | None = Field(description="Why it is not ready.")
    detail: str = Field(description="The reason in a sentence; empty when all is well.")
    degraded: DegradedDocument | None = Field(
        description="Set while it can be used, and its tunnel could not be dialled again."
    )
    kind: Kind | None = Field(description="What it turned out to be; known when it is ready.")
    version: str | None
    scheme: Scheme | None
    base_url: str | None
    token_origin: TokenOrigin | None

    @classmethod
    def of(cls, view: NotebookView) -> "NotebookDocument":
        """Return the document for a notebook as a member sees it."""
        status = view.status
        upstream = status.upstream if view.ready else None
        return cls(
            name=view.name,
            url=view.url,
            owner=view.notebook.owner,
            level=view.level,
            state=status.state,
            summary=view.summary,
            since=moment(status.since),
            reason=status.reason,
            detail=status.detail,
            degraded=view.degraded and DegradedDocument.of(view.degraded),
            kind=upstream and upstream.kind,
            version=upstream and upstream.version,
            scheme=upstream and upstream.scheme,
            base_url=upstream and upstream.base_path.decode("latin-1"),
            token_origin=upstream and upstream.token_origin,
        )


class TunnelCredentialDocument(BaseModel):
    """What a tunnel's login proves itself with."""

    kind: str = Field(description="As in `certificate`.")
    name: str = Field(
        description="A key's fingerprint, a certificate's identity, a ticket's principal."
    )
    expires_at: datetime | None = Field(description="Null is never.")

    @classmethod
    def of(cls, status: CredentialStatus) -> "TunnelCredentialDocument":
        """Return the document for a tunnel's credential."""
        return cls(kind=status.kind, name=status.name, expires_at=maybe(status.expires_at))


class FindingDocument(BaseModel):
    """What one hop on the way to a notebook showed, or one right of the gateway's credential."""

    step: str = Field(description="The hop, or the right.")
    place: str = Field(description="The remote or notebook that it is of.")
    outcome: Outcome
    tried: str
    found: str
    milliseconds: float | None
    reason: Reason | None
    wrong: str | None = Field(description="One sentence that says what is wrong.")
    fix: str | None = Field(description="One sentence that says what to do.")


class DiagnosisDocument(BaseModel):
    """The way to a notebook, hop by hop; nothing is claimed of what lies behind the hop that fails."""

    notebook: NotebookName
    at: datetime
    outcome: Outcome = Field(description="The worst of all.")
    timed_out: bool = Field(description="Whether it fails for want of an answer.")
    findings: list[FindingDocument] = Field(description="Every hop, in its order.")
    rights: list[FindingDocument] = Field(
        description="What the gateway's credential may do beside; told to administrators alone."
    )

    @classmethod
    def of(cls, diagnosis: Diagnosis) -> "DiagnosisDocument":
        """Return the document for a diagnosis."""
        return cls.model_validate(diagnosis.document)


class TunnelDocument(BaseModel):
    """A tunnel, and how it stands."""

    name: str = Field(description="Login and remote, as in `alice@lab`.")
    remote: RemoteName
    login: LoginName
    state: TunnelState
    since: datetime
    reason: Reason | None
    detail: str
    degraded: DegradedDocument | None = Field(
        description="Set while it is up, and could not be dialled again."
    )
    credential: TunnelCredentialDocument | None = Field(description="Told to administrators.")

    @classmethod
    def of(cls, status: TunnelStatus, member: Member) -> "TunnelDocument":
        """Return the document for a tunnel, as ``member`` may see it."""
        credential = status.credential if member.admin else None
        return cls(
            name=str(status.id),
            remote=status.id.remote,
            login=status.id.login,
            state=status.state,
            since=moment(status.since),
            reason=status.reason,
            detail=status.detail,
            degraded=status.degraded and DegradedDocument.of(status.degraded),
            credential=credential and TunnelCredentialDocument.of(credential),
        )


class CredentialDocument(BaseModel):
    """What the request was made with."""

    id: CredentialId
    kind: CredentialKind
    expires_at: datetime | None


class MemberDocument(BaseModel):
    """Who you are."""

    name: MemberName
    full_name: str
    email: str
    groups: list[GroupName]
    admin: bool
    credential: CredentialDocument

    @classmethod
    def of(cls, visitor: Visitor) -> "MemberDocument":
        """Return the document for whoever asks."""
        member, identity = visitor.member, visitor.identity
        return cls(
            name=member.name,
            full_name=member.full_name,
            email=member.email,
            groups=sorted(member.groups),
            admin=member.admin,
            credential=CredentialDocument(
                id=identity.credential, kind=identity.kind, expires_at=maybe(identity.expires_at)
            ),
        )


class TokenDocument(BaseModel):
    """One of your API tokens."""

    id: CredentialId
    label: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None

    @classmethod
    def of(cls, row: TokenRow) -> "TokenDocument":
        """Return the document for a token that the store lists."""
        return cls(
            id=row.credential,
            label=row.label,
            created_at=moment(row.created_at),
            expires_at=maybe(row.expires_at),
            used_at=maybe(row.used_at),
        )


class NewTokenDocument(TokenDocument):
    """A token just made: the only time that it is told."""

    token: str


class TokenWish(BaseModel):
    """A token that you would like to have."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ONE_LINE)]
    lifetime_seconds: Whole = Field(default=90 * DAY_SECONDS, ge=60, le=366 * DAY_SECONDS)


class WrongField(BaseModel):
    """What of a request is not as it should be; its value is not told, for it may be a secret."""

    field: str
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[WrongField] = Field(
        default=[], description="Told with 422 where fields are wrong."
    )


def moment(seconds: float) -> datetime:
    """Return the moment so many seconds after the epoch, as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, UTC)


def maybe(seconds: float | None) -> datetime | None:
    """Return the moment; None where there is none, or where it never comes."""
    return None if seconds is None or math.isinf(seconds) else moment(seconds)
