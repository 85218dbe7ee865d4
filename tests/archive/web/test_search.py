"""The page of searching: its hits are those of the command, its counts are those of its lists, and nobody waits for the index."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import delete, func, select

from archive import card
from archive.holdings import holdings, years_held
from archive.schema import Unstudied, Version, WordPlace
from archive.store import Archive
from archive.study import await_study, study, waiting
from archive.web.studying import Studying
from archive.words import search as searching
from archive.words.facets import facets
from archive.words.folding import fold
from archive.words.index import Words
from archive.words.queries import read
from archive.words.search import Asked, Order, Search
from tests.archive.shelved import filled
from tests.archive.web.site import Site, opened
from tests.crawler.commands import Here

WORDS = ["公", "公开", "政府信息公开", "公开 -复议", "“没有人”", "行政复议 行政诉讼", "ＰＤＦ", "没有这样的词"]


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, city: Path) -> Here:
    """The command, asked of the same archive."""
    return Here(capsys, monkeypatch, city.parent, "--archive", str(city), "search", "--limit", "0", "--json")


def asked(path: str, **parameters: object) -> str:
    return f"{path}?{urlencode({name: value for name, value in parameters.items() if value is not None}, doseq=True)}"


def walked(site: Site, limit: int, **parameters: object) -> list[dict[str, Any]]:
    """All lines of a listing, page by page."""
    lines: list[dict[str, Any]] = []
    after = None
    while True:
        page = site.json(asked("/api/v1/search", limit=limit, after=after, **parameters))
        assert len(page["rows"]) == limit or page["next"] is None
        lines += page["rows"]
        after = page["next"]
        if after is None:
            return lines


@pytest.mark.parametrize("words", WORDS)
def test_the_lines_are_those_of_the_command(site: Site, here: Here, words: str) -> None:
    assert walked(site, 500, words=words) == here("--", words).lines


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("words", ["公开", "政府信息公开", "公开 -复议"])
def test_page_after_page_gives_every_hit_once_and_in_order(site: Site, words: str, order: Order) -> None:
    whole = walked(site, 500, words=words, order=order.value)
    assert walked(site, 17, words=words, order=order.value) == whole
    assert len({(line["version"], line["section"]) for line in whole}) == len(whole) > 10
    years = [line["report_year"] for line in whole]
    if order is Order.FILED:
        versions = [line["version"] for line in whole]
        assert versions == sorted(versions, reverse=True)
    else:
        assert years == sorted(years, reverse=order is Order.NEWEST)


def test_the_orders_give_the_same_hits(site: Site) -> None:
    several = [walked(site, 500, words="公开", order=order.value) for order in Order]
    found = [{(line["version"], line["section"]) for line in lines} for lines in several]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("words", WORDS)
def test_the_page_shows_the_hits_with_the_words_marked(site: Site, words: str, language: str) -> None:
    lines = site.json(asked("/api/v1/search", words=words, limit=50))["rows"]
    page = site.get(asked("/search", words=words), lang=language)
    assert len(page.css(".hits > li")) == len(lines)
    wanted = read(words).words
    for mark in page.texts(".hits mark"):
        assert fold(mark) in wanted
    assert [each.get("href") for each in page.css(".hits h3 a")] == [f"/reports/{line['report']}" for line in lines]
    assert page.one("#asked-words").get("value") == words


def test_a_link_into_the_archived_copy_names_the_words_for_the_browser(site: Site) -> None:
    page = site.get(asked("/search", words="公开"))
    link = page.css(".hits li p a")[0].get("href")
    assert link is not None
    assert link.endswith("#:~:text=%E5%85%AC%E5%BC%80")
    site.copy(link.partition("#")[0])


@pytest.mark.parametrize("words", ["公开", "政府信息公开"])
def test_each_facet_counts_what_its_link_finds(site: Site, words: str) -> None:
    page = site.get(asked("/search", words=words), lang="en")
    total = len(walked(site, 500, words=words))
    for facet in page.css(".facet"):
        counts = [int(each.text or 0) for each in facet.cssselect("li span.quiet")]
        assert sum(counts) == total
        for item in facet.cssselect("li"):
            for link in item.cssselect("a"):
                query = {name: values[-1] for name, values in parse_qs(urlsplit(link.get("href") or "").query).items()}
                del query["lang"]
                found = len(walked(site, 500, **query))
                assert found == int(item.cssselect("span.quiet")[0].text or 0), query


def test_a_chosen_facet_can_be_taken_away_again(site: Site) -> None:
    page = site.get(asked("/search", words="公开", year=2024))
    (chosen,) = page.css(".facet a[aria-current]")
    assert chosen.text == "2024"
    assert "year" not in parse_qs(urlsplit(chosen.get("href") or "").query)


def test_of_words_whose_texts_must_be_read_so_many_are_counted_and_no_more(city: Path) -> None:
    with Archive.open(city) as archive:
        some = facets(archive, read("政府信息公开"), Asked(), most=5)
        whole = facets(archive, read("政府信息公开"), Asked())
    assert (some.cut, whole.cut) == (True, False)
    assert 0 < some.counted < whole.counted


def test_what_was_edited_away_is_found_with_the_days_it_was_shown(site: Site) -> None:
    lines = walked(site, 500, words="的", versions="true")
    old = [line for line in lines if not line["current"]]
    assert old
    page = site.get(asked("/search", words="的", versions="true", year=old[0]["report_year"], limit=500), lang="en")
    assert "before an edit" in page.text
    assert f"/reports/{old[0]['report']}?version={old[0]['version']}" in page.links(".hits h3 a").values()


@pytest.mark.parametrize(
    "parameters",
    [
        {"words": '"'},
        {"words": "-公开"},
        {"words": "公开", "division": "999999"},
        {"words": "公开", "division": "没有这个市"},
        {"words": "公开", "kind": "ministry"},
        {"words": "公开", "publisher": "没有这个局"},
        {"division": "999999"},
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_question_that_cannot_be_answered_is_told_in_one_sentence(
    site: Site, parameters: dict[str, str], language: str
) -> None:
    page = site.get(asked("/search", **parameters), lang=language, status=400)
    assert len(page.texts("[role=alert]")) == 1
    assert page.one("#asked-words").get("value") == parameters.get("words", "")


@pytest.mark.parametrize(
    "wrong", ["year=twenty", "section=7", "after=x", "words=%00", "order=best", "year=99999999999"]
)
def test_a_wrong_parameter_is_refused(site: Site, wrong: str) -> None:
    site.get(f"/search?words=a&{wrong}", status=422)
    site.json(f"/api/v1/search?words=a&{wrong}", status=422)


def test_fields_of_the_form_that_are_left_empty_ask_for_nothing(site: Site) -> None:
    form = "words=公开&year=&division=&publisher=&kind=&section=&order=newest"
    assert site.get(f"/search?{form}").texts(".hits h3") == site.get("/search?words=公开").texts(".hits h3")


def test_without_words_the_archive_is_told_by_facets_that_lead_to_lists_as_long(site: Site) -> None:
    page = site.get("/search", lang="en")
    assert "53 reports" in page.text
    links = 0
    for facet in page.css(".facet"):
        assert sum(int(each.text or 0) for each in facet.cssselect("li span.quiet")) == 53
        for item in facet.cssselect("li"):
            for link in item.cssselect("a"):
                href = link.get("href") or ""
                assert href.startswith("/reports?"), href
                listed = site.json(f"/api/v1{href}&limit=500")["rows"]
                assert len(listed) == int(item.cssselect("span.quiet")[0].text or 0), href
                links += 1
    assert links >= 10


def test_an_archive_without_reports_says_what_to_do(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True):
        pass
    with opened(tmp_path) as site:
        for language in ("zh", "en"):
            assert "xxgk crawl" in site.get("/search", lang=language).text or language == "en"
            site.get("/search?words=公开", lang=language)


def forgotten(folder: Path) -> int:
    """Let the index know nothing, as after the tables were made anew; how many versions wait."""
    with Archive.open(folder) as archive:
        with archive.writing() as session:
            ids = list(session.scalars(select(Version.id)))
            Words().forget(session, ids)
            session.execute(delete(Unstudied))
            await_study(session, ids)
        return len(ids)


def test_what_is_not_indexed_yet_is_said_and_read_in_the_background(own_city: Path) -> None:
    count = forgotten(own_city)
    with opened(own_city) as site:
        first = site.get(asked("/search", words="公开"), lang="en").text
        assert f"{count} versions are not in the index yet" in first
        assert "read in the background" in first
        site.app.state.house.studying.wait(60)
        later = site.get(asked("/search", words="公开"), lang="en")
    assert "index" not in later.text
    assert len(later.css(".hits > li")) == 50


def test_tables_that_cannot_be_written_are_searched_as_far_as_they_are_read_and_nobody_tries_all_the_time(
    own_city: Path,
) -> None:
    count = forgotten(own_city)
    now = [0.0]
    with Archive.open(own_city) as archive:
        card.mark_moved(own_city, "sqlite", None)  # from here on nothing may be written by who opened it before
        studying = Studying(archive, lambda: now[0])
        assert studying.left().running
        studying.wait(60)
        left = studying.left()
        assert (left.versions, left.running) == (count, False)
        assert left.trouble is not None
        assert "copied to another database" in left.trouble
        now[0] = 61.0
        assert studying.left().running
        studying.wait(60)


def test_reading_for_the_index_ends_with_the_dashboard(own_city: Path) -> None:
    forgotten(own_city)
    with Archive.open(own_city) as archive:
        studying = Studying(archive)
        studying.end()
        assert not studying.left().running
        assert waiting(archive) > 0
        study(archive)
        with archive.session() as session:
            assert session.scalar(select(func.count()).select_from(WordPlace))


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("few", [False, True])
def test_a_search_goes_on_behind_any_of_its_places(
    city: Path, order: Order, monkeypatch: pytest.MonkeyPatch, *, few: bool
) -> None:
    if few:  # as with very many candidates: year by year, and the publishers of a year in their order
        monkeypatch.setattr(searching, "FEW", 3)
    asked = Asked(order=order, versions=True)
    with Archive.open(city) as archive:
        placed = list(Search(archive, read("政府信息公开"), asked).placed())
        places = [place for place, _ in placed]
        assert places == sorted(set(places))
        for at in (0, 1, 2, 5, 30, len(placed) - 1):
            rest = Search(archive, read("政府信息公开"), asked).placed(after=places[at])
            assert [hit for _, hit in rest] == [hit for _, hit in placed[at + 1 :]]
            assert [hit for _, hit in Search(archive, read("政府信息公开"), asked).placed(3, places[at])] == [
                hit for _, hit in placed[at + 1 : at + 4]
            ]


def test_facets_tell_the_places_right_below_the_one_asked_for(tmp_path: Path) -> None:
    with filled(tmp_path) as archive:
        with archive.writing() as session:
            await_study(session, list(session.scalars(select(Version.id))))
        study(archive)
        nation = facets(archive, read("公开"), Asked())
        assert nation.divisions == {"220000": 1, "330000": 1, None: 1}
        assert nation.years == {2023: 1, 2022: 1, None: 1}
        assert facets(archive, read("公开"), Asked(division="220000")).divisions == {"220200": 1}
        assert facets(archive, read("公开"), Asked(division="220200")).divisions == {"220200": 1}


@pytest.mark.parametrize(
    ("asked", "reports", "divisions"),
    [
        ({}, 4, {"220000": 2, "330000": 1, None: 1}),
        ({"year": 2023}, 2, {"220000": 2}),
        ({"year": 2022}, 1, {"330000": 1}),
        ({"division": "220000"}, 2, {"220200": 2}),
        ({"division": "220200"}, 2, {"220200": 1, "220202": 1}),
        ({"division": "330000", "year": 2023}, 0, {}),
        ({"kind": "township"}, 1, {"220000": 1}),
    ],
)
def test_the_holdings_are_counted_as_they_are_asked_for(
    tmp_path: Path, asked: dict[str, Any], reports: int, divisions: dict[str | None, int]
) -> None:
    with filled(tmp_path) as archive:
        found = holdings(archive, **asked)
        assert (found.reports, found.divisions) == (reports, divisions)
        for counts in (found.years, found.kinds, found.templates, found.states, found.severities):
            assert sum(counts.values()) == reports
        assert years_held(archive) == [2023, 2022]
