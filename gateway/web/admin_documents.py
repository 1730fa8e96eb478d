"""What the REST API says to administrators, as documents."""

from datetime import datetime

from pydantic import BaseModel, Field

from gateway.core.audit import Act, Line
from gateway.core.granted import Granted
from gateway.core.grants import Level
from gateway.core.identity import CredentialId
from gateway.core.names import GroupName, MemberName, NotebookName
from gateway.web.administering import Standing
from gateway.web.documents import TokenDocument, maybe, moment
from gateway.web.listed import MemberSession, MemberToken


class StandingDocument(BaseModel):
    """A member, and how they stand."""

    name: MemberName
    full_name: str
    email: str
    groups: list[GroupName]
    admin: bool
    disabled: bool = Field(description="Whether they are let in no more.")
    has_password: bool
    last_login_at: datetime | None
    invited_until: datetime | None = Field(description="When the invite that waits for them ends.")
    sessions: int = Field(description="How many browsers are logged in.")
    tokens: int = Field(description="How many API tokens are good.")

    @classmethod
    def of(cls, standing: Standing) -> "StandingDocument":
        """Return the document for how a member stands."""
        member = standing.member
        return cls(
            name=member.name,
            full_name=member.full_name,
            email=member.email,
            groups=sorted(member.groups),
            admin=member.admin,
            disabled=standing.disabled,
            has_password=standing.has_password,
            last_login_at=maybe(standing.last_login_at),
            invited_until=maybe(standing.invited_until),
            sessions=len(standing.sessions),
            tokens=len(standing.tokens),
        )


class InviteDocument(BaseModel):
    """An invite just made: the only time that its address is told."""

    url: str
    expires_at: datetime


class MemberSessionDocument(BaseModel):
    """One browser's log-in; what it opened of notebooks' own hosts ends with it."""

    id: CredentialId
    member: MemberName
    created_at: datetime
    used_at: datetime
    address: str
    device: str

    @classmethod
    def of(cls, row: MemberSession) -> "MemberSessionDocument":
        """Return the document for a session."""
        return cls(
            id=row.credential,
            member=row.member,
            created_at=moment(row.created_at),
            used_at=moment(row.used_at),
            address=row.address,
            device=row.device,
        )


class MemberTokenDocument(TokenDocument):
    """A member's API token."""

    member: MemberName

    @classmethod
    def of_member(cls, row: MemberToken) -> "MemberTokenDocument":
        """Return the document for a token, with whose it is."""
        return cls(**TokenDocument.of(row).model_dump(), member=row.member)


class GrantDocument(BaseModel):
    """A grant: of the configuration, or given by an owner."""

    notebook: NotebookName
    to: str = Field(description="Whom: `bob`, `group:lab`, or `whoever has the link`.")
    level: Level
    id: str | None = Field(
        description="What to take back; null is what only the configuration takes back."
    )
    granted_by: MemberName | None = Field(description="Null is the configuration.")
    expires_at: datetime | None = Field(description="Null is never.")
    by_link: bool = Field(description="Whether it came by a link.")
    counts: bool = Field(
        description="Whether it lets anybody in: not while who gave it, or has it, is disabled."
    )

    @classmethod
    def of(cls, one: Granted) -> "GrantDocument":
        """Return the document for a grant."""
        return cls(
            notebook=one.notebook,
            to=one.to,
            level=one.level,
            id=one.id,
            granted_by=one.granted_by,
            expires_at=maybe(one.expires_at),
            by_link=one.by_link,
            counts=one.counts,
        )


class AuditLineDocument(BaseModel):
    """A line of the audit log."""

    number: int
    at: datetime
    act: Act
    actor: str = Field(description="Who did it: a member, or how the gateway was told to.")
    notebook: str
    subject: str = Field(description="Whom or what it was done to.")
    address: str
    detail: str
    digest: str

    @classmethod
    def of(cls, line: Line) -> "AuditLineDocument":
        """Return the document for a line."""
        entry = line.entry
        return cls(
            number=line.number,
            at=moment(entry.at),
            act=entry.act,
            actor=entry.actor,
            notebook=entry.notebook,
            subject=entry.subject,
            address=entry.address,
            detail=entry.detail,
            digest=line.digest,
        )


class ConfigurationDocument(BaseModel):
    """The configuration in effect, defaults filled in; never a secret."""

    yaml: str = Field(description="Each line says where its value was written.")
    problems: list[str] = Field(
        description="What is wrong with the newest file, which then is not in effect."
    )
