"""Which methods an address takes: all of them, though each is a route of its own (RFC 9110, section 10.2.1)."""

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute


def allowed_at(path: str, routers: Iterable[APIRouter]) -> str:
    """Return what Allow says for ``path``."""
    methods: set[str] = set()
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path_regex.match(path):
                methods |= route.methods or set()
    return ", ".join(sorted(methods))
