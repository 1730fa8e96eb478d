"""What a member may see of notebooks and tunnels: one way for pages and API to ask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.core.advice import advise
from gateway.core.diagnosis import Advice
from gateway.core.expiry import Stage, stage, told
from gateway.core.grants import Level, level_of
from gateway.core.hop import hop_of
from gateway.core.inventory import Inventory, Member, Notebook
from gateway.core.names import MemberName, NotebookName
from gateway.core.notebook_advice import start_command
from gateway.core.outage import Outage, outage_of
from gateway.core.sayings import because
from gateway.core.sharing import may_grant
from gateway.core.situation import Situation
from gateway.core.status import Degraded, NotebookState, NotebookStatus, TunnelStatus
from gateway.errors import Reason, RequestInvalid
from gateway.web.site import Site
from gateway.web.words import ASLEEP, summary


@dataclass(frozen=True, slots=True)
class NotebookView:
    """A notebook, how it stands, and how much of it is the member's."""

    notebook: Notebook
    level: Level | None
    owner: Member | None
    status: NotebookStatus
    url: str
    seconds: float
    """How long it has stood so."""
    shareable: bool = False
    """Whether the member may share it."""
    asks: int = 0
    """How many members ask for it; to tell only whoever may share it."""
    inspectable: bool = False
    """Whether the member may look behind it."""
    advice: Advice | None = None
    """What is wrong and what to do; for those who may look behind it."""
    degraded: Degraded | None = None
    """Why its tunnel, which is up, could not be dialled again."""

    @property
    def name(self) -> NotebookName:
        """What it goes by."""
        return self.notebook.name

    @property
    def state(self) -> NotebookState:
        """Where it stands."""
        return self.status.state

    @property
    def summary(self) -> str:
        """Where it stands, in words."""
        return ASLEEP if self.asleep else summary(self.status.state)

    @property
    def because(self) -> str:
        """Why, in a sentence; empty when all is well."""
        return because(self.status.reason)

    @property
    def hop(self) -> str:
        """Where the way to it ends; empty when all is well."""
        return "" if self.status.reason is None else hop_of(self.status.reason).value

    @property
    def outage(self) -> Outage:
        """What keeps it from being opened; asked only when something does."""
        return outage_of(self.status, self.status.since + self.seconds)

    @property
    def comes_back(self) -> bool:
        """Whether nobody needs to do anything."""
        return self.state in {NotebookState.STARTING, NotebookState.RECONNECTING}

    @property
    def asleep(self) -> bool:
        """Whether its tunnel sleeps, and opening it wakes it."""
        return self.status.reason is Reason.ASLEEP

    @property
    def look(self) -> str:
        """What its state looks like on a page."""
        return "asleep" if self.asleep else self.state

    @property
    def opens(self) -> bool:
        """Whether the member may open it, if only to look."""
        return self.level is not None

    @property
    def view_only(self) -> bool:
        """Whether the member may look at it and no more."""
        return self.level is Level.VIEW

    @property
    def ready(self) -> bool:
        """Whether it can be opened now."""
        return self.state is NotebookState.READY

    @property
    def at_hand(self) -> bool:
        """Whether opening it shows it, at once or after a moment."""
        return self.ready or self.asleep

    @property
    def command(self) -> str:
        """What its owner types to start it."""
        return start_command(self.notebook)


def as_met(view: NotebookView, seen: Reason) -> NotebookView:
    """Return ``view`` as a request that has met ``seen`` found it; the prober may not know yet."""
    outage = outage_of(view.status, view.status.since + view.seconds, seen=seen)
    status = replace(
        view.status, state=outage.state, reason=outage.reason, since=outage.since, upstream=None
    )
    return replace(view, status=status, seconds=view.status.since + view.seconds - outage.since)


