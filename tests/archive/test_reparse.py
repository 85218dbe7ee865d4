"""Reparse: everything or what is pending, side by side, to the end over any number of kills, with what it changed."""

from __future__ import annotations

import fcntl
import signal
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from archive.captures import store
from archive.deriving.derive import LOCK, derive
from archive.deriving.effects import MOST_KEYS, MOST_REPORTS, Effects
from archive.deriving.reparsing import Reparsed, parser_fingerprint, reparse
from archive.findings.lines import iterate
from archive.reports import list_reports, show, troubles
from archive.store import Archive
from archive.upkeep.verify import verify
from parser.errors import NotAReport, UnreadableDocument
from parser.hints import Hints
from parser.isolation import ParserPool
from parser.reading import parse
from parser.record import Figure, Finding, Record, Severity, State
from tests.archive.answers import URL, answer, corrected, crawl, publish, report_page, the_report, withdraw
from tests.archive.conftest import Clock, Place
from tests.papers.paper import paper
from tests.warm import start_code

ROOT = Path(__file__).resolve().parents[2]
KEY = "disclosure.penalties.decisions"


def fill(archive: Archive, number: int = 12) -> None:
    """Reports of some bureaus, one of them corrected, one gone, one captured and not yet derived."""
    first = crawl(archive, 1)
    for each in range(number):
        item = paper(f"清湾市第{each}局")
        publish(archive, f"{URL}?{each}", report_page(item), crawl=first, title=item.title)
    publish(archive, f"{URL}?none", "<p>工作动态</p>".encode(), crawl=first, title="动态")
    derive(archive)
    second = crawl(archive, 2)
    at = archive.clock()
    item = paper("清湾市第1局")
    publish(archive, f"{URL}?1", report_page(corrected(item)), crawl=second, title=item.title, at=at)
    withdraw(archive, f"{URL}?2", crawl=second)
    derive(archive)


def another(data: bytes, hints: Hints) -> Record:
    """The parser after a change: a figure is read otherwise, one is found, one is lost; a report is refused; a rule is new."""
    record = parse(data, hints)
    name = hints.name or ""
    if name.endswith("?3"):
        raise NotAReport("its title is that of a plan")
    if name.endswith("?4"):
        raise UnreadableDocument("the page is damaged")
    if not name.endswith(("?5", "?6", "?7")):
        return record
    figures = dict(record.figures)
    figures[KEY] = Figure(value=12345, text="12345", state=State.NUMBER)
    figures["x.y.z"] = Figure(value=None, text="/", state=State.DASH)
    del figures["requests.new.total"]
    finding = Finding(rule="table.odd", severity=Severity.WARNING, message="odd")
    return record.model_copy(update={"figures": figures, "findings": (*record.findings, finding)})


def told(archive: Archive) -> list[Any]:
    """All that is derived, as it is shown; without the numbers of the rows."""
    views = [show(archive, str(line.id)) for line in list_reports(archive)]
    found = []
    for view in views:
        assert view is not None
        facts = asdict(view)
        facts["line"].pop("id")
        for version in facts["versions"]:
            version.pop("id")
        found.append((view.line.url, view.record.to_json(), facts))
    findings = sorted((line.url, str(line.finding)) for line in iterate(archive))
    return [sorted(found, key=lambda one: one[0]), findings, list(troubles(archive))]


def tables(archive: Archive) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with archive.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {
            name: sorted((tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))), key=repr)
            for name in names
        }


def test_a_reparse_by_the_same_parser_changes_nothing(archive: Archive) -> None:
    fill(archive)
    before = told(archive)
    done = reparse(archive)
    assert (done.finished, done.needs_attention) == (True, False)
    assert done.effects == Effects(articles=13, unchanged=12, refused=1)
    assert told(archive) == before
    assert verify(archive) == []


def test_the_summary_tells_what_another_parser_changed(archive: Archive) -> None:
    fill(archive)
    effects = reparse(archive, parse=another).effects
    assert (effects.articles, effects.changed, effects.lost, effects.created) == (13, 3, 2, 0)
    assert (effects.unchanged, effects.refused, effects.failed) == (7, 2, 1)
    data = effects.to_data()
    assert data["figures"] == {
        "changed": 3,
        "appeared": 3,
        "vanished": 3,
        "keys": [
            {"key": KEY, "changed": 3, "appeared": 0, "vanished": 0},
            {"key": "requests.new.total", "changed": 0, "appeared": 0, "vanished": 3},
            {"key": "x.y.z", "changed": 0, "appeared": 3, "vanished": 0},
        ],
    }
    assert data["findings"] == {"appeared": {"table.odd": 3}, "vanished": {}}
    assert [(one["url"].rpartition("?")[2], one["what"]) for one in data["reports"]] == [
        ("3", "lost"), ("4", "lost"), ("5", "changed"), ("6", "changed"), ("7", "changed"),
    ]  # fmt: skip
    assert data["reports"][2]["figures"][KEY]["after"] == {"text": "12345", "state": "number"}
    assert {line.url.rpartition("?")[2] for line in list_reports(archive)} == {str(n) for n in range(12)} - {"3", "4"}
    back = reparse(archive).effects
    assert (back.created, back.changed, back.lost, back.unchanged) == (2, 3, 0, 7)
    assert back.to_data()["findings"] == {"appeared": {}, "vanished": {"table.odd": 3}}


