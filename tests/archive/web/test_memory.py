"""Memory: what was asked once is not asked again until the archive is another."""

from __future__ import annotations

from dataclasses import dataclass

from archive.store import Archive
from archive.web.memory import Memory
from tests.archive.notetaking import note_portal


@dataclass
class Asked:
    """Counts how often it is asked, and takes its time by its own clock."""

    takes: float = 0.0
    now: float = 0.0
    times: int = 0

    def clock(self) -> float:
        return self.now

    def __call__(self) -> int:
        self.times += 1
        self.now += self.takes
        return self.times


def changed(archive: Archive) -> None:
    note_portal(archive, None, portal="http://www.qingwan.gov.cn/", outcome="ok", detail=None)


def test_an_answer_is_kept_until_the_archive_changes(table: Archive) -> None:
    asked = Asked(takes=0.5)
    memory = Memory(table, asked.clock)
    assert [memory.recall("a", asked) for _ in range(3)] == [1, 1, 1]
    changed(table)
    assert [memory.recall("a", asked) for _ in range(3)] == [2, 2, 2]


def test_what_took_long_is_kept_a_while_though_the_archive_changes_all_the_time(table: Archive) -> None:
    asked = Asked(takes=3)
    memory = Memory(table, asked.clock)
    assert memory.recall("a", asked) == 1
    changed(table)
    asked.now += 29
    assert memory.recall("a", asked) == 1
    asked.now += 2
    assert memory.recall("a", asked) == 2


def test_after_some_minutes_it_is_asked_again_though_nothing_changed(table: Archive) -> None:
    asked = Asked()
    memory = Memory(table, asked.clock)
    assert memory.recall("a", asked) == 1
    asked.now += 301
    assert memory.recall("a", asked) == 2


def test_of_large_answers_only_the_last_asked_for_are_kept(table: Archive) -> None:
    asked = Asked()
    memory = Memory(table, asked.clock)
    memory.recall(("other", 1), asked)
    for day in (1, 2, 1, 3):
        memory.recall(("standings", day), asked, most=2)
    assert asked.times == 4
    assert memory.recall(("standings", 1), asked, most=2) == 2
    assert memory.recall(("standings", 3), asked, most=2) == 4
    assert memory.recall(("other", 1), asked) == 1
    assert memory.recall(("standings", 2), asked, most=2) == 5
