"""What came back: an answer as a page, a file's name, and why a request failed."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure as Fault

from spiders import outcomes
from spiders.addresses import is_file
from spiders.families.asks import Ask
from spiders.families.pages import Page, is_document, read_page, visible
from spiders.ledger import Failure

# Flags and marks by which crawler and spider speak of what the archive has.
UNCHANGED = "unchanged"  # flag of an answer: it is the one that was kept the last time
REST = "xxgk_rest"  # mark in Request.meta: the list's first page is unchanged, this one may be taken from the archive
RESTED = "rested"  # flag of an answer: it was
RENDER = "xxgk_render"  # mark in Request.meta: the page is wanted as a browser shows it
RENDERED = "rendered"  # flag of an answer: it is so shown
TURNED = "xxgk_turned"  # mark in Request.meta: the further pages its pager turned to, as markup in UTF-8
CHARSET = "xxgk_charset"  # mark in Request.meta: what the portal's pages are written in, whatever they declare
UNFINISHED = "xxgk_unfinished"  # mark in Request.meta: what a page as rendered may lack

_SAYS_GONE = re.compile(
    r"404|页面不存在|您访问的(?:页面|内容|信息)(?:不存在|已(?:被)?删除)|找不到(?:该|您访问的)?(?:页面|网页)|系统提示|信息不存在"
)
_SAYS_EMPTY = re.compile(
    r"^\s*[(（【\[]?\s*(?:(?:该|本|此)?栏目(?:下)?)?(?:暂无|暂时没有|没有(?:找到|查询到)?|尚无|无)(?:任何|相关|相应|符合条件的?|更多)?(?:的)?"
    r"(?:信息|内容|数据|记录|文章|资料|文件|年报)\s*[!！。.…)）】\]]*\s*$"
)
_LONGEST_EMPTY = 40  # characters of a line that says so
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_LONGEST_GONE = 400  # characters; a longer page that has 404 in its heading is something else
_FILE_NAME = re.compile(
    r"filename\*\s*=\s*[\w-]*'[\w-]*'(?P<encoded>[^;]+)|filename\s*=\s*\"?(?P<plain>[^\";]+)", re.IGNORECASE
)


def page_of(response: Response, asked: Ask | None = None) -> Page:
    """An answer as a page; ``asked`` is what a list's script would have asked.

    Its address has the fragment of what was asked for: some platforms name the category there alone.
    """
    fragment = urlsplit(response.request.url).fragment if response.request is not None else ""
    url = f"{response.url.partition('#')[0]}#{fragment}" if fragment else response.url
    return read_page(url, response.body, headers_of(response), asked, charset_of(response))


def charset_of(response: Response) -> str | None:
    """The portal's exception for the encoding of its pages; what a browser wrote and what is JSON is in UTF-8."""
    written_anew = RENDERED in response.flags or response.body.lstrip()[:1] in {b"{", b"["}
    known: str | None = None if written_anew or response.request is None else response.request.meta.get(CHARSET)
    return known


def joined(page: Page, box: Page) -> Page:
    """An article with the box of attachments its script asked for, as a browser would show it."""
    opened = _ENDS.sub("", page.text)  # what stands behind the end of a page belongs to no tree
    return Page(page.url, f'{opened}<div class="attachment">{box.text}</div>', page.headers, encoding=page.encoding)


def headers_of(response: Response) -> dict[str, str]:
    """An answer's headers with lower-case names."""
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }


def is_a_file(response: Response) -> bool:
    """Whether an answer is a document to keep rather than a page to read."""
    return is_document(response.body, headers_of(response))


def is_a_page(response: Response) -> bool:
    """Whether an answer is markup: what a download endpoint sends instead of the file."""
    declared = (response.headers.get("Content-Type") or b"").lower()
    return response.body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" or b"text/html" in declared


def is_a_directory_answer(page: Page) -> bool:
    """Whether a list page is data: its emptiness is judged together with the page that asked for it."""
    return page.asked is not None or not page.text.lstrip("\ufeff \r\n\t").startswith("<")


def says_gone(page: Page) -> bool:
    """Whether a page that answered 200 says that what was asked for is not there."""
    heading = " ".join("".join(element.itertext()) for element in page.tree.iter("title", "h1"))
    return len(page.flat) < _LONGEST_GONE and _SAYS_GONE.search(heading) is not None and not is_file(page.url)


def says_empty(page: Page) -> bool:
    """Whether a list says that nothing stands in it (暂无信息)."""
    return any(_SAYS_EMPTY.search(line) for line in visible(page.tree).split("\n") if len(line) < _LONGEST_EMPTY)


def file_name(response: Response, shown: str = "") -> str:
    """A file's name: as its link shows it; where that has no ending from ``Content-Disposition``, else the address."""
    if re.search(r"\.\w{2,5}$", shown):
        return shown
    raw = response.headers.get("Content-Disposition") or b""
    try:
        header = raw.decode("utf-8")
    except UnicodeDecodeError:
        header = raw.decode("gb18030", "replace")
    match = _FILE_NAME.search(header)
    if match is not None:
        return unquote(match["encoded"] or match["plain"]).strip()
    return shown or unquote(urlsplit(response.url).path.rpartition("/")[2])


def why(fault: Fault, url: str) -> tuple[Failure, int | None]:
    """What a failed request says, and the HTTP status where there was one."""
    error = fault.value
    if isinstance(error, outcomes.FetchRefused):
        said = error.detail if error.detail.startswith(url) else f"{url}: {error.detail}"
        return Failure(error.outcome, said), None
    if isinstance(error, HttpError):
        return Failure(outcomes.UNREACHABLE, f"{url}: HTTP {error.response.status}"), error.response.status
    if isinstance(error, IgnoreRequest):
        robots = "robots.txt" in str(error)
        return Failure(outcomes.DISALLOWED if robots else outcomes.UNREACHABLE, f"{url}: {error}"), None
    return Failure(outcomes.UNREACHABLE, f"{url}: {type(error).__name__}: {error}".rstrip(": ")), None
