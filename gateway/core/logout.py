"""Jupyter's own log-out, which does nothing when its token is added on the way."""

from gateway.core.routing import AtNotebook


def is_logout(place: AtNotebook) -> bool:
    """Say whether ``place`` is where a notebook logs its user out."""
    path = place.rest.partition(b"?")[0]
    if path == b"/logout":
        return True
    # On its own host, a notebook may still have its route for base URL.
    return not place.prefix and path == b"/%b/logout" % place.name.encode()
