"""Where a notebook's own paths are found from outside, and back."""

from gateway.core.routing import AtNotebook
from gateway.core.upstream import Upstream


def is_mapped(place: AtNotebook, upstream: Upstream) -> bool:
    """Say whether the notebook knows its paths by other names than members do.

    It doesn't in host routing, nor where its base URL is the route itself.
    """
    return bool(place.prefix) and upstream.base_path != place.prefix + b"/"


def own_path(place: AtNotebook, upstream: Upstream) -> bytes:
    """Return what was asked for as from a base URL of ``/``, whatever the notebook's own is."""
    base = upstream.base_path
    if place.prefix or base == b"/" or not place.rest.startswith(base):
        return place.rest
    return place.rest[len(base) - 1 :]


def target_inside(place: AtNotebook, upstream: Upstream, target: bytes) -> bytes:
    """Return the raw ``target`` as the notebook knows it."""
    if not is_mapped(place, upstream):
        return target
    return upstream.base_path + target[len(place.prefix) + 1 :]


def path_outside(place: AtNotebook, upstream: Upstream, path: bytes) -> bytes:
    """Return one of the notebook's own absolute paths as members know it; others stay as they are."""
    base = upstream.base_path
    if path.startswith(b"//") or not is_mapped(place, upstream):
        return path
    if path.startswith(base):
        return place.prefix + b"/" + path[len(base) :]
    return place.prefix + b"/" if path + b"/" == base else path
