"""``xxgk diff`` as its users read it: on a terminal, as JSON, and as a page that stands alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html as pages

from archive.deriving.derive import derive
from archive.store import Archive
from tests.archive.answers import publish, report_page
from tests.archive.conftest import Clock
from tests.crawler.commands import Here, Ran
from tests.papers.paper import Paper, paper

AGENCY = "清湾市财政局"
URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/{}.html"
HOSTILE = "<script>alert(1)</script><img src=http://a/b onerror=x> {{ 7*7 }} \x1b[31m\u202e倒写。"
TRAIN = "全年组织培训{}次，各科室均派人参加。"


def papers() -> list[Paper]:
    found = [paper(AGENCY, year) for year in (2020, 2021, 2022, 2024)]
    found[1] = replace(
        found[1].with_figures(
            **{f"requests__other_{name}__total": "2" for name in ("uncorrected", "unpaid", "else")},
            requests__granted__business="",
            requests__new__total="20",
        ),
        prose={**found[1].prose, 5: (TRAIN.format(2), "专栏的检索入口移到首页。")},
    )
    found[2] = replace(
        found[2].with_figures(requests__granted__business="0", requests__new__total="30"),
        prose={**found[2].prose, 5: (TRAIN.format(6), HOSTILE)},
    )
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with four years of an agency, of which the last has two versions."""
    made = tmp_path_factory.mktemp("diff")
    clock = Clock()
    with Archive.open(made / "xxgk-archive", create=True, write=True, clock=clock) as archive:
        for item in papers():
            publish(archive, URL.format(item.year), report_page(item), title=item.title)
        derive(archive)
        clock.advance(days=1)
        edited = papers()[-1].with_figures(disclosure__penalties__decisions="777")
        publish(archive, URL.format(2024), report_page(edited), title=edited.title)
        derive(archive)
    return made


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Here:
    return Here(capsys, monkeypatch, folder, "diff", columns=80)


def of(ran: Ran, key: str) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {row["key"]: row for row in ran.lines[0]["figures"]}
    return found[key]


def read(name: str) -> Any:
    """A page that was written, as a browser reads it."""
    return pages.fromstring(Path(name).read_text(encoding="utf-8"))


def test_two_years_are_told_with_their_labels_changes_and_chains(diff: Here) -> None:
    ran = diff(AGENCY, "2021", "2022")
    assert (ran.status, ran.err) == (1, "")
    assert "一、本年新收政府信息公开申请数量  requests.new" in ran.out
    assert re.search(r"总计 total +20 +30 +\+10 +\+50\.0 %", ran.out)
    assert re.search(r"商业企业 business +\(blank\) +0 *$", ran.out, re.MULTILINE)
    assert "! chain.requests requests.carried_in." in ran.out
    assert "  ~ 全年组织培训[-2-]{+6+}次，各科室均派人参加。" in ran.out
    assert "  - 专栏的检索入口移到首页。" in ran.out
    assert not set(ran.out) & set("\x1b\u202e")


def test_by_default_only_what_differs_is_told_and_every_figure_with_all(diff: Here) -> None:
    few, every = diff(AGENCY, "2021", "2022").out, diff(AGENCY, "2021", "2022", "--all").out
    assert "review.litigation_direct" in every
    assert every.count("\n") > few.count("\n") + 40


