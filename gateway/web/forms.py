"""Forms: small, urlencoded, checked before anybody acts on them."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from gateway.core.names import MemberName
from gateway.errors import RequestInvalid
from gateway.web.cookies import FORM_COOKIE, cookie_of, own_cookie
from gateway.web.site import Site
from gateway.web.visitor import Visitor, check_csrf

CSRF_FIELD: Final = "csrf"
MOST_FIELDS: Final = 16
LONGEST_MEMBER: Final = 64
LONGEST_PASSWORD: Final = 1024
"""In bytes; nobody's password is longer, and hashing more is work for nothing."""

Form = Mapping[str, str]


async def read_form(request: Request) -> Form:
    """Return the form's fields, or raise RequestInvalid; a field sent twice is no field."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise RequestInvalid(415, "a form is sent as application/x-www-form-urlencoded")
    try:
        text = (await request.body()).decode("ascii")
        fields = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as exc:
        raise RequestInvalid(422, "the form can't be read") from exc
    if len({name for name, _ in fields}) != len(fields):
        raise RequestInvalid(422, "the form has a field twice")
    return dict(fields)


async def own_form(request: Request, visitor: Visitor) -> Form:
    """Return the fields of a form that a page of ours showed to the visitor, or raise RequestInvalid."""
    form = await read_form(request)
    check_csrf(form.get(CSRF_FIELD), visitor.csrf)
    return form


def member_in(form: Form) -> MemberName:
    """Return the member that somebody typed, or raise RequestInvalid."""
    text = form.get("member", "").strip()
    if len(text) > LONGEST_MEMBER or not text.isprintable():
        raise RequestInvalid(422, "this can't be a member's name")
    return MemberName(text.lower())


def password_in(form: Form, field: str = "password") -> str:
    """Return the password that somebody typed, or raise RequestInvalid."""
    text = form.get(field, "")
    if len(text.encode()) > LONGEST_PASSWORD or not _typed(text):
        raise RequestInvalid(422, "this can't be a password")
    return text


def label_in(form: Form) -> str:
    """Return what somebody calls their token, or raise RequestInvalid."""
    text = form.get("label", "").strip()
    if not text or len(text) > LONGEST_MEMBER or not text.isprintable():
        raise RequestInvalid(422, "a token needs a name of at most 64 characters")
    return text


def form_key(site: Site, request: Request) -> tuple[str, bool]:
    """Return the secret that binds this browser's forms, and whether it is new to the browser."""
    held = cookie_of(request, own_cookie(site, FORM_COOKIE))
    return (token_urlsafe(32), True) if held is None else (held, False)


def _typed(text: str) -> bool:
    return all(character >= " " and character != "\x7f" for character in text)
