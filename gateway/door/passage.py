"""What a head becomes on its way through: the core's policy, or nothing for the control plane."""

from gateway.core.head import RequestHead, ResponseHead
from gateway.core.passing import to_notebook
from gateway.core.returning import from_notebook
from gateway.core.rewriting import rewriting
from gateway.core.upstream import Upstream
from gateway.core.viewing import View
from gateway.core.viewing_rooms import sealed_ticket
from gateway.door.decision import ToControl, ToNotebook
from gateway.door.reply import Rewrite
from gateway.door.writing import without


def outgoing(
    plan: ToControl | ToNotebook, head: RequestHead, upstream: Upstream | None
) -> RequestHead:
    """Return ``head`` as it goes to the upstream."""
    if isinstance(plan, ToControl) or upstream is None:
        return plan.head if isinstance(plan, ToControl) else head
    if plan.viewing is not None:
        # What a viewer is shown may be changed on its way, and so must not come compressed.
        plain = without(head.headers, b"accept-encoding")
        head = RequestHead(head.method, head.target, plain, head.minor)
    return to_notebook(head, plan.place, upstream, plan.client, target=plan.target)


def returning(
    plan: ToControl | ToNotebook,
    head: ResponseHead,
    upstream: Upstream | None,
    *,
    secure: bool,
) -> ResponseHead:
    """Return ``head`` as it goes to the client."""
    if isinstance(plan, ToControl) or upstream is None:
        return head
    return from_notebook(head, plan.place, upstream, secure=secure)


def rewrite_of(
    plan: ToControl | ToNotebook, response: ResponseHead, upstream: Upstream | None
) -> Rewrite | None:
    """Return how the body of ``response`` must be rewritten; None streams it untouched."""
    if isinstance(plan, ToControl) or upstream is None:
        return None
    if plan.viewing is None:
        return rewriting(response, plan.place, upstream)
    if plan.viewing.view is View.ROOM_TICKET:
        path, key = plan.target.partition(b"?")[0], plan.viewing.seal_key
        return lambda body: sealed_ticket(body, path, key)
    return rewriting(response, plan.place, upstream, viewed=True)
