"""The REST API's part about sessions: where you are logged in, and an end to it."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from gateway.core.identity import CredentialId, Means
from gateway.web.api import API, json_only, missing, refusals
from gateway.web.documents import moment
from gateway.web.listed import SessionRow
from gateway.web.sessions import end_other_sessions, end_session, sessions_of
from gateway.web.site import GivenSite
from gateway.web.visitor import Caller, on_main_host

router: Final = APIRouter(
    prefix=f"{API}/me/sessions",
    dependencies=[Depends(on_main_host), Depends(json_only)],
    responses=refusals,
)


class SessionDocument(BaseModel):
    """One of your log-ins."""

    id: CredentialId
    device: str
    address: str
    means: Means | None = Field(
        description="What it was logged in with; null where that was not noted."
    )
    created_at: datetime
    used_at: datetime
    expires_at: datetime = Field(description="When it ends, even in use.")
    this: bool = Field(description="Whether it is the one that asks.")

    @classmethod
    def of(cls, row: SessionRow, *, asking: CredentialId) -> "SessionDocument":
        """Return the document for a session that the store lists."""
        return cls(
            id=row.credential,
            device=row.device,
            address=row.address,
            means=row.means,
            created_at=moment(row.created_at),
            used_at=moment(row.used_at),
            expires_at=moment(row.expires_at),
            this=row.credential == asking,
        )


@router.get("")
async def list_sessions(site: GivenSite, visitor: Caller) -> list[SessionDocument]:
    """List your log-ins, oldest first."""
    asking = visitor.identity.credential
    return [SessionDocument.of(row, asking=asking) for row in await sessions_of(site, visitor)]


@router.delete("", status_code=204)
async def end_others(site: GivenSite, visitor: Caller) -> Response:
    """End all your log-ins but the one that asks; what is open in their name is closed within a second."""
    await end_other_sessions(site, visitor)
    return Response(status_code=204)


@router.delete("/{credential}", status_code=204, responses=missing)
async def end_one(site: GivenSite, visitor: Caller, credential: CredentialId) -> Response:
    """End one of your log-ins; what is open in its name is closed within a second."""
    await end_session(site, visitor, credential)
    return Response(status_code=204)
