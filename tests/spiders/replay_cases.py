"""Small portals for the replay cases that no family owns, and what each of them holds."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from tests.replay.server import Asked, Pages, Reply


def title(year: int = 2025, name: str = "云汀市审计局") -> str:
    return f"{name}{year}年政府信息公开工作年度报告"


def article(text: str, body: str = "全年公开审计结果公告，答复来信，整理目录。" * 10) -> str:
    return f'<html><body><h1>{text}</h1><p>发布日期：2026-01-29</p><div class="TRS_Editor">{body}</div></body></html>'


def rows(*listed: tuple[str, str]) -> str:
    return "".join(f'<li><a href="{href}">{text}</a><span>2026-01-29</span></li>' for href, text in listed)


def listing(*listed: tuple[str, str], more: str = "") -> str:
    return f'<html><body><ul class="u-list">{rows(*listed)}</ul>{more}</body></html>'


CALL = '<script>\n<!--\ncreatePageHTML(3, 0, "index", "html");\n//-->\n</script>'
NEXT = '<a href="{}">下一页</a>'
END = '<html><head><meta http-equiv="refresh" content="0; url=./"></head></html>'


def paged(more: str, second: str = "", third: str = "") -> Pages:
    """A list of three pages; what lies behind the third leads back to the first."""
    years = [2025 - number for number in range(6)]
    part = [[(f"./202601/t20260129_{year}.html", title(year)) for year in years[k : k + 2]] for k in (0, 2, 4)]
    return Pages(
        {
            "/ndbg/": listing(*part[0], more=more),
            "/ndbg/index_1.html": listing(*part[1], more=second or more),
            "/ndbg/index_2.html": listing(*part[2], more=third or more),
            "/ndbg/index_3.html": END,
            **{f"/ndbg/202601/t20260129_{year}.html": article(title(year)) for year in years},
        }
    )


def written() -> Pages:
    """Old 海淀: rows and pager stand in scripts."""

    def part(*years: int) -> str:
        lines = "".join(
            f'document.write(\'<td><a href="./202601/t20260129_{year}.shtml" target="_blank">{title(year)}</a></td>'
            '<td class="rq"><span>2026-01-29</span></td>\');\n'
            for year in years
        )
        return f"<html><body><script>var strLink = '';\n{lines}</script><script>var countPage = 3//共多少页\n</script></body></html>"

    return Pages(
        {
            "/": '<html><body><a href="/nb/index_bm.shtml">政府信息公开年报</a></body></html>',
            "/nb/index_bm.shtml": part(2025, 2024),
            "/nb/index_bm_1.shtml": part(2023, 2022),
            "/nb/index_bm_2.shtml": part(2021),
            **{f"/nb/202601/t20260129_{year}.shtml": article(title(year)) for year in range(2021, 2026)},
        }
    )


class Directory(Pages):
    """A column of 吉林 that asks a directory of 16 rows an answer; the third answer is empty."""

    def __init__(self) -> None:
        script = 'var channelId = "134657"; $.ajax({url: "/govsearch/jsonp/zf_jd_list.jsp", dataType: "jsonp"});'
        self.listed = [title(2025 - n) if n < 17 else title(2025, f"云汀市第{n}街道办事处") for n in range(32)]
        super().__init__(
            {
                "/szf/ndbg/": f'<html><body><div id="result-body"><table></table></div><script>{script}</script></body></html>',
                **{f"/szf/ndbg/a{n}.html": article(name) for n, name in enumerate(self.listed)},
            }
        )

    def answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        if parts.path != "/govsearch/jsonp/zf_jd_list.jsp":
            return super().answer(asked)
        self.asked.append(asked.path)
        first = 16 * (int(parse_qs(parts.query)["page"][0]) - 1)
        data = [
            {
                "title": name.replace("政府", "<em>政府</em>"),
                "puburl": f"/szf/ndbg/a{first + n}.html",
                "tip": {"dates": "2026-01-29"},
                "efectdate": "2026-03-01",
            }
            for n, name in enumerate(self.listed[first : first + 16])
        ]
        text = "\r\n" * 20 + "\ufeff" + f"result({json.dumps({'data': data}, ensure_ascii=False)});\r\n"
        return Reply(text.encode(), content_type="text/javascript; charset=utf-8")


class Copies(Pages):
    """A list with one report at its own address, behind the gateway of traditional characters, as a phone copy, with tracking."""

    def answer(self, asked: Asked) -> Reply:
        if asked.path != "/ndbg/":
            return super().answer(asked)
        self.asked.append(asked.path)
        place = "/ndbg/202601/t20260129_1"
        gate = f"/gate/big5/{asked.host}{place}.html"
        ends = (f"{place}.html", gate, f"{place}_ext.html", f"{place}.html?from=list", f"{place}.html?utm_source=w#top")
        return Reply(listing(*((href, title()) for href in ends), ("t2.html", title(2024))).encode())


ONE = {"/ndbg/list.html": listing(("t1.html", title())), "/ndbg/t1.html": article(title())}
LISTS: dict[str, tuple[int, str, Pages, int]] = {
    "the pager's number": (1, "/ndbg/", paged(CALL), 6),
    "a link to a next page that is none": (
        1,
        "/ndbg/",
        paged(NEXT.format("index_1.html"), NEXT.format("index_2.html"), NEXT.format("index_3.html")),
        6,
    ),
    "rows in scripts": (3, "/", written(), 5),
    "the directory": (5, "/szf/ndbg/", Directory(), 32),
    "a shell": (19, "/ndbg/", Pages({"/ndbg/": "<script>location.replace('list.html')</script>", **ONE}), 1),
    "a frame": (
        19,
        "/ndbg/",
        Pages({"/ndbg/": '<html><body><iframe src="list.html"></iframe></body></html>', **ONE}),
        1,
    ),
    "a page that reloads itself": (
        19,
        "/ndbg/",
        Pages(
            {
                "/ndbg/": '<meta http-equiv="refresh" content="600">' + listing(("t1.html", title())),
                "/ndbg/t1.html": article(title()),
            }
        ),
        1,
    ),
    "copies": (
        21,
        "/ndbg/",
        Copies({"/ndbg/202601/t20260129_1.html": article(title()), "/ndbg/t2.html": article(title(2024))}),
        2,
    ),
    "queries": (
        23,
        "/zfxxgknb/",
        Pages(
            {
                "/zfxxgknb/": listing(
                    ("/index.php?c=show&id=115", title()),
                    ("/index.php?c=show&id=116", title(2024)),
                    ("/year_details.aspx?dept=1&id=66071", title(2023)),
                    ("/year_details.aspx?dept=2&id=66071", title(2022)),
                ),
                "/index.php?c=show&id=115": article(title()),
                "/index.php?c=show&id=116": article(title(2024)),
                "/year_details.aspx?dept=1&id=66071": article(title(2023)),
                "/year_details.aspx?dept=2&id=66071": article(title(2022)),
            }
        ),
        4,
    ),
}
ITSELF = Pages({"/ndbg/": "<html><script>location.replace('index.html')</script></html>"})
LOOK_ALIKES = {
    f"{title()}解读": "解读",
    f"图解：{title()}": "解读",
    "云汀市各单位2025年政府信息公开工作年度报告公布情况": "公布情况",
    "关于做好2025年政府信息公开工作年度报告编制发布的通知": "通知",
    "云汀市政府信息公开年度报告制度": "制度",
    "云汀市审计局2025年法治政府建设年度报告": "法治",
    "云汀市人民政府网站2025年政府网站工作年度报表": "网站",
    "云汀市住房公积金2025年年度报告": "公积金",
}
MIXED = Pages(
    {
        "/gknb/": listing(("t1.html", title()), *((f"n{n}.html", name) for n, name in enumerate(LOOK_ALIKES))),
        "/gknb/t1.html": article(title()),
    }
)
FILE = Reply(b"\xd0\xcf\x11\xe0" + b"0" * 600, content_type="application/msword")
WITHOUT_TEXT: dict[str, tuple[str, tuple[str, ...]]] = {
    "only a file": (
        '<p><a href="./W020260129.docx" OLDSRC="W020260129.docx">年度报告</a></p>',
        ("/ndbg/W020260129.docx",),
    ),
    "only pictures": (
        '<p><img src="./W0202601291.png" OLDSRC="W0202601291.png"></p>' * 2
        + '<p><img src="2.jpg"><img src="/a/icon.gif"></p>',
        ("/ndbg/W0202601291.png", "/ndbg/2.jpg"),
    ),
    "nothing": ("", ()),
    "a script": ('<script>var wpsFile = "./P020260129000000001.wps";</script>', ("/ndbg/P020260129000000001.wps",)),
    "a Chinese name": ('<p><a href="年度报告.doc">下载</a></p>', ("/ndbg/%E5%B9%B4%E5%BA%A6%E6%8A%A5%E5%91%8A.doc",)),
    "line breaks": ('<p><a href="\n/files/a.doc\n\n">年报</a></p>', ("/files/a.doc",)),
}
PICTURE = Reply(b"\x89PNG\r\n\x1a\n" + b"0" * 600, content_type="image/png")
PDF = Reply(b"%PDF-1.4\n" + b"0" * 600, content_type="application/pdf")
TEXTLESS = Pages(
    {
        "/ndbg/": listing(
            ("/files/2008.pdf", title(2008)),
            *((f"b{n}.html", title(2025 - n)) for n in range(len(WITHOUT_TEXT))),
        ),
        "/files/2008.pdf": PDF,
        **{f"/ndbg/b{n}.html": article(title(2025 - n), body) for n, (body, _) in enumerate(WITHOUT_TEXT.values())},
        **{
            path: PICTURE if path.endswith(("png", "jpg")) else FILE
            for _, paths in WITHOUT_TEXT.values()
            for path in paths
        },
    }
)
