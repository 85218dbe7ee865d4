"""What the archive says has a Chinese form: every sentence of the code, every name, and whatever a portal writes into them."""

from __future__ import annotations

import ast
import re
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest
import yaml

from archive.comparing.labels import order
from archive.crawling.losses import Reading, lessened, lost
from archive.deriving.documents import Outcome
from archive.monitor.standings import Found, Lacking, Status, judge
from archive.registry.classes import KINDS
from archive.registry.deadlines import Due, load
from archive.web import speech
from archive.web.speech import in_chinese, slots
from archive.web.speech.names import names
from archive.web.speech.sentences import LONGEST, Template, templates
from archive.web.words import LANGUAGES
from parser.chains import CHAINS, Link, message_of
from parser.checks import expected_keys, findings, identities
from parser.documents.document import Line
from parser.forms import form
from parser.record import Figure, PublishedSource, Record, Result, Section, Severity, State
from tests.test_house import ROOT, package_files, relative
from tests.test_log_manual import MANUAL, _texts, normal, told

# Modules whose sentences are shown: a portal's and a crawl's stand in the log manual, all of the parser's are shown.
SPEAKING = (
    *(f"archive/monitor/{name}.py" for name in ("claims", "silence", "standings", "survey")),
    *(f"archive/findings/{name}.py" for name in ("chains", "doubts", "hierarchy", "likeness", "scarring")),
    *(f"archive/deriving/{name}.py" for name in ("documents", "filing", "readers", "reparsing", "timeline", "visits")),
    *("archive/registry/deadlines.py", "archive/crawling/losses.py", "archive/comparing/figures.py"),
    *("archive/divisions/asked.py", "archive/words/queries.py", "archive/panels/panels.py", "archive/captures.py"),
    *("crawler/expectations.py", "crawler/resting.py", "spiders/verdicts.py"),
)
MARKUP = frozenset(f"parser/marking/{name}.py" for name in ("frame", "reading", "safe"))  # pages in both languages
NO_SENTENCES = {
    "Number | State": "a type",
    "⟨…⟩ articles were left as they stand, since their bytes are not within reach: ⟨…⟩": "said to who runs reparse",
    "cannot be judged": "a result, which is no sentence",
    "⟨…⟩ UTC": "a time in a sentence",
    "(not printed)": "in the place of a number",
    "part of another": "a count of the data",
    "a reading without a record means nothing": "a fault of the program",
    "a reading without a record is not filed": "a fault of the program",
    "report words": "why a row is a report, which nobody is told",
    "report words, then ⟨…⟩": "why a row is a report, which nobody is told",
    "年报 in a report column": "why a row is a report, which nobody is told",
}
NO_RULES = frozenset({"tables.broken", "document.cookie"})  # of xxgk verify; of a script
UNTOLD = re.compile(  # of files that a person writes: said on a terminal only
    r"deadlines\.md|TOML|\[\[rules\]\]|two rules|hold for the same publishers|first_year|hard day|month and day|hard_month"
    r"|go together|is no class: write|rule ⟨…⟩ is not well formed|^number ⟨…⟩$|likeness_bands|json_each|unnest|ulimit"
    r"|^(?:line|table) ⟨…⟩|^of page ⟨…⟩$"
)
SAMPLES = {
    "words": "望河镇",
    "phrase": "望河镇",
    "said": "it is gone",
    "list": "requests.new.total 5, requests.total.total 6",
    "figures": "requests.new.total '5' (0.85)",
    "columns": "natural_person, in_force, litigation_direct.upheld",
    "day": "2025-01-20",
    "moment": "2025-01-20 08:30",
    "number": "1,234.5",
    "size": "64 MiB",
    "share": "97%",
    "url": "http://www.qingwan.gov.cn/nb/?a=1;b=(2)",
    "quoted": "'其他: \\'件\\''",
    "key": "requests.new.total",
    "error": "DownloadTimeoutError",
    "systems": "jiasule",
    "classes": "township, street",
    "requests.columns": "natural_person",
    "requests.rows": "carried_out",
    "review.rows": "litigation_direct",
    "statistics.rows": "received",
}
_FIELD = "⟨…⟩"
_ENGLISH = re.compile(r"(?<![\w./'-])[a-z]{2,}(?:'s)? [a-z]{2,}(?![\w./])")


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        ("seen on 2025-01-20, due by 条例 2019 第四十九条第一款: 每年1月31日前", "2025年1月20日已见到；期限依据：《条例》（2019年）第四十九条第一款：每年1月31日前"),
        (
            ("published on 2025-01-20 (list), due by practice of the place (1月31日); "
            "条例 2019 第四十九条 does not name towns and streets, hard line 3月31日"),
            "公布日期2025年1月20日（列表日期）；期限依据：各地惯例（1月31日）；《条例》（2019年）第四十九条未列乡镇、街道，最迟3月31日",
        ),
        ("due by 望河市规定: 2月末前", "期限依据：望河市规定: 2月末前"),
        ("gone since 2025-03-02: its address answers 404; its versions are kept", "自2025年3月2日起不再见到：原网址返回状态404；各版本仍有存档"),
        (
            "its column lists '2024年报; 望河镇' (http://a.gov.cn/b.html), which could not be read as a report",
            "其栏目列有“2024年报; 望河镇”（http://a.gov.cn/b.html），未能读作年报",
        ),
        (
            "new + carried_in = total + carried_out, but natural_person has 24 against 23",
            "本年新收与上年结转之和应等于总计与结转下年度之和：“自然人”栏前者为24，后者为23",
        ),
        (
            "total = the sum of the six applicant columns, but granted has 3 against 4",
            "总计应等于六类申请人之和：“（一）予以公开”行总计为3，六栏之和为4",
        ),
        ("the cell prints '3件; 其中: 2'; a count cannot be negative", "单元格填的是“3件; 其中: 2”；数量不能为负"),
        (
            "no cell stands under natural_person, other: 1 | 2; 3",
            "“自然人、其他”下没有单元格：1 | 2; 3",
        ),
        (
            "carried in is what the year before carried out: the report on 2023 makes it 4, found 5",
            "上年结转应等于上一年的结转下年度：按2023年年报应为4，实为5",
        ),
        (
            ("all that is not 0 is what the report on 2020 says: requests.new.total 5, requests.total.total 5 and 3 more; "
            "with fewer than 3 different numbers it may be chance"),
            ("所有非零数字都与2020年年报相同：“一、本年新收政府信息公开申请数量 · 总计”5、“（七）总计 · 总计”5，另有3项；"
            "不同的数字少于3个，可能是巧合"),
        ),
        ("97% of section 5 stands in the report of 望河镇 too, which was there before", "第5部分有97%也见于望河镇在先的年报"),
        ("19 columns, 2 listed pages are gone", "19个栏目，列出的页面有2个已不存在"),
        (
            ("http://a.gov.cn/x: HTTP 404; b.com is not under .gov.cn; allow it with --allow b.com if it is official; "
            "robots.txt of http://c.gov.cn forbids /b and 2 more"),
            "http://a.gov.cn/x：HTTP 404；b.com不在.gov.cn下；如属官方，可用--allow b.com允许；http://c.gov.cn的robots.txt禁止读取/b，另有2项",
        ),
        (
            ("http://a.gov.cn/: robots.txt of http://a.gov.cn could not be read: ruishu blocks http://a.gov.cn/robots.txt: "
            r"\$_ts\s*=\s*window\[['\"]\$_ts['\"]\] in the page"),
            ("http://a.gov.cn/：http://a.gov.cn的robots.txt无法读取：瑞数拦截了http://a.gov.cn/robots.txt："
            r"页面中有\$_ts\s*=\s*window\[['\"]\$_ts['\"]\]"),
        ),
        (
            "http://a.gov.cn/: a.gov.cn resolves to a private address (10.0.0.1)",
            "http://a.gov.cn/：a.gov.cn解析到内网地址（10.0.0.1）",
        ),
        (
            "http://a.gov.cn/: DownloadTimeoutError: User timeout caused connection failure",
            "http://a.gov.cn/：连接超时：User timeout caused connection failure",
        ),
        (
            ("应于2025-01-31前公布，至今未见。依据：not in its column on 2025-02-03; due by practice of the place (1月31日); "
            "条例 2019 第四十九条 does not name tow…"),
            ("应于2025年1月31日前公布，至今未见。依据：2025年2月3日栏目中没有；期限依据：各地惯例（1月31日）；"
            "《条例》（2019年）第四十九条未列乡镇、街道，最迟3月31日"),
        ),
        ("页面日期2025-01-20，首次见到2025-01-21。", "页面日期2025年1月20日，首次见到2025年1月21日。"),
        ("body attachment: http://a.gov.cn/a.zip: zip documents cannot be read: unpack it and give the files in it", "正文为附件：http://a.gov.cn/a.zip：无法读取zip压缩包：请解压后提供其中的文件"),
        ("a sentence that nobody says", None),
        ("已是中文", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_sentence_of_the_archive_is_said_in_chinese(sentence: str, chinese: str | None) -> None:
    assert in_chinese(sentence) == chinese


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.english)
def test_every_line_of_the_table_is_found_by_a_sentence_of_its_own(template: Template) -> None:
    said = {name: sample(kind) for name, kind in template.kinds.items()}
    sentence = re.sub(r"\{(\w+)(?::[\w.]+)?\}", lambda slot: said[slot[1]], template.english)
    chinese = {
        name: slots.in_chinese(template.kinds[name], text, in_chinese, loose=True) for name, text in said.items()
    }
    assert in_chinese(sentence) == template.chinese.format_map(chinese)


