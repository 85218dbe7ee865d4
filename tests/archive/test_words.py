"""Words: what the search finds is what stands in the texts, on both databases, whatever is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from archive.deriving.derive import derive
from archive.errors import ArchiveError
from archive.schema import Publisher, Report, Version, WordBlock, WordPlace, WordSegment
from archive.store import Archive
from archive.study import STUDENTS, Lesson, await_study, forget, study, waiting
from archive.words import blocks, index, search
from archive.words.blocks import bit_of, pack, piece, pieces, spread, unpack
from archive.words.folding import fold, grams, is_whole, needed, traced
from archive.words.index import Words
from archive.words.queries import Query, read
from archive.words.search import Asked, Hit, Search, sections_of
from archive.words.snippets import snippet
from parser import Hints, parse
from parser.record import Record, Section
from tests.archive.answers import publish, report_page, withdraw
from tests.archive.conftest import Clock, Place
from tests.papers.changes import in_section
from tests.papers.paper import paper

AGENCIES = ("清湾市财政局", "清湾市林业局")
YEARS = (2021, 2022, 2023)
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)  # half surrogates too
FEW_SIGNS = st.text("公开信息a1 　。Ａ\n", max_size=14)
LASTING = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the archive is the same for all examples


def keep(archive: Archive, agencies: Iterable[str] = AGENCIES, years: Iterable[int] = YEARS) -> None:
    """Reports of some agencies on some years."""
    for at, agency in enumerate(agencies):
        for year in years:
            item = paper(agency, year)
            publish(archive, f"http://xxgk.qingwan.gov.cn/b{at}/{year}.html", report_page(item), agency=agency)
    derive(archive)


def said(number: int, text: str) -> Section:
    return Section(number=number, heading="总体情况", text=text)


def rewrite(archive: Archive, texts: Mapping[int, Sequence[str]]) -> None:
    """Let versions say something else, section by section, and be studied again."""
    with archive.writing() as session:
        for number, several in texts.items():
            record = Record(sections=tuple(said(at, text) for at, text in enumerate(several, 1)))
            session.execute(update(Version).where(Version.id == number).values(record=record.to_json()))
        await_study(session, texts)
    study(archive)


def numbers(archive: Archive) -> list[int]:
    with archive.session() as session:
        return list(session.scalars(select(Version.id).order_by(Version.id)))


def found(archive: Archive, typed: str, asked: Asked | None = None, limit: int | None = None) -> list[Hit]:
    study(archive)
    return list(Search(archive, read(typed), asked or Asked()).hits(limit))


# What counts as the same word


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("政府　信息\n公开", "政府信息公开"),
        ("ＧＤＰ增长 ５％", "gdp增长5%"),
        ("共 12 件", "共12件"),
        ("Open  Government\tData", "open government data"),
        ("第 3 、 4 条", "第3、4条"),
        ("公\u200b开\ufeff\x00", "公开"),
        ("⼀⽇", "一日"),
        ("資訊公開", "資訊公開"),
        ("１ ２ 件", "1 2件"),
        ("a\u202eb", "ab"),
        (" \n ", ""),
    ],
)
def test_width_case_and_layout_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(text=ANY_TEXT)
def test_a_traced_text_is_the_folded_one_and_every_place_is_in_the_source(text: str) -> None:
    found = traced(text)
    assert found.text == fold(text)
    assert len(found.places) == len(found.text)
    assert list(found.places) == sorted(found.places)
    assert all(at < len(found.source) for at in found.places)


@given(before=FEW_SIGNS, word=FEW_SIGNS, after=FEW_SIGNS)
def test_whatever_has_a_word_has_its_grams(before: str, word: str, after: str) -> None:
    text, folded = fold(before + word + after), fold(word)
    if folded in text:
        assert grams(folded) <= grams(text)
    assert is_whole(folded) <= (needed(folded) == {folded})


def test_a_long_run_of_blanks_is_folded_in_no_time() -> None:
    assert fold("a" + " " * 500_000 + "b") == "a b"
    assert fold("公" + " " * 500_000 + "开") == "公开"


# What is typed


@pytest.mark.parametrize(
    ("typed", "words", "without"),
    [
        ("依申请公开", ("依申请公开",), ()),
        ("公开 信息　收费", ("公开", "信息", "收费"), ()),
        ("收费 -罚款 －处罚", ("收费",), ("罚款", "处罚")),
        ('"open data" 数据', ("open data", "数据"), ()),
        ("“信息 公开”「年度 报告」", ("信息公开", "年度报告"), ()),
        ('收费 -"行政 处罚"', ("收费",), ("行政处罚",)),
        ('公开 "没有关闭', ("公开", "没有关闭"), ()),
        ("公开 公开 - -- 公開", ("公开", "公開"), ()),
        ("AND OR NEAR* ^a:", ("and", "or", "near*", "^a:"), ()),
    ],
)
def test_a_query_has_words_phrases_and_what_must_not_be_there(
    typed: str, words: tuple[str, ...], without: tuple[str, ...]
) -> None:
    assert read(typed) == Query(words, without)


@pytest.mark.parametrize("typed", ["", "  　", '""', "-", "\x00\u200b", "“”", "\ud800"])
def test_a_query_of_nothing_is_refused_in_one_sentence(typed: str) -> None:
    with pytest.raises(ArchiveError, match=r"^nothing is looked for: give a word, or a phrase in quotation marks$"):
        read(typed)


def test_a_query_of_exclusions_only_is_refused() -> None:
    with pytest.raises(ArchiveError, match="only what must not be there"):
        read("-罚款")


# What is found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few versions fill a chunk, few chunks a segment, and few candidates are many."""
    for module in (blocks, index):
        monkeypatch.setattr(module, "CHUNK", 2)
    for name, size in {"MERGE": 2, "_OPEN_BUCKETS": 4, "_MERGED_BUCKETS": 16}.items():
        monkeypatch.setattr(index, name, size)
    for name, value in {"FEW": 3, "CHECKED": 2, "_GROUPS": (1, 2), "_STEPS": (1, 2), "MOST_GRAMS": 5}.items():
        monkeypatch.setattr(search, name, value)