def views_for(site: Site, member: MemberName) -> tuple[NotebookView, ...]:
    """Return the notebooks that the member may open: the member's own first, then by name."""
    views = (_view(site, n, member) for n in site.inventory().notebooks.values())
    mine = [view for view in views if view.opens]
    return tuple(sorted(mine, key=lambda v: (v.notebook.owner != member, v.name)))


def view_for(site: Site, member: MemberName, name: NotebookName) -> NotebookView | None:
    """Return a notebook that the member may open; None when there is none, or none for them."""
    notebook = site.inventory().notebooks.get(name)
    view = None if notebook is None else _view(site, notebook, member)
    return view if view is not None and view.opens else None


def all_views(site: Site, member: MemberName) -> tuple[NotebookView, ...]:
    """Return every notebook, for an administrator."""
    notebooks = sorted(site.inventory().notebooks.values(), key=lambda n: n.name)
    return tuple(_view(site, n, member) for n in notebooks)


def may_look_behind(member: Member, notebook: Notebook) -> bool:
    """Say whether a member may learn how a notebook is reached: those may who can mend it."""
    return member.admin or notebook.owner == member.name


def looked_behind(site: Site, member: Member, name: NotebookName) -> Notebook:
    """Return the notebook behind which a member wants to look; raise RequestInvalid where they may not."""
    notebook = site.inventory().notebooks.get(name)
    if notebook is not None and may_look_behind(member, notebook):
        return notebook
    if view_for(site, member.name, name) is None:
        raise RequestInvalid(404, "there is no such notebook, or it is not yours to open")
    raise RequestInvalid(403, "only its owner and administrators may look behind it")


def tunnels_for(site: Site, member: Member) -> tuple[TunnelStatus, ...]:
    """Return the tunnels of the notebooks that the member may open; an administrator's are all."""
    statuses = sorted(site.notebooks.tunnel_statuses(), key=lambda status: str(status.id))
    if member.admin:
        return tuple(statuses)
    mine = {view.notebook.tunnel for view in views_for(site, member.name)}
    return tuple(status for status in statuses if status.id in mine)


@dataclass(frozen=True, slots=True)
class CredentialView:
    """What a tunnel's login proves itself with, in words, and whether it is to be renewed now."""

    words: str
    due: bool


def credential_for(member: Member, tunnel: TunnelStatus, now: float) -> CredentialView | None:
    """Return what an administrator may see of a tunnel's credential; None for others."""
    credential = tunnel.credential
    if credential is None or not member.admin:
        return None
    return CredentialView(told(credential, now), stage(credential, now) is not Stage.FINE)


def administrators(site: Site) -> Sequence[Member]:
    """Return whom to ask when only a person can help."""
    return [member for member in site.inventory().members.values() if member.admin]


def _view(site: Site, notebook: Notebook, member: MemberName) -> NotebookView:
    inventory, now = site.inventory(), site.clock()
    status, asking = site.notebooks.status(notebook.name), inventory.members.get(member)
    if status is None:  # declared a moment ago
        status = NotebookStatus(notebook.name, NotebookState.STARTING, now)
    return NotebookView(
        notebook=notebook,
        level=level_of(inventory, member, notebook.name),
        owner=None if notebook.owner is None else inventory.members.get(notebook.owner),
        status=status,
        url=site.notebook_url(notebook.name),
        seconds=max(0.0, now - status.since),
        shareable=may_grant(inventory, member, notebook.name),
        asks=sum(ask.notebook == notebook.name for ask in site.sharing.shared().asks),
        inspectable=asking is not None and may_look_behind(asking, notebook),
        advice=_advice(inventory, notebook, status),
        degraded=site.notebooks.degraded(notebook.name) if status.upstream else None,
    )


def _advice(inventory: Inventory, notebook: Notebook, status: NotebookStatus) -> Advice | None:
    remote = inventory.remotes.get(notebook.remote)
    if status.reason is None or remote is None:
        return None
    return advise(status.reason, Situation(notebook, remote, notebook.login))