def test_every_sentence_of_the_code_has_a_line_in_the_table() -> None:
    lacking = [f"{place}: {text}" for text, place in sentences().items() if not is_told(text)]
    assert lacking == [], "\n".join(["archive/web/speech/sentences.toml lacks", *lacking])


def test_every_detail_of_a_portal_in_the_log_manual_has_a_line_in_the_table() -> None:
    details = list(told(details_of_the_manual()))
    assert len(details) > 120
    assert [text for text in details if not is_told(text)] == []


def test_the_table_has_no_words_that_the_code_does_not_say() -> None:
    said = {re.sub(r"\s+", " ", text) for path in package_files() for text in texts_of(path)}
    everything = "\n".join(said)
    stale = [
        f"{each.english}: {clause}"
        for each in templates()
        for clause in clauses(each)
        if not any(is_in_two(clause, at, everything) for at in range(len(clause.split())))
    ]
    assert stale == [], "\n".join(stale)


def test_what_is_no_sentence_is_still_in_the_code() -> None:
    texts = {text for path in speaking() for text, _ in messages_of(path)}
    assert sorted(NO_SENTENCES.keys() - texts) == []
    assert [name for name in SPEAKING if not (ROOT / name).is_file()] == []


def test_no_order_of_events_gives_a_standing_without_chinese() -> None:
    day = date(2025, 1, 31)
    due = Due(day, day, "law", "条例 2019 第四十九条第一款: 每年1月31日前", "国务院令第711号", "law")
    moments = [None, *(datetime(2025, month, 10, tzinfo=UTC) for month in (1, 2, 3))]
    days = [None, *(date(2025, month, 10) for month in (1, 2, 3))]
    said = set()
    for seen, lacked, stated, signed, gone in product(moments[1:], moments, days, days, moments):
        for source, again in product(PublishedSource, (False, True)):
            lacking = Lacking(1, lacked) if lacked is not None else None
            found = Found(1, "http://a.gov.cn/", seen, stated, source, signed, gone, "it is gone", lacking)  # type: ignore[arg-type]
            judged = judge(found, due, 2024, stated_again=again)
            said |= {judged.basis, *(finding.message for finding in judged.findings)}
    assert len(said) > 80
    assert [sentence for sentence in said if english_in(in_chinese(sentence))] == []