@pytest.mark.usefixtures("small")
def test_the_sections_found_are_exactly_those_that_have_the_words(archive: Archive) -> None:
    keep(archive)
    versions = numbers(archive)
    held: dict[int, Sequence[str]] = {number: [] for number in versions}
    rewrite(archive, held)
    texts = st.dictionaries(st.sampled_from(versions), st.lists(FEW_SIGNS, max_size=6), max_size=5)
    typed = st.text('公开信息a1 。-"', max_size=9) | FEW_SIGNS
    rank = ranks(archive)

    @LASTING
    @given(new=texts, typed=typed, limit=st.none() | st.integers(1, 6), sections=st.frozensets(st.integers(1, 6)))
    def check(new: dict[int, Sequence[str]], typed: str, limit: int | None, sections: frozenset[int]) -> None:
        held.update(new)
        rewrite(archive, new)
        try:
            query = read(typed)
        except ArchiveError:
            return
        true = {
            (number, at)
            for number, several in held.items()
            for at, text in enumerate(several, 1)
            if query.fits(fold(text)) and (not sections or at in sections)
        }
        asked = Search(archive, query, Asked(sections))
        hits = list(asked.hits(limit))
        places = [(hit.version_id, hit.section) for hit in hits]
        assert set(places) <= true
        assert len(places) == len(set(places)) == (len(true) if limit is None else min(limit, len(true)))
        assert asked.least <= len(true) <= asked.most
        assert limit is not None or asked.least == asked.most
        assert [rank[hit.version_id] for hit in hits] == sorted(rank[hit.version_id] for hit in hits)
        for hit in hits:
            marked = {fold(hit.snippet.text[start:end]) for start, end in hit.snippet.marks}
            assert all(any(word in mark or mark in word for word in query.words) for mark in marked)

    check()
    with archive.session() as session:
        standing = set(session.scalars(select(WordPlace.version_id)))
        assert standing == {number for number, several in held.items() if any(several)}
        assert set(session.scalars(select(WordPlace.segment_id))) == set(session.scalars(select(WordSegment.id)))


