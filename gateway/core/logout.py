"""Jupyter's own log-out, which does nothing when its token is added on the way."""

from gateway.core.routing import AtNotebook


def is_logout(place: AtNotebook) -> bool:
    """Say whether ``place`` is where a notebook logs its user out."""
    return place.rest.partition(b"?")[0] == b"/logout"
