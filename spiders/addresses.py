"""Addresses: resolved as a browser would, in the form to fetch, and by the key that tells two of one page."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

FILE_ENDINGS = ("pdf", "doc", "docx", "wps", "et", "ofd", "xls", "xlsx", "rtf", "zip")
_FILE = re.compile(rf"\.(?:{'|'.join(FILE_ENDINGS)})$", re.IGNORECASE)
# Files without an ending: VSB's download.jsp, Hanweb's downfile.jsp, and the like elsewhere.
_ENDPOINT = re.compile(
    r"/(?:download(?:file|attach\w*)?|filedownload|downfile)(?:\.(?:jsp|do|aspx|action|php))?$", re.IGNORECASE
)
_PAGE_ENDING = re.compile(r"\.(?:s?html?|jsp|aspx?|php)$", re.IGNORECASE)
_INDEX = re.compile(r"(?<=/)(?:index|default)\.(?:s?html?|jsp|aspx?|php)$", re.IGNORECASE)
_SESSION = re.compile(r";jsessionid=[^?#/]*", re.IGNORECASE)  # a visitor's, and no part of what is addressed
_GATE = re.compile(r"^/gate/(?:big5|gb)/(?P<host>[A-Za-z0-9.-]+(?::\d+)?)(?P<path>/.*)$")
_MOBILE = re.compile(r"(?<=/)(?P<name>t\d{6,9}(?:_\d+)?)_ext(?P<ending>\.s?html?)$", re.IGNORECASE)
_PHONE = re.compile(r"(?<=/)m(?=post_\d+\.html$)")
_STATIC_ARTICLE = re.compile(r"/t\d{6,9}(?:_\d+)?\.s?html?$", re.IGNORECASE)
_VSB_NEWS = re.compile(r"(?:^|&)(?P<name>wbtreeid|wbnewsid)=(?P<number>\d{1,9})(?=&|$)")
_TRACKING = re.compile(r"(?:^|&)(?:utm_\w+|spm|from|isappinstalled|share\w*|timestamp)=[^&]*", re.IGNORECASE)
_LONGEST = 2000  # characters of an address, which is as much as the archive keeps
# A clock or a random number that keeps caches away: new at every answer, and no part of what is addressed.
_STAMP = re.compile(
    r"(?:^|&)(?:(?:t|_|_t|tm|ts|rnd|ran|rand|random|time|nocache)=(?:(?:1[2-9]|2[01])\d{8}(?:\d{3})?)?|\w{1,12}=0\.\d{6,})(?=&|$)",
    re.IGNORECASE,
)
_STATIC = ("/", ".html", ".htm", ".shtml", ".pdf", ".doc", ".docx")
_DEFAULT_PORT = {"http": ":80", "https": ":443"}


def resolve(base: str, href: str, encoding: str = "utf-8") -> str | None:
    """The absolute address of a link, without its fragment; None where it leads to no page (``javascript:`` …).

    White space and line breaks around and inside ``href`` are layout. Chinese is percent-encoded: in the path as UTF-8,
    in the query in the ``encoding`` of the page (URL standard, 4.4: ASP sites in GBK answer to nothing else).
    """
    if len(href) > _LONGEST:
        return None
    clean = re.sub(r"[\t\r\n]+", "", href).strip().strip("\u3000\u00a0")
    clean = _SESSION.sub("", clean)
    if not clean or clean.startswith("#"):
        return None
    try:
        joined = urljoin(base, clean)
        parts = urlsplit(joined)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    netloc = parts.netloc.removesuffix(_DEFAULT_PORT[parts.scheme])
    bare = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    query_in = "utf-8" if encoding.startswith("utf") else encoding
    return str(safe_url_string(bare, encoding=query_in, path_encoding="utf-8", quote_path=True))


def plain(url: str) -> str:
    """The address to fetch instead: the original of a traditional-character gateway or a phone copy.

    Static articles answer the same whatever the query says; other queries stay as they are, in their order, but for the
    clock that keeps caches away: with it a report would have another address every day.
    """
    parts = urlsplit(url)
    netloc, path, query = parts.netloc, parts.path, parts.query
    gate = _GATE.match(path)
    if gate is not None:
        netloc, path = gate["host"], gate["path"]
    path = _PHONE.sub("", _MOBILE.sub(r"\g<name>\g<ending>", path))
    news = {match["name"]: match["number"] for match in _VSB_NEWS.finditer(query)}
    if path.endswith("/content.jsp") and len(news) == 2:  # VSB's other address of /info/1116/5946.htm
        path, query = f"{path.removesuffix('content.jsp')}info/{news['wbtreeid']}/{news['wbnewsid']}.htm", ""
    without = _STAMP.sub("", query).lstrip("&")
    query = without if without or path.endswith(_STATIC) else query  # show.aspx?t=… alone may be a number after all
    if _STATIC_ARTICLE.search(path):
        query = ""
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def key(url: str) -> str:
    """What two addresses of one page share: not the scheme, ``www.``, an index file's name, or tracking parameters."""
    parts = urlsplit(plain(url))
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORT.get(parts.scheme, "")).removeprefix("www.")
    path = _INDEX.sub("", parts.path or "/")
    query = _STAMP.sub("", _TRACKING.sub("", parts.query)).lstrip("&")
    return f"{host}{unquote(path)}" + (f"?{query}" if query else "")


def key_with_fragment(url: str) -> str:
    """The key of an address that a person gave: behind its ``#`` may stand what no other part of it says."""
    fragment = urlsplit(url).fragment
    return f"{key(url)}#{fragment}" if fragment else key(url)


def is_file(url: str) -> bool:
    """Whether an address names a document to download rather than a page."""
    path = urlsplit(url).path
    return _FILE.search(path) is not None or _ENDPOINT.search(path) is not None


def is_directory(url: str) -> bool:
    """Whether an address is a folder's (``…/ndbg/``, ``…/ndbg``, ``…/index.html``): rather a list than an article."""
    path = urlsplit(url).path
    return path.endswith("/") or _INDEX.search(path) is not None or _PAGE_ENDING.search(path) is None


def folder(url: str) -> str:
    """The address of the folder a page stands in, with its slash."""
    parts = urlsplit(url)
    path = parts.path
    if _PAGE_ENDING.search(path) is not None:
        path = path[: path.rfind("/") + 1]
    elif not path.endswith("/"):
        path += "/"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def segments(url: str) -> tuple[str, ...]:
    """The folders of an address, in order, in lower case."""
    path = urlsplit(folder(url)).path
    return tuple(part.lower() for part in path.split("/") if part)


def site(url: str) -> str:
    """What the hosts of one government share: the three last labels under gov.cn, elsewhere the host with its port."""
    netloc = urlsplit(url).netloc.lower()
    labels = netloc.partition(":")[0].split(".")
    return ".".join(labels[-3:]) if labels[-2:] == ["gov", "cn"] else netloc


def root(url: str) -> str:
    """The address of the host's first page."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))
