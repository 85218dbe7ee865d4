"""Shells: one hop, and no page is taken for one."""

from __future__ import annotations

import pytest

from spiders.families.pages import Page
from spiders.shells import is_shell, target

WORDS = "政府信息公开栏目的正文。" * 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>location.replace('index_1.html')</script>", "http://a/n/index_1.html"),
        ('<html><script>window.location.href = "/x/";</script></html>', "http://a/x/"),
        ('<meta http-equiv="refresh" content="0; url=./list.html">', "http://a/n/list.html"),
        ('<meta http-equiv="Refresh" content="0;URL=\'list.html\'"><p>正在跳转</p>', "http://a/n/list.html"),
        ('<html><body><iframe src="list.html"></iframe></body></html>', "http://a/n/list.html"),
        ('<html><frameset><frame src="list.html"></frameset></html>', "http://a/n/list.html"),
        ("<script>location.replace('./')</script>", None),
        ('<meta http-equiv="refresh" content="0; url=./">', None),
        (f'<meta http-equiv="refresh" content="600"><p>{WORDS}</p>', None),
        (f'<meta http-equiv="refresh" content="0; url=x.html"><p>{WORDS}</p>', None),
        (f'<iframe src="visit.jsp"></iframe><p>{WORDS}</p>', None),
        ('<iframe src="a.html"></iframe><iframe src="b.html"></iframe>', None),
        (
            '<iframe src="/module/xxgk/tree.jsp?area="></iframe><iframe src="xxgkAnnualReport.jsp?area=11"></iframe>',
            None,
        ),
        ("<script>document.cookie='k=1';location.href='/x'</script>", None),
        ('<iframe src="top.html"></iframe><span data-url="/zwgk/">政务公开</span>', None),
        ("<p>登录| 注册</p>", None),
        ('<input type="button" value="首页" onclick="location=\'/\'"><img onclick="location.href=\'/zwgk/\'">', None),
    ],
)
def test_where_a_shell_leads(text: str, expected: str | None) -> None:
    assert target(Page("http://a/n/", text)) == expected


def test_a_shell_that_leads_to_itself_is_one_and_leads_nowhere() -> None:
    page = Page("http://a/n/", "<script>location.replace('index.html')</script>")
    assert is_shell(page)
    assert target(page) is None