@pytest.mark.parametrize("template", ["2019", "2021"])
def test_whatever_the_checks_of_a_report_find_is_said_in_chinese(template: str) -> None:
    keys = [key for table in ("disclosure", "requests", "review") for key in expected_keys(table, template)]
    states = (State.BLANK, State.DASH, State.TEXT)
    numbers = {key: Figure(value=at * 7 % 50 - 4, text="'1'; 2", state=State.NUMBER) for at, key in enumerate(keys)}
    others = {key: Figure(value=None, text='3"; 件', state=states[at % 3]) for at, key in enumerate(keys)}
    older = {
        f"statistics_2014.{row}.value": Figure(value=at, text=str(at), state=State.NUMBER)
        for at, row in enumerate(form("statistics_2014").row_names)
    }
    heads = (
        Section(number=5, heading="问题", text="2023年，我局将继续努力"),
        Section(number=1, heading="总体", text=""),
    )
    said: dict[str, str] = {}
    for title, figures, sections in ((None, numbers, ()), ("报告", others, heads), ("报告", older | numbers, heads)):
        for publisher in (None, "清湾市望河镇人民政府"):
            made = Record(
                title=title,
                publisher=publisher,
                report_year=2024,
                template=template,
                figures=figures,
                sections=sections,
            )
            checked = made.model_copy(update={"checks": tuple(identities(figures, {}))})
            lines = [Line("本年新收到政府信息公开申请123件; 根据国办公开办函〔2019〕60号", 1)]
            said |= {one.message: one.rule for one in findings(checked, 2023, lines, (5, 1))}
        fewer = made.model_copy(update={"figures": dict(list(numbers.items())[:3])})
        said |= {one.message: one.rule for one in findings(fewer, None, [], ())}
    wanted = {
        "requests.columns",
        "review.total",
        "cells.blank",
        "cells.missing",
        "sections.order",
        "narrative.mismatch",
    }
    assert wanted <= set(said.values())
    assert [sentence for sentence in said if english_in(in_chinese(sentence))] == []


