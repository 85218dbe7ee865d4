"""Templates: everything that is set into a page is escaped; what stands there without a value is an error."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from archive.web.words import Language, known, word
from parser.marking.safe import harmless

if TYPE_CHECKING:
    from archive.web.asking import Asking

_CHINA = ZoneInfo("Asia/Shanghai")


def render(template: str, **values: object) -> str:
    """A page. ``asking`` has to be among the values."""
    return _environment().get_template(template).render(**values)


@cache
def static(name: str) -> tuple[bytes, str]:
    """A file of ``static/`` and the digest by which its address changes when it does."""
    data = files("archive.web").joinpath("static", name).read_bytes()
    return data, sha256(data).hexdigest()[:12]


def day(value: date | datetime | None, language: Language) -> str:
    """A day as people write it; of a moment the day in China."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = _in_china(value).date()
    return f"{value.year}年{value.month}月{value.day}日" if language == "zh" else value.isoformat()


def moment(value: datetime | None, language: Language) -> str:
    """A moment on the clock of China."""
    if value is None:
        return ""
    there = _in_china(value)
    return f"{day(value, language)} {there:%H:%M}"


def number(value: Any) -> str:
    """A number with its thousands apart; nothing for null."""
    return "" if value is None else f"{value:,}"


def share(value: float | None) -> str:
    """A share of 0 to 1 as per cent."""
    return "–" if value is None else f"{value:.1%}"


def _in_china(value: datetime) -> datetime:
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    try:
        return aware.astimezone(_CHINA)
    except OverflowError:  # an archive of somebody else's may date its captures to the end of the year 9999
        return aware


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("archive.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_written,
    )
    environment.globals.update(static_of=_static_of, t=_t, has_word=known)
    environment.filters.update(day=_day, moment=_moment, number=number, share=share, heading=_heading)
    return environment


def _written(value: Any) -> Any:
    """What is set into a page: text without the signs that turn the direction of all that follows it.

    Text goes on into macros and attributes as markup that is escaped already; only what stands there is looked at.
    """
    if isinstance(value, Markup):
        return value if value.isascii() else Markup(harmless(value))  # noqa: S704 - signs are taken out, none is set in
    return harmless(value) if isinstance(value, str) else value


def _static_of(name: str) -> str:
    return f"/static/{name}?v={static(name)[1]}"


def _asking(context: Context) -> Asking:
    found: Asking = context["asking"]
    return found


@pass_context
def _t(context: Context, name: str, /, **values: object) -> str:
    return _asking(context).word(name, **values)


@pass_context
def _day(context: Context, value: date | datetime | None) -> Markup | str:
    if value is None:
        return ""
    shown = day(value, _asking(context).language)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), shown)


@pass_context
def _moment(context: Context, value: datetime | None) -> Markup | str:
    if value is None:
        return ""
    shown = moment(value, _asking(context).language)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), shown)


@pass_context
def _heading(context: Context, name: str, table: str) -> str:
    """The heading of a column: from its page's own words, else from those that all share, else its name."""
    language = _asking(context).language
    for words in (f"{table}.column.{name}", f"columns.{name}"):
        if known(words):
            return word(words, language)
    raise KeyError(f"columns.{name}")
