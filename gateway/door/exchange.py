"""One request's way: to the upstream that was decided on, and its answer's way back."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Final, Protocol

from gateway.core.browser import from_open_page
from gateway.core.framing import Body, BodyKind, keeps_alive
from gateway.core.head import RequestHead, ResponseHead
from gateway.core.inventory import Limits
from gateway.core.viewing import UNJUDGED, View
from gateway.door import access
from gateway.door.answers import Answer, page, problem
from gateway.door.apology import apology
from gateway.door.decision import Decider, Plan, ToControl, ToNotebook
from gateway.door.intake import Intake
from gateway.door.ledger import Ledger
from gateway.door.passage import outgoing, returning, rewrite_of
from gateway.door.reach import Reach
from gateway.door.reply import ReadOnlyReply, Reply
from gateway.door.splice import FarEnd, Splice, SplicedClient
from gateway.door.upstream import UpstreamLeg
from gateway.door.viewed import Nowhere, agreed, splice_for
from gateway.door.writing import request_bytes
from gateway.errors import (
    Reason,
    TunnelDown,
    UpstreamError,
    UpstreamLost,
    UpstreamMalformed,
    UpstreamTimedOut,
)

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = 2
CLIENT_GONE: Final = 499
"""Logged for a client that did not wait, as nginx does."""
SUSPICIOUS: Final = frozenset({302, 403})
"""What Jupyter answers when it does not know its token any more."""
IDEMPOTENT: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"TRACE"})
"""May be sent again if the first try was lost (RFC 9110, section 9.2.2)."""
BAD_PAGES: Final = {UpstreamMalformed: 502, UpstreamTimedOut: 504}
"""What a page load is told when a notebook that was reached does not answer as it should."""


class Inside(Protocol):
    """What an exchange needs of the door."""

    decider: Decider
    reach: Reach
    ledger: Ledger
    draining: bool

    @property
    def limits(self) -> Limits:
        """Return what one client may take."""

    @property
    def now(self) -> Callable[[], float]:
        """Return the clock; it is the loop's, too (CLOCK_MONOTONIC)."""

    def start(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Start a task that lives no longer than the door."""


class ClientSide(SplicedClient, Protocol):
    """What an exchange needs of the client's leg."""

    def reset(self) -> None:
        """Close at once, so that the client can't take the answer so far for a whole one."""

    def progressed(self) -> None:
        """Take note that the exchange moves on."""

    def exchange_over(self, *, keep: bool) -> None:
        """Go on with the next request, or close."""

    def spliced(self, splice: Splice) -> bytes:
        """Pass all bytes to ``splice`` from now on; return those that came early."""


class Exchange:
    """A request under way; it ends exactly once, by ``_over``."""

    __slots__ = (
        "_body", "_client", "_door", "_head", "_intake", "_leg", "_over_already", "_plan",
        "_repeated", "_reply", "_sent", "_started", "_task", "upgrade",
    )  # fmt: skip

    def __init__(
        self, door: Inside, client: ClientSide, head: RequestHead, body: Body, *, upgrade: bool
    ) -> None:
        self.upgrade = upgrade
        """Whether the client asks for a WebSocket."""
        self._door = door
        self._client = client
        self._head = head
        self._body = body
        self._plan: Plan | None = None
        self._sent = head
        self._reply = Reply(client, head)
        self._leg: UpstreamLeg | None = None
        self._task: asyncio.Task[None] | None = None
        self._intake = Intake(body, client.pause)
        self._repeated = self._over_already = False
        self._started = door.now()

    @property
    def request_whole(self) -> bool:
        """Whether the client has sent all of its request."""
        return self._intake.whole

    @property
    def answered(self) -> bool:
        """Whether the client has seen any of the answer."""
        return self._reply.begun

    # What the client's leg calls.

    def begin(self, plan: Plan) -> None:
        """Go the way that was decided on."""
        self._plan = plan
        if isinstance(plan, Answer):
            self.answer(plan)
            return
        if isinstance(plan, ToControl):
            self.upgrade = False
        else:
            ledger, member = self._door.ledger, plan.identity.member
            if ledger.count(member) >= self._door.limits.connections_per_member:
                self.answer(problem(429, "you have too many connections open"))
                return
            ledger.enter(self, plan)
            if plan.viewing is not None and self._ends_here(plan):
                return
        repeatable = self._head.method in IDEMPOTENT and self._body.kind is BodyKind.NONE
        leg = self._door.reach.leg_nowait(plan, surely=not repeatable)
        if leg is not None:
            self._ask(plan, leg)
        else:
            self._task = self._door.start(self._reach(plan), "reach upstream")

    def request_content(self, content: bytes) -> None:
        """Take some of the request's body."""
        self._intake.take(content)

    def request_over(self) -> None:
        """Take note that the request's body is whole."""
        self._intake.end()

    def client_full(self, *, full: bool) -> None:
        """Hold the upstream back while the client takes no more."""
        if self._leg is None:
            return
        if full:
            self._leg.pause()
        else:
            self._leg.resume()

    def client_gone(self) -> None:
        """Give up: nobody waits for the answer."""
        self._reply.status = self._reply.status or CLIENT_GONE
        self._over(keep=None)

    def doubt(self) -> None:
        """Have the remote asked for a sign of life: the upstream has been silent for a while."""
        plan = self._plan
        if isinstance(plan, ToNotebook):
            self._door.reach.doubt(plan)

    def timed_out(self) -> None:
        """Give up: the upstream has been silent for too long."""
        plan, silence = self._plan, UpstreamTimedOut(Reason.SILENT_NOTEBOOK, "it says nothing")
        if self._leg is not None:
            self.upstream_failed(silence)
        elif self._task is not None and isinstance(plan, ToControl | ToNotebook):
            self._task.cancel()
            self._task = None
            self._apologise(plan, silence)

    def end(self) -> None:
        """End now: what allowed it no longer does."""
        plan = self._plan
        if self.answered:
            self._client.abort()
        elif isinstance(plan, ToNotebook) and plan.page:
            self.answer(self._door.decider.again(plan))
        else:
            self.answer(problem(424, "your log-in or your grant has ended"))

    def answer(self, answer: Answer) -> None:
        """Answer in place of an upstream."""
        secure = self._door.decider.secure
        self._reply.give(answer, keep=self._keeps_client(), secure=secure)
        self._over(keep=self._reply.keep)

    # What the upstream's leg calls.

    def interim(self, head: ResponseHead) -> None:
        """Pass an interim answer on."""
        self._reply.interim(head)

    def switched(self, head: ResponseHead, early: bytes) -> None:
        """Join the two sides: the upstream agreed to speak WebSocket."""
        leg, self._leg, plan = self._leg, None, self._plan
        if leg is None or not isinstance(plan, ToNotebook):
            return
        self._reply.switch(self._returning(plan, head, leg))
        self._join(plan, leg, early)

    def _join(self, plan: ToNotebook, leg: FarEnd, early: bytes) -> None:
        splice = splice_for(plan.viewing, self._head, self._client, leg, self._splice_over)
        early_client = self._client.spliced(splice)
        self._door.ledger.leave(self)
        self._door.ledger.enter(splice, plan)
        splice.begin(early_client, early)

    def response(self, head: ResponseHead, body: Body) -> None:
        """Pass the answer's head on, unless its page must be held and rewritten first."""
        leg, plan = self._leg, self._plan
        if leg is None or plan is None or isinstance(plan, Answer):
            return
        if head.status in SUSPICIOUS and leg.upstream is not None and leg.upstream.token:
            self._door.reach.suspect(plan)
        rewrite = rewrite_of(plan, head, leg.upstream)
        returned = self._returning(plan, head, leg)
        self._reply.begin(returned, body, rewrite=rewrite, keep=self._keeps_client())

    def content(self, content: bytes) -> None:
        """Pass some of the answer's body on."""
        if self._reply.begun:  # else the head has come just now
            self._client.progressed()
        self._reply.content(content)

    def flush(self) -> None:
        """Hold nothing back: no more comes for now."""
        if not self._over_already:
            self._client.progressed()
            self._reply.flush()

    def response_over(self, *, reusable: bool) -> None:
        """Finish the answer, and keep the connection if it is still good for another."""
        self._reply.finish()
        leg, self._leg, plan = self._leg, None, self._plan
        if leg is not None and plan is not None and not isinstance(plan, Answer):
            if reusable and self.request_whole:
                self._door.reach.keep(plan, leg)
            else:
                leg.abort()
        self._over(keep=self._reply.keep and self.request_whole)

    def upstream_failed(self, failure: UpstreamError) -> None:
        """Try once more if that is safe, else apologise, or break the answer off where it stands."""
        leg, plan = self._leg, self._plan
        if leg is None or plan is None or isinstance(plan, Answer):
            return
        self._leg = None
        leg.abort()
        if self.answered:
            log.warning("%s: broke off in the middle of an answer: %s", _name(plan), failure.detail)
            self._client.reset()
        elif self._may_repeat(leg, failure):
            self._repeated = True
            self._task = self._door.start(self._reach(plan), "reach upstream again")
        elif isinstance(plan, ToNotebook) and plan.page and type(failure) in BAD_PAGES:
            self._door.reach.suspect(plan)
            self.answer(page(BAD_PAGES[type(failure)], failure.detail))
        else:
            self._apologise(plan, failure)

    def upstream_full(self, *, full: bool) -> None:
        """Hold the client back while the upstream takes no more."""
        if full:
            self._client.pause()
        else:
            self._client.resume()

    # The way there.

    async def _reach(self, plan: ToControl | ToNotebook) -> None:
        hold, patient = self._door.decider.inventory.server.hold_seconds, from_open_page(self._head)
        try:
            leg = await self._door.reach.leg(
                plan, hold_seconds=hold, upgrade=self.upgrade, patient=patient
            )
        except UpstreamError as failure:
            self._task = None
            self._apologise(plan, failure)
            return
        except Exception:
            self._task = None
            self._client.abort()  # a bug must not leave the client waiting
            raise
        self._task = None
        if isinstance(plan, ToNotebook) and not self._door.decider.holds(plan):
            leg.abort()  # what let it through has ended while it was held
            self.end()
        else:
            self._ask(plan, leg)

    def _ask(self, plan: ToControl | ToNotebook, leg: UpstreamLeg) -> None:
        if isinstance(plan, ToNotebook) and plan.viewing is UNJUDGED:
            # A viewer's request was held until now, when it is known what may be asked of the notebook.
            self._door.reach.keep(plan, leg)
            self._door.ledger.leave(self)
            self.begin(self._door.decider.judged(plan, self._head, leg.upstream))
            return
        self._leg = leg
        self._sent = outgoing(plan, self._head, leg.upstream)
        substitute = isinstance(plan, ToControl) and plan.substitute
        body = Body(BodyKind.NONE, 0) if substitute else self._body
        wire = request_bytes(self._sent, body, upgrade=self.upgrade)
        if not leg.ask(self, self._sent.method, wire):
            self.upstream_failed(UpstreamLost(Reason.HUNG_UP, "the notebook hung up"))
            return
        if substitute:
            self._intake.drop()
        elif body.kind is not BodyKind.NONE:
            self._intake.flow_to(leg)
        self._client.resume()

    def _may_repeat(self, leg: UpstreamLeg, failure: UpstreamError) -> bool:
        """Say whether a loss may be chance, and the first try can have had no effect that counts."""
        stale = leg.reused and isinstance(failure, UpstreamLost)
        return (
            (stale or isinstance(failure, TunnelDown))
            and self._reply.untouched
            and not leg.answering
            and self._head.method in IDEMPOTENT
            and not (self._intake.passed or self._repeated)
        )

    def _ends_here(self, plan: ToNotebook) -> bool:
        """Prepare for a viewer; return whether that was all: a kernel's socket goes no further."""
        view = None if plan.viewing is None else plan.viewing.view
        if view is View.CONTENTS:
            self._reply = ReadOnlyReply(self._client, self._head)
        if view is not View.KERNEL:
            return False
        self._reply.switch(agreed(self._head))
        self._join(plan, Nowhere(), b"")
        return True

    # The way back.

    def _returning(
        self, plan: ToControl | ToNotebook, head: ResponseHead, leg: UpstreamLeg
    ) -> ResponseHead:
        return returning(plan, head, leg.upstream, secure=self._door.decider.secure)

    def _keeps_client(self) -> bool:
        return self.request_whole and not self._door.draining and keeps_alive(self._head)

    def _apologise(self, plan: ToControl | ToNotebook, failure: UpstreamError) -> None:
        """Answer for an upstream that can't; a page load gets the page that waits for it."""
        log.info("%s: %s", _name(plan), failure.detail)
        self._door.reach.suspect(plan)
        if isinstance(plan, ToControl):
            self.answer(problem(503, failure.detail, retry_after_seconds=RETRY_AFTER_SECONDS))
        elif plan.page:
            self._door.ledger.leave(self)
            self.begin(self._door.decider.waiting(self._head, plan, failure.reason))
        else:
            self.answer(apology(self._door.reach.outage(plan, failure.reason)))

    # The end.

    def _over(self, *, keep: bool | None) -> None:
        """Let go of everything; with ``keep`` None the client is gone already."""
        if self._over_already:
            return
        self._over_already = True
        self._intake.drop()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._leg is not None:
            self._leg.abort()
            self._leg = None
        self._door.ledger.leave(self)
        self._log()
        if keep is not None:
            self._client.exchange_over(keep=keep)

    def _splice_over(self, splice: Splice, bytes_out: int) -> None:
        self._reply.bytes_out = bytes_out
        self._door.ledger.leave(splice)
        self._log()

    def _log(self) -> None:
        if access.wanted():
            seconds = self._door.now() - self._started
            access.write(access.told(self._head, self._plan, self._reply, seconds))


def _name(plan: ToControl | ToNotebook) -> str:
    return plan.place.name if isinstance(plan, ToNotebook) else "the control plane"