def test_what_a_portal_lost_is_said_in_chinese() -> None:
    day = datetime(2025, 1, 20, tzinfo=UTC)
    columns = {f"http://www.qingwan.gov.cn/{number}/": 10 for number in range(6)}
    said = set()
    for left in range(6):
        now = Reading(day, dict(list(columns.items())[:left]) or {"http://www.qingwan.gov.cn/0/": 0})
        said |= {lost(Reading(day, columns), now), lessened(Reading(day, columns), now)}
    assert len(said) > 6
    assert [sentence for sentence in said if sentence is not None and english_in(in_chinese(sentence))] == []


def test_every_chain_that_breaks_is_said_in_chinese() -> None:
    said = {message_of(Link(chain, Result.FAILS, 4, 5), 2023) for chain in CHAINS}
    assert len(said) == 4
    assert [sentence for sentence in said if english_in(in_chinese(sentence))] == []


def test_every_rule_on_deadlines_says_in_chinese_why_it_decides() -> None:
    rules = load()
    said = {text for rule in rules.rules for text in (rule.basis, rule.title) if re.search("[A-Za-z]", text)}
    said |= {
        one.because
        for kind, division, year in product(KINDS, (None, "431200", "460100", "140100"), (2010, 2021, 2024))
        for one in rules.explain(kind, division, year)
    }
    assert len(said) > 50
    assert [sentence for sentence in said if english_in(in_chinese(sentence))] == []


def test_every_reason_to_compare_figures_of_two_forms_has_a_chinese_form() -> None:
    data = tomllib.loads((ROOT / "archive/comparing/equivalents.toml").read_text(encoding="utf-8"))
    said = set(re.findall(r"'reason': [\"'](.+?)[\"'], '", str(data)))
    assert len(said) > 40
    assert [sentence for sentence in said if english_in(in_chinese(sentence))] == []


def test_everything_that_has_a_name_has_one_in_both_languages() -> None:
    systems = yaml.safe_load((ROOT / "crawler/blocked.yml").read_text(encoding="utf-8"))["systems"]
    stated = tomllib.loads((ROOT / "parser/narrative.toml").read_text(encoding="utf-8"))["phrases"]
    named: dict[str, set[str]] = {
        "statuses": set(Status),
        "severities": set(Severity),
        "classes": set(KINDS),
        "outcomes": {*Outcome, "ok", "incomplete", "blocked", "unreachable", "disallowed"},
        "states": {*State, "published", "withdrawn"},
        "sources": set(PublishedSource),
        "systems": {each["system"] for each in systems},
        "stated": {each["name"] for each in stated},
        "rules": rules_of_the_code(),
    }
    assert {table: found - names(table).keys() for table, found in named.items() if found - names(table).keys()} == {}
    assert names("rules").keys() == named["rules"]
    families = {rule.partition(".")[0] for rule in names("rules") if "." in rule}
    assert families == names("families").keys()
    assert all(entry.keys() == set(LANGUAGES) for table in named for entry in names(table).values())


