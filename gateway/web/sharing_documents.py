"""What the REST API says and takes about sharing, as documents."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from gateway.core.grants import Level
from gateway.core.names import MemberName, NotebookName
from gateway.core.sharing import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    USUAL_SECONDS,
    LinkId,
    Share,
    ShareId,
    ShareLink,
)
from gateway.core.visits import PastVisit
from gateway.web.documents import Whole, moment
from gateway.web.giving import Access


class ShareDocument(BaseModel):
    """A grant that ends by itself."""

    id: ShareId
    notebook: NotebookName
    to: str = Field(description="Whom it names: `bob`, or `group:lab`.")
    level: Level
    granted_by: MemberName
    created_at: datetime
    expires_at: datetime
    link: LinkId | None = Field(description="The link that it came by.")

    @classmethod
    def of(cls, share: Share) -> "ShareDocument":
        """Return the document for a share."""
        return cls(
            id=share.id,
            notebook=share.notebook,
            to=share.to,
            level=share.level,
            granted_by=share.granted_by,
            created_at=moment(share.created_at),
            expires_at=moment(share.expires_at),
            link=share.link,
        )


class LinkDocument(BaseModel):
    """A link that gives a share to whoever opens it and logs in."""

    id: LinkId
    notebook: NotebookName
    level: Level
    granted_by: MemberName
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, link: ShareLink) -> "LinkDocument":
        """Return the document for a link."""
        return cls(
            id=link.id,
            notebook=link.notebook,
            level=link.level,
            granted_by=link.granted_by,
            created_at=moment(link.created_at),
            expires_at=moment(link.expires_at),
        )


class NewLinkDocument(LinkDocument):
    """A link just made: the only time that its address is told."""

    url: str


class DeclaredDocument(BaseModel):
    """A grant of the configuration, which no click takes back."""

    to: str
    level: Level


class PresentDocument(BaseModel):
    """Somebody who is in the notebook now."""

    member: MemberName
    level: Level
    since: datetime


class VisitDocument(BaseModel):
    """One time that a member was in the notebook."""

    member: str
    level: Level
    address: str
    since: datetime
    seconds: float | None = Field(
        description="How long it was; null while it goes on, or where that was never written down."
    )

    @classmethod
    def of(cls, visit: PastVisit) -> "VisitDocument":
        """Return the document for a visit."""
        return cls(
            member=visit.member,
            level=visit.level,
            address=visit.address,
            since=moment(visit.since),
            seconds=visit.seconds,
        )


class AskDocument(BaseModel):
    """Somebody who would like to be let in."""

    member: MemberName
    asked_at: datetime


class AccessDocument(BaseModel):
    """Who may open a notebook, who is in it, and who would like to be."""

    notebook: NotebookName
    owner: MemberName | None
    declared: list[DeclaredDocument]
    shares: list[ShareDocument]
    links: list[LinkDocument]
    present: list[PresentDocument]
    asks: list[AskDocument]
    askable: bool = Field(description="Whether members may ask.")

    @classmethod
    def of(cls, access: Access, now: float) -> "AccessDocument":
        """Return the document for what its owner may know."""
        return cls(
            notebook=access.notebook.name,
            owner=access.notebook.owner,
            declared=[DeclaredDocument(to=one.to, level=one.level) for one in access.declared],
            shares=[ShareDocument.of(one) for one in access.shares],
            links=[LinkDocument.of(one) for one in access.links],
            present=[
                PresentDocument(member=one.member, level=one.level, since=moment(now - one.seconds))
                for one in access.present
            ],
            asks=[AskDocument(member=a.member, asked_at=moment(a.asked_at)) for a in access.asks],
            askable=access.askable,
        )


class LinkWish(BaseModel):
    """A link that you would like to have."""

    model_config = ConfigDict(extra="forbid")

    level: Level = Level.VIEW
    lifetime_seconds: Whole = Field(
        default=int(USUAL_SECONDS), ge=int(SHORTEST_SECONDS), le=int(LONGEST_SECONDS)
    )


class ShareWish(LinkWish):
    """A share that you would like to give."""

    to: str = Field(max_length=80, description="Whom: `bob`, or `group:lab`.")


class AskingWish(BaseModel):
    """Whether members may ask."""

    model_config = ConfigDict(extra="forbid")

    askable: StrictBool
