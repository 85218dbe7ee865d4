"""The generic reader: branches and years of columns that no family knows."""

from __future__ import annotations

import pytest

from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.spiders.families.invented import DAY, LOOK_ALIKE, title

HOST = "http://www.example.gov.cn"
YEARS = '<select onchange="{script}"><option value="0">请选择</option><option value="2023">2023年</option></select>'


@pytest.mark.parametrize(
    ("path", "script", "expected"),
    [
        ("/gk/zfxxgknb/", "location.href='/gk/zfxxgknb/'+this.value+'/'", ["/gk/zfxxgknb/2023/"]),
        ("/gk/zfxxgknb/", "window.location = 'list_' + this.value + '.html'", ["/gk/zfxxgknb/list_2023.html"]),
        ("/gk/zfxxgknb/", "window.open('?year='+this.value)", ["/gk/zfxxgknb/?year=2023"]),
        ("/gk/tzgg/", "location.href='/gk/tzgg/'+this.value+'/'", []),
        ("/gk/zfxxgknb/", "location.href=base+this.value", []),
        ("/gk/zfxxgknb/", "change(this)", []),
    ],
)
def test_the_years_of_a_column_stand_where_a_choices_script_leads(path: str, script: str, expected: list[str]) -> None:
    page = Page(HOST + path, f"<html><body>{YEARS.format(script=script)}</body></html>")
    assert [link.url for link in recognise(page).columns(page)] == [HOST + url for url in expected]


OBJECT = "{{title: '{name}', url: '/d/{number}.html', date: \"2026-01-29\"}}"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("var data = [{one}, {other}]; show(data);", 1),
        ("render({{total: 2, rows: [{one}]}});", 1),
        ("render([{one},]);", 1),
        ("var data = [{other}];", 0),
        ("var data = [{one}", 0),
        ("var data = {one};", 0),
    ],
)
def test_reports_that_stand_as_objects_in_a_script_are_rows(script: str, expected: int) -> None:
    text = script.format(one=OBJECT.format(name=title(), number=1), other=OBJECT.format(name=LOOK_ALIKE, number=2))
    page = Page(f"{HOST}/gk/zfxxgknb/", f"<html><body><ul></ul><script>{text}</script></body></html>")
    assert recognise(page).rows(page) == (Row(f"{HOST}/d/1.html", title(), DAY),) * expected


def test_objects_in_a_script_are_left_where_the_page_has_its_rows() -> None:
    listed = f'<ul><li><a href="/d/2.html">{title()}</a><span>2026-01-29</span></li></ul>'
    script = f"<script>var data = [{OBJECT.format(name=title(), number=1)}]</script>"
    page = Page(f"{HOST}/gk/zfxxgknb/", f"<html><body>{listed}{script}</body></html>")
    assert [row.url for row in recognise(page).rows(page)] == [f"{HOST}/d/2.html"]