def ranks(archive: Archive) -> dict[int, int]:
    """Each version's place: newest year first, then by publisher as the database puts them in order."""
    query = select(Version.id).join(Report, Report.version_id == Version.id)
    query = query.join(Publisher, Publisher.id == Report.publisher_id)
    query = query.order_by(Report.report_year.desc(), Publisher.scope, Publisher.key)
    with archive.session() as session:
        return {int(number): at for at, number in enumerate(session.scalars(query))}


@pytest.mark.usefixtures("small")
def test_no_query_is_an_error_of_the_database(archive: Archive) -> None:
    keep(archive, AGENCIES[:1])
    study(archive)
    signs = st.sampled_from(["AND", "NEAR(", "*", "^", ":", '"', "%", "_", "\\", "😀", "(?<"])

    @LASTING
    @given(typed=ANY_TEXT | st.lists(signs).map(" ".join))
    def check(typed: str) -> None:
        try:
            query = read(typed)
        except ArchiveError:
            assume(False)
        assert len(list(Search(archive, query, Asked()).hits(3))) <= 3

    check()
    for typed in (
        "公" * 100_000,
        "公 开 " * 30_000,
        "公开" * 50_000,
        "".join(map(chr, range(0x4E00, 0x4E00 + 50_000))),
    ):
        found(archive, typed, limit=3)


def test_words_of_one_and_of_two_characters_are_found_in_what_was_filed(archive: Archive) -> None:
    item = in_section(paper("清湾市财政局", 2023), 5, "鹦鹉与大 数据平台的 ＡＰＩ。")
    publish(archive, "http://xxgk.qingwan.gov.cn/1.html", report_page(item))
    keep(archive, AGENCIES[1:], YEARS[:1])
    for typed in ("鹉", "鹦鹉", "大数据", "api", "鹦鹉 平台", "数据平台的API", "鹦鹉 -公报"):
        (hit,) = found(archive, typed)
        assert (hit.section, hit.publisher, hit.report_year, hit.current) == (5, "清湾市财政局", 2023, True)
        assert hit.snippet.occurrences >= 1
    assert found(archive, "鹦鹉 -api") == []
    assert found(archive, "鹉鹦") == []
    assert len(found(archive, "鹦鹉", Asked(frozenset({4, 5})))) == 1
    assert found(archive, "鹦鹉", Asked(frozenset({4}))) == []


def test_the_words_must_stand_in_one_section(archive: Archive) -> None:
    item = in_section(in_section(paper("清湾市财政局", 2023), 5, "鹦鹉。"), 6, "狐狸。")
    publish(archive, "http://xxgk.qingwan.gov.cn/1.html", report_page(item))
    derive(archive)
    assert found(archive, "鹦鹉 狐狸") == []
    assert [hit.section for hit in found(archive, "狐狸")] == [6]


def test_what_is_asked_for_narrows_what_is_found(archive: Archive) -> None:
    keep(archive)
    with archive.writing() as session:  # one that nobody knows the publisher of
        last = session.scalars(select(Report.id).order_by(Report.id.desc())).first()
        session.execute(update(Report).where(Report.id == last).values(publisher_id=None, report_year=None))
    hits = found(archive, "公开", Asked(frozenset({1})))
    assert [hit.report_year for hit in hits] == [2023, 2022, 2022, 2021, 2021, None]
    assert len({(hit.publisher, hit.report_year) for hit in hits}) == 6
    for asked, count in (
        (Asked(frozenset({1}), year=2022), 2),
        (Asked(frozenset({1}), publisher="清湾市林业局"), 2),
        (Asked(frozenset({1}), division="22"), 0),
        (Asked(frozenset({1}), kind="department"), 5),
        (Asked(frozenset({1}), kind="township"), 0),
    ):
        assert len(found(archive, "公开", asked)) == count, asked
    with pytest.raises(ArchiveError, match="is no code of a division"):
        found(archive, "公开", Asked(division="吉林"))