@pytest.mark.parametrize(
    ("said", "chinese", "english"),
    [
        (speech.rule_name, {"requests.balance": "新收、结转与总计不符"}, {"requests.balance": "requests do not balance"}),
        (speech.family_name, {"requests": "依申请公开", "jump": "数字大幅变动"}, {"chain": "chains of years"}),
        (speech.status_name, {"on_time": "按时", "late": "逾期", "not_due": "未到期"}, {"not_due": "not due"}),
        (speech.outcome_name, {"blocked:jiasule": "被拦截（加速乐）", "ok": "正常"}, {"blocked:odd": "blocked (odd)"}),
        (speech.class_name, {"zone": "功能区"}, {"state_council": "State Council department"}),
        (speech.severity_name, {"error": "错误"}, {"info": "info"}),
        (speech.template_name, {"2014": "2014年格式（国办发〔2014〕32号）"}, {"2021": "form of 2021"}),
        (speech.state_name, {"withdrawn": "已撤下", "blank": "空白"}, {"dash": "dash"}),
        (speech.source_name, {"signed": "落款日期"}, {"list": "list"}),
        (speech.table_name, {"review": "政府信息公开行政复议、行政诉讼情况"}, {"requests": "requests"}),
        (speech.rule_name, {"newer.rule": "newer.rule"}, {"{x}": "{x}"}),
    ],
)  # fmt: skip
def test_a_name_is_said_in_both_languages_and_an_unknown_one_is_kept(
    said: object, chinese: dict[str, str], english: dict[str, str]
) -> None:
    assert callable(said)
    assert {name: said(name, "zh") for name in chinese} == chinese
    assert {name: said(name, "en") for name in english} == english


def test_every_figure_of_every_form_has_a_label_of_the_form_and_english_words() -> None:
    keys = list(order())
    assert len(keys) > 250
    assert [key for key in keys if not re.search(r"[\u4e00-\u9fff]", speech.figure_name(key, "zh"))] == []
    assert [key for key in keys if not re.fullmatch(r"[a-z0-9 ·]+", speech.figure_name(key, "en"))] == []
    assert speech.figure_name("requests.new.natural_person", "zh") == "一、本年新收政府信息公开申请数量 · 自然人"
    assert speech.figure_name("requests.new.natural_person", "en") == "new · natural person"
    assert speech.figure_name("statistics_2014.received.value", "en") == "received"
    assert speech.figure_name("made.up.key", "zh") == "made.up.key"


def test_the_six_sections_are_called_as_the_form_heads_them() -> None:
    assert [speech.section_name(number, "zh") for number in (1, 6)] == ["总体情况", "其他需要报告的事项"]
    assert speech.section_name(5, "en") == "problems and improvements"


@pytest.mark.parametrize(
    "words",
    [
        "{day} {0.__class__}",
        "<script>alert(1)</script>",
        "%s %(x)s",
        "\\1 \\g<0>",
        "a\nb\u2028c",
        "'''\"\\",
        "; ; ",
        "\ud800",
    ],
)
def test_what_a_portal_wrote_is_kept_as_it_is(words: str) -> None:
    assert in_chinese(f"section 1 {words} says nothing") == f"第1部分“{words}”没有内容"


