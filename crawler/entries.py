"""A portal as it is registered: what a reviewed entry may say, and what it may not."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from archive.addresses import with_fragment
from archive.errors import AddressRefused
from crawler.allowance import Allowance
from crawler.errors import WrongUsage
from crawler.hours import Hours
from parser.documents.encoding import codec_of
from spiders.addresses import key_with_fragment

Level = Literal["central", "province", "prefecture", "county", "township", "zone", "vertical"]
Text = Annotated[str, Field(min_length=1)]
LONGEST_DELAY = 300.0  # seconds; with more, a city's reports would take months


def address_of(written: str) -> str:
    """An address as it is crawled and kept: with its scheme, a path, and its fragment. Raises ``ValueError``."""
    text = written.strip()
    text = text if "://" in text else f"http://{text}"
    parts = urlsplit(text)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or any(sign.isspace() for sign in text):
        raise ValueError(f"{written!r} is no http or https address")
    _ = parts.port  # raises where it is no number
    netloc = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    try:
        return with_fragment(urlunsplit(parts._replace(netloc=netloc)))
    except AddressRefused as error:
        raise ValueError(str(error)) from error


def _host_of(written: str) -> str:
    """Raises ``ValueError`` for what is no host to allow."""
    try:
        Allowance.of([written])
    except WrongUsage as error:
        raise ValueError(str(error)) from error
    return written


def _hours_of(written: str) -> str:
    """Raises ``ValueError`` for what are no hours."""
    Hours.read(written)
    return written


def _charset_of(written: str) -> str:
    """Raises ``ValueError`` for what names no encoding."""
    if codec_of(written) is None:
        raise ValueError(f"{written!r} is no charset that pages are written in, as gb18030, big5 or utf-8")
    return written


Address = Annotated[str, AfterValidator(address_of)]


class _Reviewed(BaseModel):
    """Nothing unknown, and nothing taken for something else: ``division: 220100`` without quotes is a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Exemption(_Reviewed):
    """A rule that does not hold for a portal, and why."""

    reason: Text


class Encoding(_Reviewed):
    """The charset of a portal's pages where they declare a wrong one, and why that is known."""

    charset: Annotated[str, AfterValidator(_charset_of)]
    reason: Text


class AllowedHost(_Reviewed):
    """A host outside .gov.cn, as HOST or HOST:PORT, that a portal may lead to, and why."""

    host: Annotated[str, AfterValidator(_host_of)]
    reason: Text


class Expectation(_Reviewed):
    """The least a portal publishes: so many reports on each year from ``since`` on, once the year's deadlines are past."""

    reports_per_year: int = Field(ge=1)
    since: int = Field(ge=2007, le=2100, description="The first report year for which this holds.")


class PortalEntry(_Reviewed):
    """A portal as it is registered.

    ``url`` names it for ever; ``entries`` are further addresses at which its reading begins. ``division`` is the code of
    GB/T 2260, of the government an agency belongs to; zones have none. ``family`` is a hint, each page is judged by
    itself. ``delay`` is the least gap in seconds between two requests to its hosts, where it is above the crawl's;
    ``hours`` are those of the day at which they may be asked, in China's time, as 20:00-06:00.
    ``encoding`` holds for all its pages, in what is read of them and in the reports made of them.
    ``scripted`` says that only a browser shows the rows of its lists.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    name: Text | None = None
    level: Level | None = None
    division: str | None = Field(default=None, pattern=r"^[1-9]\d{5}$", validate_default=True)
    url: Address
    entries: tuple[Address, ...] = Field(default=(), strict=False)
    family: str | None = Field(default=None, pattern=r"^[a-z0-9_]+$")
    delay: float | None = Field(default=None, gt=0, le=LONGEST_DELAY)
    hours: Annotated[str, AfterValidator(_hours_of)] | None = None
    allow: tuple[AllowedHost, ...] = Field(default=(), strict=False)
    insecure_tls: Exemption | None = None
    encoding: Encoding | None = None
    scripted: Exemption | None = None
    expects: Expectation | None = None
    notes: Text | None = None

    @field_validator("division")
    @classmethod
    def _fits_its_level(cls, division: str | None, info: ValidationInfo) -> str | None:
        level = info.data.get("level")
        if division is None or level is None:
            return division
        if level in {"central", "zone"}:
            raise ValueError(f"GB/T 2260 has no code for the level {level}; leave {division} out")
        whose = "province" if division.endswith("0000") else "prefecture" if division.endswith("00") else "county"
        if level in {"province", "prefecture", "county"} and level != whose:
            raise ValueError(f"{division} is a code of the level {whose}, the entry says {level}; correct one")
        return division

    @field_validator("entries")
    @classmethod
    def _differ(cls, entries: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        keys = [key_with_fragment(address) for address in (info.data.get("url", ""), *entries)]
        twice = next((address for at, address in enumerate(entries, 1) if keys[at] in keys[:at]), None)
        if twice is not None:
            raise ValueError(f"{twice} stands in this entry already; leave it out")
        return entries

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where its reading begins."""
        return (self.url, *self.entries)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of its addresses, without their ports."""
        return tuple(dict.fromkeys(urlsplit(address).hostname or "" for address in self.addresses))


class PortalFile(_Reviewed):
    """A file of entries: of one province, with its code, or of any portals, without one."""

    name: Text | None = None
    division: str | None = Field(default=None, pattern=r"^[1-9]\d0000$")
    portals: list[PortalEntry]

    @field_validator("portals")
    @classmethod
    def _lie_in_its_province(cls, portals: list[PortalEntry], info: ValidationInfo) -> list[PortalEntry]:
        province = info.data.get("division")
        for number, entry in enumerate(portals, start=1):
            place = f"entry {number} ({entry.id})"
            if province is not None and entry.level == "central":
                raise ValueError(f"{place}: level: a central agency stands in central.yml, not in a province's file")
            if province is not None and entry.division is not None and entry.division[:2] != province[:2]:
                raise ValueError(
                    f"{place}: division: {entry.division} does not lie in {province}, the province of this file; "
                    "correct it or move the entry"
                )
        return portals