def test_divisions_are_told_by_their_codes(archive: Archive) -> None:
    keep(archive, years=[2023])
    with archive.writing() as session:
        ids = list(session.scalars(select(Publisher.id).order_by(Publisher.id)))
        for number, (scope, town) in zip(ids, [("220202", "220202100"), ("990100", None)], strict=True):
            session.execute(update(Publisher).where(Publisher.id == number).values(scope=scope, township=town))
    first = frozenset({1})
    for division, count in (("22", 1), ("220000", 1), ("220200", 1), ("220202100", 1), ("220203", 0), ("99", 1)):
        assert len(found(archive, "公开", Asked(first, division=division))) == count, division


def test_what_was_edited_away_is_found_among_the_versions(archive: Archive, clock: Clock) -> None:
    url = "http://xxgk.qingwan.gov.cn/1.html"
    for text in ("鹦鹉。", "狐狸。"):
        publish(archive, url, report_page(in_section(paper("清湾市财政局", 2023), 5, text)))
        derive(archive)
        clock.advance(days=30)
    assert found(archive, "鹦鹉") == []
    (gone,) = found(archive, "鹦鹉", Asked(versions=True))
    (shown,) = found(archive, "狐狸", Asked(versions=True))
    assert (gone.current, shown.current) == (False, True)
    assert gone.last_seen_at < shown.first_seen_at


def test_a_withdrawn_report_is_found_and_marked(archive: Archive, clock: Clock) -> None:
    url = "http://xxgk.qingwan.gov.cn/1.html"
    publish(archive, url, report_page(in_section(paper("清湾市财政局", 2023), 5, "鹦鹉。")))
    derive(archive)
    for _ in range(3):
        clock.advance(days=30)
        withdraw(archive, url)
        derive(archive)
    (hit,) = found(archive, "鹦鹉")
    assert hit.state == "withdrawn"


def test_a_record_that_is_damaged_is_counted_and_the_others_are_found(archive: Archive) -> None:
    keep(archive, AGENCIES[:1])
    study(archive)
    with archive.writing() as session:
        session.execute(update(Version).where(Version.report_year == 2022).values(record=""))
    asked = Search(archive, read("公开信息 "), Asked())
    assert {hit.report_year for hit in asked.hits()} <= {2021, 2023}
    asked = Search(archive, read("公开"), Asked())
    assert {hit.report_year for hit in asked.hits()} == {2021, 2023}
    assert asked.damaged == 1


def test_sections_are_read_from_a_line_without_the_rest_of_it() -> None:
    record = Record(title='"sections": [', sections=(said(1, '引号 " 与 \\ 和"sections": []'),))
    assert list(sections_of(record.to_json())) == list(record.sections)
    spaceless = json.dumps(json.loads(record.to_json()), separators=(",", ":"))
    assert list(sections_of(spaceless)) == list(record.sections)
    with pytest.raises(ValueError, match="Expecting value"):
        sections_of("")


# The index


@given(entries=st.dictionaries(st.text("公开信息ab1", min_size=1, max_size=2), st.binary(max_size=30), min_size=1))
def test_a_block_is_read_back_as_it_was(entries: dict[str, bytes]) -> None:
    block = pack(entries)
    assert unpack(block) == entries
    assert unpack(block[:-1]) is None


@given(held=st.dictionaries(st.integers(0, 255), st.integers(1, 255), min_size=1))
def test_the_bits_of_a_chunk_are_read_back_as_they_were(held: dict[int, int]) -> None:
    slots = sorted(held)
    one = piece(bytes(slots), bytes(held[slot] for slot in slots))
    assert list(pieces(one)) == [(0, bytes(slots), bytes(held[slot] for slot in slots))]
    both = spread(one + blocks.moved(one, 2), 3 * blocks.CHUNK)
    assert {at: bits for at, bits in enumerate(both) if bits} == held | {slot + 512: held[slot] for slot in slots}


def test_every_section_of_the_form_has_a_bit_of_its_own() -> None:
    assert len({bit_of(number) for number in range(1, 7)}) == 6
    assert bit_of(9) == bit_of(0) == 1


