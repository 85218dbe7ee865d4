"""The findings as people and programs ask for them over the site, and what becomes of a note that is left there."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote

import pytest

from archive import database
from archive.deriving.derive import derive
from archive.errors import ArchiveError
from archive.findings.across import across, looks_for_copies
from archive.findings.counting import summary_of
from archive.findings.lines import LONGEST_NOTE, FindingLine, Wanted, iterate
from archive.findings.telling import division_data, line_data, rule_data
from archive.store import Archive
from archive.study import study
from archive.web.looking import Looking
from parser.record import dump_json
from tests.archive.answers import publish, report_page
from tests.archive.notetaking import note_portal
from tests.archive.web.site import Page, Site, opened
from tests.crawler.commands import xxgk
from tests.papers.paper import paper

ENTRY = "http://www.qingwan.gov.cn/"
NAME = "清湾市财政局"
NOTE = "核对过原文，原文如此"
ALL = "between=true&state=all"
EXTRA = {"state", "note", "by", "acknowledged_at"}  # what a line of the site has besides


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three reports of which the sums fail, of two divisions, and of which two years do not follow."""
    folder = tmp_path_factory.mktemp("findings") / "xxgk-archive"
    with Archive.open(folder, create=True, write=True) as archive:
        for year, division in ((2022, "220100"), (2023, "220202"), (2023, "220100")):
            portal = f"{ENTRY}{division}/"
            note_portal(archive, None, portal=portal, outcome="ok", detail=None, division=division)
            item = paper(NAME, year).with_figures(requests__new__total="999", requests__carried_in__total=str(year))
            publish(archive, f"{portal}{year}.html", report_page(item), portal=portal, column=f"{portal}c/")
        derive(archive)
        study(archive)
    return folder