def test_a_terminal_has_colours_and_a_pipe_has_none(diff: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[32m{+6+}" in diff(AGENCY, "2021", "2022").out


def test_json_keeps_the_names_it_had_and_says_what_is_new(diff: Here) -> None:
    ran = diff(AGENCY, "2021", "2022", "--json")
    (line,) = ran.lines
    assert (ran.status, line["publisher"], line["years"]) == (1, AGENCY, [2021, 2022])
    assert line["urls"] == [URL.format(2021), URL.format(2022)]
    row = of(ran, "requests.new.total")
    assert {key: row["2021"][key] for key in ("value", "text", "state")} == {
        "value": 20,
        "text": "20",
        "state": "number",
    }
    assert (row["2022"]["value"], row["change"], row["percent"], row["relation"]) == (30, 10, 50, "same")
    assert row["label"] == "一、本年新收政府信息公开申请数量 · 总计"
    blank = of(ran, "requests.granted.business")
    assert (blank["2021"]["state"], blank["2022"]["value"], blank["change"], blank["said"]) == (
        "blank",
        0,
        None,
        ["before: blank"],
    )
    section = line["sections"][4]
    assert section.keys() == {"number", "headings", "similarity", "texts", "reused", "counts", "passages"}
    assert section["passages"][0]["pieces"][1:3] == [["dropped", "2"], ["added", "6"]]
    assert (section["passages"][0]["differs"], section["counts"]["changed"]) == ("figures", 1)
    assert {chain["rule"] for chain in line["chains"]} >= {"chain.requests"}


def test_two_forms_are_told_apart_and_sums_and_likes_say_what_they_are(diff: Here) -> None:
    ran = diff(AGENCY, "2020", "2021", "--json")
    row = of(ran, "requests.other_handling.total")
    assert (row["relation"], row["2021"]["value"], row["2021"]["text"]) == ("sum", 6, "2 + 2 + 2")
    assert row["keys"]["2021"] == [f"requests.other_{name}.total" for name in ("uncorrected", "unpaid", "else")]
    assert of(ran, "disclosure.rules.made")["relation"] == "near"
    assert of(ran, "disclosure.procurement.amount")["2021"] is None
    told = diff(AGENCY, "2020", "2021").out
    assert "form 2019 and 2021" in told
    assert "6 = 2 + 2 + 2" in told
    assert "not the same: 本年新制作数量 counts what was drawn up" in told
    assert "procurement" not in told
    assert "disclosure.procurement" in diff(AGENCY, "2020", "2021", "--all").out


def test_all_years_stand_side_by_side_and_gaps_are_said(diff: Here) -> None:
    ran = diff(AGENCY, "--all-years")
    assert ran.status == 1
    assert "4 reports, 2020, 2021, 2022, 2024" in ran.out
    assert "! no report on 2023" in ran.out
    assert "Σ 6 = 2 + 2 + 2" in ran.out
    assert "30 (+10)" in ran.out
    assert "2022 to 2024: " in ran.out
    assert "years apart: no chain is judged" in ran.out
    (line,) = diff(AGENCY, "--all-years", "--json").lines
    assert (line["years"], line["gaps"]) == ([2020, 2021, 2022, 2024], [2023])
    row = next(row for row in line["figures"] if row["key"] == "requests.new.total")
    assert (row["2022"]["value"], row["2022"]["change"], row["2022"]["percent"]) == (30, 10, 50)
    assert [step["years"] for step in line["steps"]] == [[2020, 2021], [2021, 2022], [2022, 2024]]
    assert line["steps"][2]["chains"] == []


def test_the_versions_of_a_report_are_compared_by_name_id_and_address(diff: Here) -> None:
    (line,) = diff(AGENCY, "2024", "--versions", "--json").lines
    rows = [row for row in line["figures"] if row["before"]["text"] != row["after"]["text"]]
    assert [(row["key"], row["after"]["value"]) for row in rows] == [("disclosure.penalties.decisions", 777)]
    assert (line["report_year"], line["reused"], line["current"]) == (2024, 1, [False, True])
    for reference in (str(line["report"]), URL.format(2024)):
        ran = diff(reference, "--versions")
        assert (ran.status, "1 of 200 figures differ" in ran.out) == (0, True)
    alone = diff(AGENCY, "2022", "--versions")
    assert (alone.status, alone.out) == (0, "")
    assert "there is one version of that report" in alone.err


PAGES = [(AGENCY, "2021", "2022"), (AGENCY, "2020", "2021", "--all"), (AGENCY, "--all-years"), (AGENCY, "2024", "--versions"), (AGENCY, "2022", "--versions")]  # fmt: skip


@pytest.mark.parametrize("asked", PAGES, ids=" ".join)
def test_the_page_stands_alone_and_runs_nothing_of_what_a_portal_wrote(diff: Here, asked: tuple[str, ...]) -> None:
    ran = diff(*asked, "--html", "diff.html")
    assert ran.out == ""
    assert "diff.html is written" in ran.err
    text = Path("diff.html").read_text(encoding="utf-8")
    assert not set(text) & set("\x1b\u202e")
    page = read("diff.html")
    assert {each.tag for each in page.iter() if isinstance(each.tag, str)} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "ul", "li", "strong", "span", "div", "br",
        "table", "caption", "thead", "tbody", "tr", "th", "td", "code", "ins", "del",
    }  # fmt: skip
    assert not {name for each in page.iter() for name in each.attrib} & {"src", "href", "onerror", "onload", "style"}
    assert not re.search(r"url\(|@import|expression\(", text)
    assert page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [
        "default-src 'none'; style-src 'unsafe-inline'"
    ]


def test_the_page_tells_changes_by_marks_and_not_by_colours_alone(diff: Here) -> None:
    diff(AGENCY, "2021", "2022", "--html", "diff.html")
    page = read("diff.html")
    changed = page.xpath("//tr[@class='changed'][td[@class='mark' and starts-with(normalize-space(), '~ changed')]]")
    assert any(
        row.xpath(".//del[@class='figure']/text()") == ["2"] and row.xpath(".//ins[@class='figure']/text()") == ["6"]
        for row in changed
    )
    assert "<script>alert(1)</script>" in "".join(page.xpath("//tr[@class='added']//ins/text()"))
    assert "{{ 7*7 }}" in page.text_content()


def test_json_and_a_page_can_be_had_together(diff: Here) -> None:
    ran = diff(AGENCY, "2021", "2022", "--json", "--html", "both.html")
    assert len(ran.lines) == 1
    assert Path("both.html").exists()


WRONG = [
    ([AGENCY], "name two report years"),
    ([AGENCY, "2022"], "name two report years"),
    ([AGENCY, "2022", "2022"], "2022 is one year"),
    ([AGENCY, "2019", "2022"], "no report of 清湾市财政局 on 2019"),
    ([AGENCY, "--all-years", "--versions"], "exclude each other"),
    ([AGENCY, "2022", "--all-years"], "leave 2022 out"),
    ([AGENCY, "2021", "2022", "--versions"], "leave 2022 out"),
    (["没有这个局", "2021", "2022"], "no publisher is called 没有这个局"),
    (["没有这个局", "--all-years"], "no publisher is called 没有这个局"),
    (["99", "--versions"], "no report '99'"),
    ([AGENCY, "2021", "2022", "--html", "none/a.html"], "none/a.html cannot be written"),
]


@pytest.mark.parametrize(
    ("arguments", "says"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_wrong_usage_is_one_sentence(diff: Here, arguments: list[str], says: str) -> None:
    ran = diff(*arguments)
    assert (ran.status, ran.out, len(ran.err.strip().splitlines())) == (2, "", 1)
    assert says in ran.err
