"""Targets: to whom notices go, as the archive's owner wrote it into ``notices.toml``. Nowhere else is anything sent."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from archive.notices.notices import kinds
from crawler.errors import WrongUsage

FILE = "notices.toml"
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)  # a URL holds a token


def _clock(written: object) -> object:
    if isinstance(written, str):
        found = _TIME.fullmatch(written)
        if found is None:
            raise ValueError("is no time of the day, write it as 09:00")
        return time(int(found[1]), int(found[2]))
    return written


class Target(_Part):
    """One to whom notices are sent. Empty lists mean all.

    ``at`` is a time of the day in China, ``lines`` and ``bytes`` are what a digest may have, ``since`` a day from which on
    it is told, if not from when it is first seen.
    """

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\s\x00-\x1f\x7f]+( [^\s\x00-\x1f\x7f]+)*$")]
    url: Annotated[str, Field(min_length=1)]
    kinds: tuple[str, ...] = ()
    divisions: tuple[Annotated[str, Field(pattern=r"^\d{6}(\d{3})?$")], ...] = ()
    years: tuple[int, ...] = ()
    daily: bool = True
    at: Annotated[time, BeforeValidator(_clock)] = time(9)
    lines: Annotated[int, Field(ge=1, le=500)] = 20
    bytes: Annotated[int, Field(ge=200)] = 15_000
    since: date | None = None

    @field_validator("kinds")
    @classmethod
    def _known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for each in given:
            if each not in kinds():
                raise ValueError(f"names {each!r}, which is no kind of notice; those are {', '.join(kinds())}")
        return given

    def address(self, environment: Mapping[str, str]) -> str:
        """Its URL for Apprise, out of the environment where it stands there. Raises :class:`WrongUsage`."""
        found = _VARIABLE.fullmatch(self.url)
        if found is None:
            return self.url
        if not environment.get(found[1]):
            raise WrongUsage(f"the target {self.name} has its URL in ${found[1]}, which is not set: set it")
        return environment[found[1]]


class Feeds(_Part):
    """Where feeds are written: a folder, in the archive's own where it is no whole path, and under what address it is served."""

    folder: Annotated[str, Field(min_length=1)]
    base: Annotated[str, Field(pattern=r"^https?://")] | None = None


class Owner(_Part):
    """What ``notices.toml`` says."""

    targets: tuple[Target, ...] = ()
    feeds: Feeds | None = None

    @field_validator("targets")
    @classmethod
    def _once(cls, given: tuple[Target, ...]) -> tuple[Target, ...]:
        names = [each.name for each in given]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"name {name} twice: what was sent is kept by the name")
        return given

    def target(self, name: str) -> Target:
        """The target of a name. Raises :class:`WrongUsage`."""
        for each in self.targets:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.targets) or "none"
        raise WrongUsage(f"{FILE} has no target {name}; it has {known}")


def read(folder: Path) -> Owner:
    """What the archive in a folder says of whom to tell; nothing where it has no such file.

    Raises :class:`WrongUsage` naming what is wrong, and never a URL.
    """
    path = folder / FILE
    try:
        return Owner.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        return Owner()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}") from error
    except tomllib.TOMLDecodeError as error:
        raise WrongUsage(f"{path} is no TOML: {error}") from None  # it tells a place, and no value
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WrongUsage(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}") from None