@pytest.mark.parametrize(
    "hostile",
    [
        "http://a.gov.cn/: " * 1_100,
        "a; " * 6_000,
        "robots.txt of a could not be read: " * 550,
        "the cell prints '" + "\\'" * 9_900,
        "its column lists '" + "' (" * 6_600,
        "x and 1 more" * 1_600,
        "no cell stands under " + ": " * 9_900,
        "requests.new.total " * 1_050,
        ":" * 19_990,
        "http://" + ":;,)" * 4_990 + " is a file, not a list",
        " of " * 5_000,
        "; ".join(["gone since 2025-01-01: " * 100] * 8),
    ],
    ids=lambda text: text[:24],
)
def test_a_sentence_made_to_stall_ends_soon(hostile: str) -> None:
    assert len(hostile) <= LONGEST
    began = time.process_time()
    in_chinese(hostile)
    assert time.process_time() - began < 2


def test_what_is_longer_than_anything_the_archive_says_is_not_read() -> None:
    assert in_chinese(f"section 1 {'长' * LONGEST} says nothing") is None


# The code


def sample(kind: str) -> str:
    """What may stand at a place."""
    return SAMPLES[kind] if kind in SAMPLES else next(iter(names(kind)))


def speaking() -> list[Path]:
    """The modules whose sentences are shown."""
    parsers = [path for path in package_files() if relative(path).startswith("parser/") and path.suffix == ".py"]
    return [*(ROOT / name for name in SPEAKING), *(path for path in parsers if relative(path) not in MARKUP)]


def messages_of(path: Path) -> Iterator[tuple[str, int]]:
    """The texts of a module that may be said, with their lines; constants outside functions too."""
    return _texts(ast.parse(path.read_text(encoding="utf-8")), constants=True)


def sentences() -> dict[str, str]:
    """Each sentence of the modules, with a place where it is made."""
    found: dict[str, str] = {}
    for path in speaking():
        for text, line in messages_of(path):
            if text not in NO_SENTENCES and UNTOLD.search(text) is None:
                found.setdefault(text, f"{relative(path)}:{line}")
    return found


def is_told(text: str) -> bool:
    """Whether a line of the table has the literal parts of a text, in their order."""
    parts = [re.escape(part.strip()) for part in text.split(_FIELD) if re.search(r"\w", part)]
    pattern = re.compile(".*?".join(parts))
    return text in names("formats") or any(pattern.search(one) for one in SKELETONS)


def details_of_the_manual() -> str:
    """The parts of the log manual that say how portals were read."""
    parts = re.split(r"^## ", MANUAL.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return "\n".join(f"## {part}" for part in parts if part.startswith("Details: "))


def texts_of(path: Path) -> Iterator[str]:
    """All texts of a module, those of sentences with their places alike; of a table, all of it."""
    written = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        if path.suffix in {".toml", ".yml"} and "speech" not in path.parts:
            yield written
        return
    for node in ast.walk(ast.parse(written)):
        if isinstance(node, ast.JoinedStr):
            yield normal("".join(str(one.value) if isinstance(one, ast.Constant) else _FIELD for one in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield normal(node.value)


def clauses(template: Template) -> list[str]:
    """The runs of words in a line of the table that nothing interrupts."""
    found = [clause.strip() for part in template.literals for clause in re.split(r"[:;,()]", part)]
    return [clause for clause in found if " " in clause and re.search("[a-z]", clause)]


def is_in_two(clause: str, at: int, everything: str) -> bool:
    """Whether a clause is said, as a whole (at 0) or cut in two, as where a sentence is put together."""
    words = clause.split()
    return all(" ".join(half) in everything for half in (words[:at], words[at:]))


def rules_of_the_code() -> set[str]:
    """Every rule of a finding that some module names."""
    families = "|".join(names("families"))
    found = {"jump"}
    for path in package_files():
        if path.suffix == ".py" and relative(path).startswith(("parser/", "archive/")) and "speech" not in path.parts:
            written = path.read_text(encoding="utf-8")
            found |= set(re.findall(rf"\"((?:{families})\.[a-z_]+)\"", written))
    return {rule for rule in found if not rule.endswith((".toml", ".html"))} - NO_RULES


def english_in(chinese: str | None) -> bool:
    """Whether a sentence has no Chinese form, or one with English sentences left in it."""
    return chinese is None or _ENGLISH.search(chinese) is not None


SKELETONS = [re.sub(r"\{\w+(?::[\w.]+)?\}", _FIELD, each.english) for each in templates()]
