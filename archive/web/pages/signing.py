"""Signing in and out, and the choice of the language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from archive.web.asking import LANGUAGE, Asked, Asking, redirect
from archive.web.doors.password import SIGN_IN
from archive.web.doors.sessions import COOKIE, LASTS, TooSoon
from archive.web.words import LANGUAGES

router = APIRouter(include_in_schema=False)
_LONGEST_NAME = 100  # characters


@router.get(SIGN_IN)
def ask(asking: Asked, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The form."""
    return _form(asking, next)


@router.post(SIGN_IN)
def sign_in(
    asking: Asked,
    name: Annotated[str, Form(max_length=_LONGEST_NAME)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - as above
) -> Response:
    """Begin a session and go on where it was asked for."""
    if not asking.house.sessions.possible:
        return _form(asking, next, "signing.impossible", status=403)
    called = " ".join(name.split())
    if not called:
        return _form(asking, next, "signing.nameless", status=422)
    try:
        fits = asking.house.sessions.fits(password)
    except TooSoon as error:
        return _form(asking, next, "signing.too_soon", status=429, seconds=int(error.seconds) + 1)
    if not fits:
        return _form(asking, next, "signing.wrong", status=403)
    answer = redirect(inside(next))
    answer.set_cookie(COOKIE, asking.house.sessions.begin(called), int(LASTS), httponly=True, samesite="strict")
    return answer


@router.post("/sign-out")
def sign_out(asking: Asked, token: Annotated[str, Form(max_length=200)] = "") -> Response:
    """End the session."""
    answer = redirect("/")
    if asking.visitor is not None and asking.visitor.sent(token):
        asking.house.sessions.end(asking.request.cookies.get(COOKIE))
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/language/{language}")
def choose(language: str, next: str = "/") -> Response:  # noqa: A002 - as above
    """Keep the choice of the language and go back."""
    answer = redirect(inside(next))
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE, language, 365 * 86_400, httponly=True, samesite="lax")
    return answer


def inside(path: str) -> str:
    """A path of ours, or the first page where it would lead elsewhere."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


def _form(asking: Asking, following: str, told: str | None = None, *, status: int = 200, **values: object) -> Response:
    said = None if told is None else asking.word(told, **values)
    return asking.page("sign-in.html", status=status, here=None, following=inside(following), told=said)
