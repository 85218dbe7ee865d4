"""The description of the API for people, made from its OpenAPI document: no script, nothing fetched from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from archive.web.asking import Asked, Asking
from archive.web.listing import API

router = APIRouter(include_in_schema=False)
OPENAPI = f"{API}/openapi.json"
_EXAMPLES: Mapping[str, str] = {  # values that fit most archives, by the parameter's name
    "words": "大数据",
    "panel": "received",
    "year": "2024",
    "limit": "2",
}


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation; ``place`` is path or query, ``bounds`` says in short what it may be."""

    name: str
    place: str
    type: str
    bounds: str
    required: bool
    description: str


@dataclass(frozen=True)
class Field:
    """A value of an answer."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Operation:
    """What can be asked for. ``fields`` are those of a row, or of the answer itself; ``paged``: it comes in pages."""

    name: str
    path: str
    summary: str
    parameters: Sequence[Parameter]
    example: str
    paged: bool
    fields: Sequence[Field]
    csv: str | None


@router.get("/api", response_class=HTMLResponse)
def page(asking: Asked) -> HTMLResponse:
    """How the API is asked, and every operation."""
    return asking.page("api.html", here=None, operations=_operations(asking), openapi=OPENAPI, base=_base(asking))


@router.get("/api/operations/{name}", response_class=HTMLResponse)
def operation(asking: Asked, name: str) -> HTMLResponse:
    """One operation with the values of its answer."""
    found = next((each for each in _operations(asking) if each.name == name), None)
    if found is None:
        raise HTTPException(404)
    return asking.page("operation.html", here=None, operation=found, openapi=OPENAPI)


def _operations(asking: Asking) -> list[Operation]:
    return list(operations(asking.request.app.openapi(), _base(asking)))


def _base(asking: Asking) -> str:
    return str(asking.request.base_url).rstrip("/")


def operations(document: Mapping[str, Any], base: str) -> Iterator[Operation]:
    """The operations of an OpenAPI document; examples ask at ``base``."""
    schemas = document.get("components", {}).get("schemas", {})
    for path, methods in sorted(document["paths"].items()):
        for method, said in methods.items():
            if method != "get":
                continue
            parameters = [_parameter(each, schemas) for each in said.get("parameters", ())]
            answer = _resolved(_schema(said), schemas)
            rows = answer.get("properties", {}).get("rows")
            line = answer if rows is None else _resolved(rows.get("items", {}), schemas)
            yield Operation(
                name=said["operationId"],
                path=path,
                summary=said.get("summary", ""),
                parameters=parameters,
                example=_example(base, path, parameters),
                paged=rows is not None,
                fields=[_field(name, each, schemas) for name, each in line.get("properties", {}).items()],
                csv=path.removeprefix(API) + ".csv" if rows is not None else None,
            )


def _schema(said: Mapping[str, Any]) -> Mapping[str, Any]:
    content = said["responses"].get("200", {}).get("content", {})
    found: Mapping[str, Any] = content.get("application/json", {}).get("schema", {})
    return found


def _parameter(said: Mapping[str, Any], schemas: Mapping[str, Any]) -> Parameter:
    schema = said.get("schema", {})
    return Parameter(
        said["name"],
        said["in"],
        _type(schema, schemas),
        _bounds(schema, schemas),
        bool(said.get("required", False)),
        said.get("description", ""),
    )


def _field(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Field:
    return Field(name, _type(schema, schemas), schema.get("description", ""))


def _type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """The type in a word or two; null is not said of parameters and fields that may be left out."""
    schema = _resolved(schema, schemas)
    choices = schema.get("anyOf")
    if choices:
        told = [_type(each, schemas) for each in choices if each.get("type") != "null"]
        return " | ".join(dict.fromkeys(told)) or "null"
    if schema.get("type") == "array":
        return f"{_type(schema.get('items', {}), schemas)} …"
    return str(schema.get("format") or schema.get("type") or "any")


def _bounds(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    told: list[str] = []
    for each in (schema, *schema.get("anyOf", ())):
        one = _resolved(each, schemas)
        item = _resolved(one.get("items", {}), schemas)
        told += [", ".join(map(str, one["enum"]))] if "enum" in one else []
        told += [", ".join(map(str, item["enum"]))] if "enum" in item else []
        low, high = one.get("minimum", item.get("minimum")), one.get("maximum", item.get("maximum"))
        told += [f"{low}–{high}"] if low is not None and high is not None else []
    if schema.get("default") not in (None, "", [], False):
        told.append(f"= {json.dumps(schema['default'])}")
    return "; ".join(dict.fromkeys(told))


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref", "")
    found: Mapping[str, Any] = schemas.get(reference.rpartition("/")[2], {}) if reference else schema
    return found


def _example(base: str, path: str, parameters: Sequence[Parameter]) -> str:
    """A line for a shell. Its values are ours, so that nothing in it needs care."""
    for each in (one for one in parameters if one.place == "path"):
        path = path.replace(f"{{{each.name}}}", quote(_EXAMPLES.get(each.name, "1"), safe=""))
    asked = {each.name: _EXAMPLES.get(each.name, "1") for each in parameters if each.required and each.place == "query"}
    if any(each.name == "words" for each in parameters):
        asked["words"] = _EXAMPLES["words"]
    if any(each.name == "limit" for each in parameters):
        asked["limit"] = _EXAMPLES["limit"]
    return f"curl '{base}{path}{'?' + urlencode(asked) if asked else ''}'"
