"""SURT keys: an address with its host turned round, under which copies of a page stand together in a sorted index.

Replay tools look an address up by this key and by nothing else, so it is theirs to the letter: the canonical form that
the Safe Browsing protocol describes, and what the Wayback Machine takes away beyond that (session numbers, the case).
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_PARTS = re.compile(r"([a-z][a-z0-9+.-]*):(?://+)?([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_HOSTLESS = ("file:", "urn:")
_PORTS = {"http": "80", "https": "443"}
_WWW = re.compile(r"^www\d*\.")
_UNSAFE = re.compile(rb"[\x00-\x20\x7f-\xff#%]")
_PATH_SESSIONS = (  # of ASP.NET
    re.compile(r"^(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)$", re.IGNORECASE),
    re.compile(r"^(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)$", re.IGNORECASE),
)
_QUERY_SESSIONS = (
    re.compile(r"^(.*)(?:jsessionid=[0-9a-z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(r"^(.*)(?:phpsessid=[0-9a-z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(r"^(.*)(?:sid=[0-9a-z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(r"^(.*)(?:aspsessionid[a-z]{8}=[a-z]{24})(?:&(.*))?$", re.IGNORECASE),
    re.compile(r"^(.*)(?:cfid=[^&]+&cftoken=[^&]+)(?:&(.*))?$", re.IGNORECASE),
)


def key(url: str) -> str:
    """The key of an address: ``http://www.a.gov.cn/B?c`` has ``cn,gov,a)/b?c``. One without a host keeps its scheme."""
    found = _PARTS.match(url)
    if found is None or url.lower().startswith(_HOSTLESS):
        scheme, _, rest = url.partition("#")[0].partition(":")
        return f"{scheme.lower()}:{_path(rest)}" if rest.startswith("/") else f"{scheme}:{rest}"
    scheme, authority, path, query = found.groups()
    return f"{_host(authority, scheme.lower())}){_path(path)}{_query(query or '')}"


def _host(authority: str, scheme: str) -> str:
    name, port = authority.rpartition("@")[2], ""
    if not name.endswith("]"):
        name, _, port = name.rpartition(":") if ":" in name else (name, "", "")
    port = port.lstrip("0")
    shown = f":{port}" if port not in {"", _PORTS.get(scheme)} else ""
    if name.startswith("["):
        return name.strip("[]").lower() + shown
    labels = [label for label in _ascii(_unescaped(name)).lower().split(".") if label]
    plain = _WWW.sub("", ".".join(labels))
    return ",".join(reversed(plain.split("."))) + shown


def _ascii(name: bytes) -> str:
    try:
        return name.decode("utf-8").encode("idna").decode("ascii")
    except UnicodeError:  # a name no DNS knows
        return _escaped(name)


def _path(path: str) -> str:
    kept: list[bytes] = []
    for step in _unescaped(path).removeprefix(b"/").split(b"/"):
        if step == b".." and kept:
            kept.pop()
        elif step != b".":
            kept.append(step)
    text = "/" + _escaped(b"/".join(step for step in kept if step))
    for session in _PATH_SESSIONS:
        text = session.sub(r"\1\2", text)
    return text.lower()


def _query(query: str) -> str:
    text = _escaped(_unescaped(query))
    for session in _QUERY_SESSIONS:
        text = session.sub(lambda found: found[1] + (found[2] or ""), text)
    parts = sorted(text.lower().split("&"), key=lambda part: part.split("=", 1))
    return f"?{'&'.join(parts)}" if text else ""


def _unescaped(text: str) -> bytes:
    """Without any percent escape, however often it was escaped."""
    before, after = b"", text.encode("utf-8", "replace")
    while after != before:
        before, after = after, unquote_to_bytes(after)
    return after


def _escaped(data: bytes) -> str:
    return _UNSAFE.sub(lambda found: b"%%%02X" % found[0][0], data).decode("ascii")