def test_a_dry_run_says_the_same_and_writes_nothing(archive: Archive) -> None:
    fill(archive)
    publish(archive, f"{URL}?8", report_page(corrected(paper("清湾市第8局"))), crawl=crawl(archive, 3))
    for pending in (False, True):
        before = tables(archive)
        planned = reparse(archive, parse=another, dry_run=True, pending=pending)
        assert tables(archive) == before
        done = reparse(archive, parse=another, pending=pending)
        assert done.effects == planned.effects
        assert tables(archive) != before
        assert (planned.dry_run, done.dry_run) == (True, False)


def test_a_dry_run_bears_a_crawl_that_writes_meanwhile(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.deriving.derive.BATCH", 3)
    with place.open() as archive, place.open() as crawler, (place.folder / LOCK).open("ab") as lock:
        fill(archive)
        fcntl.flock(lock, fcntl.LOCK_EX)

        def crawl_on(done: int, _total: int, _url: str) -> None:
            if done <= 13:
                publish(crawler, f"{URL}?new{done}", report_page(paper(f"清湾市新{done}局")))

        done = reparse(archive, dry_run=True, progress=crawl_on)
    assert done.effects.unchanged == 12
    assert done.effects.created > 0


def test_side_by_side_it_gives_what_one_after_the_other_does(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.deriving.derive.BATCH", 4)
    fill(archive)
    one = reparse(archive, parse=another)
    serial = told(archive)
    reparse(archive)
    urls: list[str] = []
    four = reparse(archive, parse=another, jobs=4, progress=lambda _done, _total, url: urls.append(url))
    assert told(archive) == serial
    assert four.effects == one.effects
    assert urls == [f"{URL}?{number}" for number in (*range(12), "none")]


def test_children_read_side_by_side(archive: Archive) -> None:
    fill(archive, 6)
    before = told(archive)
    with ParserPool(3) as parsers:
        assert reparse(archive, parse=parsers.parse, jobs=3).effects.unchanged == 6
    assert told(archive) == before


def test_pending_takes_what_is_new_and_what_failed(archive: Archive) -> None:
    fill(archive)
    assert reparse(archive, pending=True).effects.articles == 0
    reparse(archive, parse=another)
    publish(archive, f"{URL}?8", report_page(corrected(paper("清湾市第8局"))), crawl=crawl(archive, 3))
    done = reparse(archive, pending=True).effects
    assert (done.articles, done.changed, done.created) == (2, 1, 1)
    assert {one["url"].rpartition("?")[2]: one["what"] for one in done.reports} == {"4": "created", "8": "changed"}


def test_what_new_captures_took_away_is_withdrawn_and_not_lost(archive: Archive, clock: Clock) -> None:
    fill(archive)
    clock.advance(days=1)
    third = crawl(archive, 3)
    withdraw(archive, f"{URL}?5", crawl=third)
    publish(archive, f"{URL}?6", b"<html></html>", crawl=third)
    publish(archive, f"{URL}?2", report_page(paper("清湾市第2局")), crawl=third)
    done = reparse(archive)
    assert (done.effects.withdrawn, done.effects.lost, done.effects.returned) == (2, 0, 1)
    assert not done.needs_attention


def test_a_report_that_only_the_parser_takes_for_emptied_is_lost(archive: Archive, clock: Clock) -> None:
    for number, footer in enumerate(("", "<p>访问量：7</p>")):
        publish(archive, URL, report_page(footer=footer), crawl=crawl(archive, number))
        derive(archive)
        clock.advance(days=1)

    def refuses_the_second(data: bytes, hints: Hints) -> Record:
        if "访问量".encode() in data:
            raise NotAReport("it is a plan")
        return parse(data, hints)

    done = reparse(archive, parse=refuses_the_second)
    assert (done.effects.lost, done.effects.withdrawn, done.needs_attention) == (1, 0, True)
    assert the_report(archive).state == "withdrawn"


REPARSE = """
import sys
from pathlib import Path
import archive.deriving.derive
from archive.deriving.reparsing import reparse
from archive.store import Archive
from tests.archive.test_reparse import another

archive.deriving.derive.BATCH = 3
with Archive.open(Path(sys.argv[1]), sys.argv[2] or None) as opened:
    reparse(opened, parse=another, jobs=2, fingerprint="one", progress=lambda done, *_: print(done, flush=True))
"""


def kill_a_reparse(place: Place, after: int) -> None:
    with start_code(REPARSE, str(place.folder), place.database or "") as process:
        for line in process.stdout:
            if int(line) == after:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def test_a_killed_reparse_goes_on_where_it_stopped_and_sums_up_the_whole(place: Place) -> None:
    with place.open() as archive:
        fill(archive)
        planned = reparse(archive, parse=another, dry_run=True)
    for after in (5, 4):
        kill_a_reparse(place, after)
        with place.open() as archive:
            assert verify(archive) == []
    said: list[str] = []
    with place.open() as archive:
        done = reparse(archive, parse=another, fingerprint="one", say=said.append)
        assert done.finished
        assert 3 <= done.resumed_after < 13
        assert done.effects == planned.effects
        assert len(said) == 1
        assert said[0].startswith("going on with the run of ")
        assert said[0].endswith(f"UTC, after {done.resumed_after} articles")
        result = told(archive)
        assert reparse(archive, parse=another).resumed_after == 0
        assert told(archive) == result


def interrupted(archive: Archive, at: int, **facts: Any) -> Reparsed:
    def stop(done: int, _total: int, _url: str) -> None:
        if done == at:
            raise KeyboardInterrupt

    return reparse(archive, progress=stop, **facts)


def test_a_changed_parser_begins_an_unfinished_reparse_anew(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.deriving.derive.BATCH", 3)
    fill(archive)
    assert interrupted(archive, 8, fingerprint="one").effects.articles == 6
    said: list[str] = []
    done = reparse(archive, fingerprint="two", say=said.append)
    assert (done.resumed_after, done.effects.articles) == (0, 13)
    assert said == ["the parser has changed since the run of 2024-01-20 04:00 UTC stopped: it begins anew"]


def test_an_interrupted_reparse_sums_up_what_it_did_and_is_whole(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.deriving.derive.BATCH", 3)
    fill(archive)
    for dry_run in (True, False):
        stopped = interrupted(archive, 8, dry_run=dry_run, jobs=2)
        assert (stopped.finished, stopped.effects.articles) == (False, 6)
        assert verify(archive) == []
    done = reparse(archive)
    assert (done.finished, done.resumed_after, done.effects.articles, done.effects.unchanged) == (True, 6, 13, 12)


def test_what_is_captured_while_it_runs_is_left_for_the_next_one(archive: Archive) -> None:
    fill(archive, 3)
    item = paper("清湾市第0局")

    def capture_meanwhile(done: int, _total: int, _url: str) -> None:
        if done == 1:
            body = report_page(corrected(item))
            store(archive, answer(f"{URL}?0", body, at=archive.clock()), role="article", crawl_id=2)

    reparse(archive, progress=capture_meanwhile)
    assert reparse(archive, pending=True).effects.changed == 1


def test_two_reparses_take_turns_and_the_second_says_that_it_waits(place: Place) -> None:
    waits = threading.Event()
    said: list[str] = []
    results: list[Reparsed] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        waits.set()

    with place.open() as archive:
        fill(archive, 3)
        with (place.folder / LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            second = threading.Thread(target=lambda: results.append(reparse(archive, say=say)))
            second.start()
            assert waits.wait(30)
            assert results == []
        second.join(30)
        assert said == ["another reparse, import or crawl is reading this archive: waiting for it to end"]
        assert results[0].effects.articles == 4


def test_a_damaged_record_is_made_anew(archive: Archive) -> None:
    fill(archive, 3)
    before = told(archive)
    with archive.writing() as session:
        session.execute(text("UPDATE versions SET record = substr(record, 1, 100)"))
    assert {problem.kind for problem in verify(archive)} == {"version.altered"}
    reparse(archive)
    assert told(archive) == before


def test_a_summary_is_bounded_and_survives_being_kept() -> None:
    effects = Effects()
    for number in range(MOST_REPORTS + 50):
        batch = Effects(articles=1, changed=1, reports=[{"url": f"{URL}?{number}", "what": "changed", "figures": {}}])
        batch.figures_changed.update({f"a.b.{number:03}": 1, "a.b.000": 1})
        effects.add(batch)
    assert (effects.articles, len(effects.reports)) == (MOST_REPORTS + 50, MOST_REPORTS)
    keys = effects.to_data()["figures"]["keys"]
    assert (len(keys), keys[0]) == (MOST_KEYS, {"key": "a.b.000", "changed": 250, "appeared": 0, "vanished": 0})
    assert Effects.of(effects.to_counts(), effects.reports) == effects


def test_the_fingerprint_of_the_parser_is_a_digest_that_stays() -> None:
    assert len(parser_fingerprint()) == 64
    assert parser_fingerprint() == parser_fingerprint.__wrapped__()
