"""Every way into the control plane, as its routers list them: what is added to one is tried too."""

from collections.abc import Iterator
from typing import NamedTuple

from fastapi.routing import APIRoute

from gateway.core.grants import Level
from gateway.core.provider_metadata import BACKCHANNEL_PATH
from gateway.core.sharing import LinkId, Share, ShareId, ShareLink
from gateway.web.app import PARTS
from tests.web.conftest import House
from tests.web.fakes import ALICE, BOB, NOW, FakeTokenRow

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
API = "/-/api/"
BOBS = "bob"
VALUES = {
    "asset": "gateway.css", "credential": "t-1", "given": "share:1", "link": "link:1", "member": "alice",
    "name": BOBS, "secret": "secret-of-link:1", "share": "share:1",
}  # fmt: skip
"""What stands for a path's parameters: things that are there, so that nothing hides behind a 404."""


NAMELESS = frozenset({"/-/api/oauth/device", "/-/api/oauth/token", BACKCHANNEL_PATH})
"""Asked by terminals that nobody is logged in at, and by the identity provider: no session counts there, so nobody's
browser can be made to use it."""


class Entry(NamedTuple):
    """One method of one route."""

    method: str
    path: str
    pattern: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith(API)


def entries() -> Iterator[Entry]:
    for part in PARTS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute), f"{route}: not walked"
            values = {name: VALUES.get(name, BOBS) for name in route.param_convertors}
            path = route.path_format.format(**values)
            for method in sorted(route.methods):
                yield Entry(method, path, route.path)


def changing() -> list[Entry]:
    """Return what acts in somebody's name."""
    unsafe = [entry for entry in entries() if entry.method not in SAFE]
    return [entry for entry in unsafe if entry.path not in NAMELESS]


def nameless() -> list[Entry]:
    return [entry for entry in entries() if entry.path in NAMELESS]


def reading() -> list[Entry]:
    return [entry for entry in entries() if entry.method in SAFE]


def furnish(house: House) -> None:
    """Put in place what the paths name."""
    house.accounts.api["gwp_bobs"] = (BOB, FakeTokenRow(VALUES["credential"], "bob's"))  # type: ignore[arg-type]  # an id
    house.accounts.invites[VALUES["secret"]] = ALICE
    notebook = house.wanted.notebooks["bob"].name  # type: ignore[index]  # a name
    share = Share(ShareId("share:1"), notebook, Level.VIEW, BOB, NOW, NOW + 999, member=ALICE)
    link = ShareLink(LinkId("link:1"), notebook, Level.VIEW, BOB, NOW, NOW + 999)
    held = house.sharing.held
    house.sharing.held = type(held)(shares=(share,), links=(link,), askable=frozenset({notebook}))
    house.sharing.secrets[VALUES["secret"]] = link.id


def state(house: House) -> str:
    """Return all that a request may have changed."""
    return repr((house.accounts, house.sharing, house.notebooks.asked))