@pytest.fixture
def own(kept: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test that changes something."""
    return Path(shutil.copytree(kept, tmp_path / "xxgk-archive"))


@pytest.fixture
def asked(kept: Path) -> Iterator[Site]:
    """A visitor of it who only reads."""
    with opened(kept) as site:
        yield site


@pytest.fixture
def signed_in(own: Path) -> Iterator[Site]:
    """A visitor of the copy who is signed in."""
    with opened(own) as site:
        site.sign_in("王敏")
        yield site


def lines(site: Site, query: str = ALL) -> list[dict[str, Any]]:
    """The findings that the API gives, page after page."""
    found, after = [], ""
    while True:
        page = site.json(f"/api/v1/findings?limit=2&{query}{after}")
        found += page["rows"]
        if page["next"] is None:
            assert len(found) == page["total"]
            return found
        after = f"&after={quote(page['next'])}"


def of_the_command(folder: Path, wanted: Wanted | None = None) -> list[dict[str, Any]]:
    wanted = wanted or Wanted()
    with Archive.open(folder) as archive:
        return [line_data(line) for line in iterate(archive, wanted, between(archive, wanted))]


def between(archive: Archive, wanted: Wanted) -> Iterator[FindingLine]:
    return across(archive, wanted, prose=looks_for_copies(wanted))


def plain(line: dict[str, Any]) -> str:
    """A finding as the command line has it."""
    return dump_json({name: line[name] for name in sorted(line) if line[name] is not None and name not in EXTRA})


def boxes(page: Page) -> list[str]:
    return [str(each.get("value")) for each in page.css("input[name=finding]")]


def send(site: Site, path: str, status: int = 303, /, **sent: Any) -> Any:
    """Tick the first finding of a page, if nothing else is said, and send the form."""
    page = site.get(path)
    token = str(page.css("input[name=token]")[0].get("value"))
    data = {"token": token, "finding": boxes(page)[:1], "note": NOTE, "action": "acknowledge"} | sent
    return site.post(path, data, status)


def told(response: Any) -> str:
    return Page(response).texts("[role=alert]")[0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_lists_what_is_open_and_leads_to_the_report_and_to_its_marked_cells(asked: Site, lang: str) -> None:
    page = asked.get("/findings", lang)
    rows = page.css("table.findings tbody tr")
    assert len(rows) == len(lines(asked, ""))
    first = lines(asked, "")[0]
    links = [str(each.get("href")) for each in rows[0].cssselect("a")]
    short = first["id"][:8]
    assert f"/reports/{first['report']}?finding={short}#finding-{short}" in links
    marked = asked.raw(f"/findings/{first['report']}/{short}/copy", 303).headers["location"]
    assert marked.startswith(f"/reports/{first['report']}/copy?")
    assert "#" in marked
    assert len(page.response.content) < 100_000


def test_a_page_in_chinese_says_rules_and_sentences_in_chinese(asked: Site) -> None:
    said = asked.get("/findings?rule=requests.balance").texts("table.findings tbody tr")
    assert said
    assert all("新收、结转与总计不符" in each and "against" not in each for each in said)


def test_the_lines_are_those_of_the_command(asked: Site, kept: Path) -> None:
    expected = of_the_command(kept)
    assert {line["rule"].partition(".")[0] for line in expected} >= {"requests", "chain"}
    assert [plain(line) for line in lines(asked)] == [plain(line) for line in expected]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("rule=requests", Wanted(rule="requests")),
        ("rule=requests.balance&year=2023", Wanted(rule="requests.balance", year=2023)),
        ("rule=chain", Wanted(rule="chain")),
        ("severity=error", Wanted(severity="error")),
        ("year=2001", Wanted(year=2001)),
        ("division=220200", Wanted(division="220200")),
        (f"division={quote('长春市')}", Wanted(division="220100")),
        ("kind=department&year=2022", Wanted(kind="department", year=2022)),
        ("kind=township", Wanted(kind="township")),
        (f"publisher={quote('220100/' + NAME)}", Wanted(publisher=f"220100/{NAME}")),
        (f"portal={quote(ENTRY + '220202/')}&between=false", Wanted(portal=f"{ENTRY}220202/")),
    ],
)
def test_what_is_asked_for_is_what_the_command_finds(asked: Site, kept: Path, query: str, wanted: Wanted) -> None:
    included = "" if "between" in query else "between=true&"
    expected = of_the_command(kept, wanted)
    if "portal" in query:
        expected = [line for line in expected if line.get("rests_on") is None and line["rule"] != "copy.text"]
    assert [line["id"] for line in lines(asked, f"{included}state=all&{query}")] == [line["id"] for line in expected]


def test_counts_are_those_of_the_command_with_what_lies_between_reports_where_it_is_asked_for(
    asked: Site, kept: Path
) -> None:
    with Archive.open(kept) as archive:
        for query, wanted, included in (
            ("", Wanted(), False),
            ("between=true", Wanted(), True),
            ("between=true&year=2023&division=220000", Wanted(year=2023, division="220000"), True),
        ):
            summary = summary_of(archive, wanted, between(archive, wanted) if included else ())
            assert asked.json(f"/api/v1/findings/by-rule?limit=500&{query}")["rows"] == list(
                map(rule_data, summary.rules)
            )
            assert asked.json(f"/api/v1/findings/by-division?{query}")["rows"] == list(
                map(division_data, summary.divisions)
            )


def test_the_table_of_rules_leads_to_the_findings_it_counts(asked: Site) -> None:
    page = asked.get("/findings?between=true", "en")
    links = page.css(".counts td a, .counts th a")
    assert links
    for link in links:
        rows = asked.get(str(link.get("href"))).css("table.findings tbody tr")
        if link.getparent().tag == "td":
            assert len(rows) == int(str(link.text))


def test_what_is_not_looked_for_is_said_with_the_way_to_it(asked: Site) -> None:
    page = asked.get("/findings", "en")
    include = page.links("main a")["Look for those between reports"]
    assert "neither listed nor counted" in page.text
    whole = asked.get(include)
    assert "neither listed nor counted" not in whole.text
    assert "Copied prose was not looked for" in whole.text
    assert len(whole.css("table.findings tbody tr")) > len(page.css("table.findings tbody tr"))
    for narrow in ("rule=chain", f"publisher={quote(NAME)}", "division=220000", "rule=requests"):
        assert "neither listed nor counted" not in asked.get(f"/findings?{narrow}", "en").text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("after=x", 422),
        ("after=1", 422),
        ("after=bx", 422),
        ("after=1.2.3", 422),
        ("after=99999.1", 200),
        ("after=b99999", 200),
        ("year=12", 422),
        ("severity=bad", 422),
        ("kind=bad", 422),
        ("state=bad", 422),
        (f"division={quote('无此地')}", 400),
        ("division=abc", 400),
        ("rule=nothing.like.it", 200),
        ("portal=nothing", 400),
    ],
)
def test_a_wrong_question_is_answered_in_one_sentence(asked: Site, query: str, status: int) -> None:
    assert asked.raw(f"/api/v1/findings?{query}", status).headers["content-type"] == "application/json"
    asked.get(f"/findings?{query}", status=status)


def test_a_note_left_on_the_site_survives_reparse_and_reindex_and_stands_in_every_output(own: Path) -> None:
    with opened(own) as site:
        site.sign_in("王敏")
        sent = send(site, "/findings?rule=requests.balance")
        page = site.get(sent.headers["location"], "en")
        assert page.texts(".notice") == ["1 findings are acknowledged."]
        noted = lines(site, "state=acknowledged")
        assert [(line["rule"], line["note"], line["by"]) for line in noted] == [("requests.balance", NOTE, "王敏")]
        stranger = Site(site.app).get("/findings?state=acknowledged")
        assert NOTE in stranger.text
        assert "王敏，" in stranger.text
        assert not stranger.css("input[type=checkbox]")
        assert "登录后可以核对疑点" in stranger.text
        before = lines(site)
    assert xxgk("reparse", folder=own.parent).status == 0
    assert xxgk("reindex", "--afresh", folder=own.parent).status == 0
    with opened(own) as site:
        assert sorted(map(plain, lines(site))) == sorted(map(plain, before))
        found = list(csv.DictReader(StringIO(site.raw("/findings.csv?state=all").text.removeprefix("\ufeff"))))
        assert [(line["rule"], line["note"], line["by"]) for line in found if line["state"] == "acknowledged"] == [
            ("requests.balance", NOTE, "王敏")
        ]
        assert len(found) == len(lines(site, "state=all"))
    told = xxgk("check", "--acknowledged", "--json", folder=own.parent)
    assert [(line["rule"], line["acknowledged"]["note"]) for line in told.lines] == [("requests.balance", NOTE)]


def test_several_are_acknowledged_at_once_also_such_as_lie_between_reports_and_opened_again(signed_in: Site) -> None:
    path = f"/findings?{ALL}&select=all"
    every = boxes(signed_in.get(path))
    assert len(signed_in.get(path).css("input[name=finding][checked]")) == len(every) == len(lines(signed_in))
    assert sum(each.startswith("-") for each in every) > 0
    send(signed_in, path, finding=every)
    assert {line["state"] for line in lines(signed_in)} == {"acknowledged"}
    assert lines(signed_in, "between=true") == []
    counted = signed_in.json("/api/v1/findings/by-rule?limit=500&between=true")["rows"]
    assert (sum(each["open"] for each in counted), sum(each["acknowledged"] for each in counted)) == (0, len(every))
    sent = send(signed_in, path, finding=every[:2] + every[-1:], note="", action="reopen")
    assert "3 findings are open again" in signed_in.get(sent.headers["location"], "en").text
    assert len(lines(signed_in, "between=true")) == 3


def test_one_between_reports_is_found_again_by_what_the_form_says_of_it(own: Path) -> None:
    with opened(own) as site:
        site.sign_in("王敏")
        chained = boxes(site.get("/findings?rule=chain"))
        token = site.token()
    with opened(own) as site:  # started anew: nothing is at hand
        site.sign_in("王敏")
        token = site.token()
        site.post("/findings", {"token": token, "finding": chained[:1], "note": NOTE})
        assert [line["note"] for line in lines(site, "rule=chain&state=acknowledged")] == [NOTE]


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        ({"finding": []}, 422, "没有选中"),
        ({"note": " \n "}, 422, "请写下核对说明"),
        ({"note": "长" * (LONGEST_NOTE + 1)}, 422, "最多 2000 字"),
        ({"note": "\u202e"}, 503, "没有写入"),
        ({"token": "x.y"}, 403, "重新登录"),
        ({"finding": [f"1.{'0' * 64}"]}, 409, "没有写入任何核对"),
        ({"finding": [f"-.{'0' * 64}.chain.items 220100/x/2023"]}, 409, "没有写入任何核对"),
        ({"finding": [f"-.{'0' * 64}.no.rule http://x/"]}, 409, "没有写入任何核对"),
        ({"finding": ["", "x", "1", "-", "-.a.b", "²." + "0" * 64]}, 409, "没有写入任何核对"),
    ],
)
def test_a_form_that_cannot_be_kept_comes_back_as_it_was_sent(
    signed_in: Site, sent: dict[str, Any], status: int, says: str
) -> None:
    response = send(signed_in, "/findings?rule=requests", status, **sent)
    assert says in told(response)
    if sent.get("note") is None:
        assert Page(response).texts("textarea") == [NOTE]
    if "finding" not in sent:
        assert len(Page(response).css("input[name=finding][checked]")) == 1
    assert lines(signed_in, "state=acknowledged&between=true") == []


def test_what_is_there_no_more_keeps_the_rest_of_its_form_from_being_kept(signed_in: Site) -> None:
    good = boxes(signed_in.get("/findings"))[0]
    send(signed_in, "/findings", 409, finding=[good, f"1.{'0' * 64}"])
    assert lines(signed_in, "state=acknowledged") == []


def test_nobody_acknowledges_without_signing_in_or_more_than_a_page_at_once(own: Path) -> None:
    with opened(own) as site:
        first = lines(site, "")[0]
        sent = {"finding": [f"{first['report']}.{first['id']}"], "note": NOTE, "token": "a.b"}
        assert "重新登录" in told(site.post("/findings", sent, 403))
        site.sign_in()
        site.post("/findings", sent | {"token": site.token(), "finding": ["1.0"] * 101}, 422)
        assert lines(site, "state=acknowledged") == []


def test_a_note_waits_for_its_turn_while_a_crawl_writes(signed_in: Site, own: Path) -> None:
    writing, enough = Event(), Event()
    writer = Thread(target=_write, args=(own, writing, enough))
    writer.start()
    writing.wait(10)
    sender = Thread(target=send, args=(signed_in, "/findings"))
    sender.start()
    sender.join(0.3)
    assert sender.is_alive()
    enough.set()
    for thread in (writer, sender):
        thread.join(30)
    assert len(lines(signed_in, "state=acknowledged")) == 1


def test_a_note_whose_turn_does_not_come_is_said_to_be_not_kept(
    signed_in: Site, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.2)
    writing, enough = Event(), Event()
    writer = Thread(target=_write, args=(own, writing, enough))
    writer.start()
    writing.wait(10)
    try:
        assert "没有写入" in told(send(signed_in, "/findings", 503))
    finally:
        enough.set()
        writer.join(30)
    assert lines(signed_in, "state=acknowledged") == []


def _write(folder: Path, writing: Event, enough: Event) -> None:
    with Archive.open(folder, write=True) as archive, archive.writing():
        writing.set()
        enough.wait(30)


def test_what_takes_long_is_answered_later_and_an_older_answer_until_then(own: Path) -> None:
    with Archive.open(own, write=True) as archive:
        looking, done = Looking(archive), Event()

        def slow() -> str:
            assert done.wait(30)
            return "newer"

        assert looking.look("x", slow, 0.0).answer is None
        assert looking.look("x", slow, 0.0).running
        done.set()
        assert (looking.look("x", slow, 30).answer, looking.look("x", slow, 0.0).running) == ("newer", False)
        assert looking.known("x", str) == "newer"
        assert looking.known("x", list) is None
        done.clear()
        item = paper(NAME, 2021)
        publish(archive, f"{ENTRY}n.html", report_page(item), portal=ENTRY, column=f"{ENTRY}c/")
        later = looking.look("x", slow, 0.0)
        assert (later.answer, later.running) == ("newer", True)
        done.set()
        assert not looking.look("x", slow, 30).running


def test_what_cannot_be_computed_is_told_to_who_asks_and_tried_again(kept: Path) -> None:
    with Archive.open(kept) as archive:
        looking = Looking(archive)

        def wrong() -> str:
            raise ArchiveError("the tables are gone")

        def worse() -> str:
            raise ZeroDivisionError

        with pytest.raises(ArchiveError, match="the tables are gone"):
            looking.look("x", wrong, None)
        with pytest.raises(ArchiveError, match="unforeseen"):
            looking.look("y", worse, None)
        assert looking.look("x", lambda: 7, None).answer == 7


def test_a_page_does_not_wait_for_what_takes_long_and_says_so(asked: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Event()

    def slow(archive: Archive, wanted: Wanted, *, prose: bool) -> Iterator[Any]:
        assert done.wait(30)
        return across(archive, wanted, prose=prose)

    monkeypatch.setattr("archive.findings.across.across", slow)
    monkeypatch.setattr("archive.web.pages.findings._WAIT", 0.05)
    try:
        page = asked.get("/findings?between=true", "en")
        assert "the list is not whole yet" in page.text
        assert len(page.css("table.findings tbody tr")) == len(lines(asked, ""))
    finally:
        done.set()
    again = page.links("main a")["Look again"]
    assert len(lines(asked)) == len(of_the_command(asked.app.state.house.archive.folder))
    assert "the list is not whole yet" not in asked.get(again).text


def test_memory_forgets_only_what_it_is_told_to(asked: Site) -> None:
    memory = asked.app.state.house.memory
    counted = iter(range(10))

    def count() -> int:
        return next(counted)

    assert [memory.recall(each, count) for each in ("a", ("a", 1), ("b", 1))] == [0, 1, 2]
    memory.forget("a")
    assert [memory.recall(each, count) for each in ("a", ("a", 1), ("b", 1))] == [3, 4, 2]
    memory.forget()
    assert memory.recall(("b", 1), count) == 5