@pytest.mark.usefixtures("small")
def test_what_comes_one_by_one_fills_few_segments_and_what_is_dropped_leaves_none(archive: Archive) -> None:
    keep(archive)
    versions = numbers(archive)
    student, draw = Words(), Random(1)
    for number in versions:
        with archive.writing() as session:
            student.learn(session, [Lesson(number, number, (said(1, f"公开{number}"),))])
    with archive.session() as session:
        kinds = list(session.scalars(select(WordSegment.merged)))
        assert (len(versions), len(kinds), kinds.count(True)) == (6, 2, 1)
        masks = index.candidates(session, ["公开"])
        assert [at for at, bits in enumerate(masks) if bits] == versions
    draw.shuffle(versions)
    for done, number in enumerate(versions, 1):
        with archive.writing() as session:
            student.forget(session, [number])
        with archive.session() as session:
            masks = index.candidates(session, ["公开"])
            assert len(masks) - masks.count(0) == len(versions) - done
    with archive.session() as session:
        for table in (WordSegment, WordBlock, WordPlace):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.usefixtures("small")
def test_a_damaged_block_costs_time_and_no_hit(archive: Archive) -> None:
    keep(archive)
    expected = [(hit.report_id, hit.section) for hit in found(archive, "公开")]
    with archive.writing() as session:
        session.execute(update(WordBlock).values(data=b"\x00"))
    assert [(hit.report_id, hit.section) for hit in found(archive, "公开")] == expected
    assert expected


def test_a_report_that_is_dropped_is_forgotten(archive: Archive) -> None:
    keep(archive, AGENCIES[:1])
    study(archive)
    versions = numbers(archive)
    with archive.writing() as session:
        forget(session, versions[:2])
        assert list(session.scalars(select(WordPlace.version_id))) == versions[2:]


def test_the_index_of_words_is_studied_with_the_others(archive: Archive) -> None:
    assert any(isinstance(student, Words) for student in STUDENTS)
    keep(archive, AGENCIES[:1])
    assert (waiting(archive), study(archive), waiting(archive)) == (3, 3, 0)


def test_the_index_survives_a_second_opening(place: Place) -> None:
    with place.open() as archive:
        keep(archive, AGENCIES[:1])
        study(archive)
    with place.open(write=False) as archive:
        assert len(list(Search(archive, read("公开"), Asked(frozenset({1}))).hits())) == 3


# What is shown


def test_a_snippet_stands_on_one_line_and_marks_every_occurrence_in_it() -> None:
    text = "前言。" * 20 + "推进政务\n公开\x1b[31m与政 务公开，" + "后记。" * 40 + "政务公开"
    shown = snippet(text, ["政务公开"])
    assert shown.occurrences == 3
    assert [shown.text[start:end] for start, end in shown.marks] == ["政务 公开", "政 务公开"]
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")
    assert all(sign.isprintable() for sign in shown.text)


@given(before=ANY_TEXT, after=ANY_TEXT)
def test_the_marks_of_a_snippet_are_within_it(before: str, after: str) -> None:
    shown = snippet(f"{before}。公开。{after}", ["公开"])
    assert shown.marks
    for start, end in shown.marks:
        assert fold(shown.text[start:end]) == "公开"
    assert "\n" not in shown.text


def test_a_word_longer_than_a_snippet_is_shown_from_its_beginning() -> None:
    shown = snippet("公开" * 200, ["公开" * 150])
    assert shown.marks[0][0] == 0
    assert len(shown.text) < 200


# The real documents


@pytest.mark.real
def test_every_word_of_the_real_documents_is_found_where_it_stands(table: Archive, real_documents: Path) -> None:
    keep(table)
    texts = {}
    for number, path in zip(numbers(table), sorted(real_documents.glob("*-20*.*")), strict=False):
        record = parse(path.read_bytes(), Hints(name=path.name))
        texts[number] = [section.text for section in record.sections]
    rewrite(table, texts)
    draw = Random(7)
    for number, several in texts.items():
        folded = fold(max(several, key=len))
        for length in (1, 2, 3, 7):
            at = draw.randrange(len(folded) - length)
            word = folded[at : at + length].strip() or "公"
            hits = found(table, f'"{word}"')
            true = [fold(text) for several in texts.values() for text in several if word in fold(text)]
            assert len(hits) >= len(true) > 0
            assert number in {hit.version_id for hit in hits}
