"""Who at the provider is which member here; written into the inventory that members are judged by.

A person is known by issuer and subject, never by a name or an address, which others may be given (threats D9,
D10). A name that the configuration gives is the configuration's: whoever was admitted under it before is out,
and until all that was theirs has ended, nobody goes by it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum, auto

from gateway.core.inventory import Inventory, Member, Oidc
from gateway.core.names import GroupName, MemberName, is_name
from gateway.core.provider_answer import Arrival
from gateway.errors import AdmissionRefused, Hindrance


class Origin(StrEnum):
    """How somebody at the provider came to be a member here."""

    CONFIGURED = auto()  # the configuration names their subject
    LINKED = auto()  # the member said so, logged in or with an invite
    ADMITTED = auto()  # a group of theirs is admitted


@dataclass(frozen=True, slots=True)
class Link:
    """A member, as the provider knew them at their last log-in."""

    issuer: str
    subject: str
    member: MemberName
    origin: Origin
    groups: frozenset[GroupName]
    full_name: str
    email: str
    linked_at: float
    """Seconds since the epoch, as all times here."""
    seen_at: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an arrival: how it is kept, if at all, and why it is not let in, if it is not."""

    link: Link | None
    refusal: AdmissionRefused | None = None


def with_links(declared: Inventory, links: Collection[Link]) -> Inventory:
    """Return ``declared`` with those whom the provider brings, and with the groups that it says they are in."""
    if not links:
        return declared
    gone = displaced(declared, links)
    members = {name: one for name, one in declared.members.items() if name not in gone}
    for link in links:
        if member_of(declared, links, link.issuer, link.subject) != link.member:
            continue
        held = members.get(link.member)
        if held is not None:
            members[link.member] = replace(held, groups=held.groups | link.groups)
        elif link.member not in declared.members:
            members[link.member] = Member(link.member, link.full_name, link.email, link.groups)
    return replace(declared, members=members)


def member_of(
    declared: Inventory, links: Iterable[Link], issuer: str, subject: str
) -> MemberName | None:
    """Return who somebody at the provider is here; None is nobody."""
    oidc = declared.auth.oidc
    if oidc is None or oidc.issuer != issuer:
        return None
    for person in declared.members.values():
        if person.subject == subject:
            return person.name
    link = _link_of(links, issuer, subject)
    return link.member if link is not None and _counts(declared, oidc, link) else None


def displaced(declared: Inventory, links: Iterable[Link]) -> frozenset[MemberName]:
    """Return the names under which somebody was admitted whom the configuration now gives to others."""
    return frozenset(_displaced(declared, links))


def verdict(
    declared: Inventory,
    links: Collection[Link],
    arrival: Arrival,
    *,
    taken: Collection[MemberName],
    now: float,
) -> Verdict:
    """Return what becomes of an arrival; ``taken`` are the names of all who ever had an account."""
    known = _link_of(links, arrival.issuer, arrival.subject)
    fresh = known and link_of(arrival, known.member, known.origin, now, known)
    member = member_of(declared, [fresh] if fresh else [], arrival.issuer, arrival.subject)
    if member is not None:
        person = declared.members.get(member)
        configured = person is not None and person.subject == arrival.subject
        origin = Origin.CONFIGURED if configured or known is None else known.origin
        return Verdict(link_of(arrival, member, origin, now, known))
    if known is None or known.origin is Origin.CONFIGURED:
        return _admitted(declared, links, arrival, taken=taken, now=now)
    if known.origin is Origin.LINKED:
        return Verdict(known, AdmissionRefused(Hindrance.GONE, known.member))
    if known.member in declared.members:
        return Verdict(known, AdmissionRefused(Hindrance.NAME_TAKEN, known.member))
    # Kept all the same: what is open still ends by what the provider says now.
    return Verdict(fresh, AdmissionRefused(Hindrance.NOT_ADMITTED, known.member))


def linked(
    declared: Inventory, links: Collection[Link], arrival: Arrival, member: MemberName, now: float
) -> Link:
    """Return the link that ``member`` asks for; raise AdmissionRefused where it can't be."""
    person = declared.members.get(member)
    if person is None:
        raise AdmissionRefused(Hindrance.GONE, member)
    if person.subject is not None:
        if person.subject == arrival.subject:
            return link_of(arrival, member, Origin.CONFIGURED, now)
        raise AdmissionRefused(Hindrance.LINKED_OTHERWISE, member)
    held = _link_of(links, arrival.issuer, arrival.subject)
    others = {one.name for one in declared.members.values() if one.subject == arrival.subject}
    if others or (held is not None and held.member != member):
        raise AdmissionRefused(Hindrance.LINKED_ELSEWHERE, member)
    if any(
        link.member == member
        and link.subject != arrival.subject
        and link.issuer == arrival.issuer
        and link.origin is Origin.LINKED
        for link in links
    ):
        raise AdmissionRefused(Hindrance.LINKED_OTHERWISE, member)
    return link_of(arrival, member, Origin.LINKED, now)


def link_of(
    arrival: Arrival, member: MemberName, origin: Origin, now: float, before: Link | None = None
) -> Link:
    """Return the link to be kept of an arrival."""
    return Link(
        issuer=arrival.issuer,
        subject=arrival.subject,
        member=member,
        origin=origin,
        groups=arrival.groups,
        full_name=arrival.full_name,
        email=arrival.email,
        linked_at=now if before is None else before.linked_at,
        seen_at=now,
    )


def _admitted(
    declared: Inventory,
    links: Collection[Link],
    arrival: Arrival,
    *,
    taken: Collection[MemberName],
    now: float,
) -> Verdict:
    oidc, name = declared.auth.oidc, arrival.name
    if oidc is None or not arrival.groups & oidc.admit:
        return Verdict(None, AdmissionRefused(Hindrance.NOT_ADMITTED))
    if name is None:
        return Verdict(None, AdmissionRefused(Hindrance.NAME_MISSING))
    if not is_name(name):
        return Verdict(None, AdmissionRefused(Hindrance.NAME_INVALID, name[:64]))
    member = MemberName(name)
    names = declared.members.keys() | {link.member for link in links} | set(taken)
    if member in names:
        return Verdict(None, AdmissionRefused(Hindrance.NAME_TAKEN, name))
    return Verdict(link_of(arrival, member, Origin.ADMITTED, now))


def _link_of(links: Iterable[Link], issuer: str, subject: str) -> Link | None:
    return next((link for link in links if (link.issuer, link.subject) == (issuer, subject)), None)


def _counts(declared: Inventory, oidc: Oidc, link: Link) -> bool:
    person = declared.members.get(link.member)
    if link.origin is Origin.LINKED:
        return person is not None and person.subject is None
    return link.origin is Origin.ADMITTED and person is None and bool(link.groups & oidc.admit)


def _displaced(declared: Inventory, links: Iterable[Link]) -> Iterator[MemberName]:
    for link in links:
        person = declared.members.get(link.member)
        if link.origin is not Origin.ADMITTED or person is None:
            continue
        if member_of(declared, (), link.issuer, link.subject) != person.name:
            yield link.member
