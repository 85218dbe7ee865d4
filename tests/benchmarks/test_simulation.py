"""The simulation keeps the laws that any cluster keeps, its check of politeness finds what is broken, and it tells the truth."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

import pytest

from archive.crawling.duework import GIVEN_UP
from archive.crawling.rests import FIRST, LONGEST
from benchmarks.__main__ import main
from benchmarks.simulation.crawls import BLOCKED, Wanted, work
from benchmarks.simulation.engine import EPOCH, Cluster, Rules, Simulated, Task
from benchmarks.simulation.figures import Figures, figures
from benchmarks.simulation.nation import Habits, Portal, nation
from benchmarks.simulation.politeness import Stint, kept
from benchmarks.simulation.runs import HOUR, Found, first_crawl, january
from crawler import settings
from crawler.campaign import campaign, slot_of
from spiders.outcomes import OK

SEEDS = range(5)
NO_TROUBLE = dict.fromkeys(
    (
        "crawl_delay_hosts",
        "limiting_hosts",
        "blocking_hosts",
        "moody_hosts",
        "dead_hosts",
        "disallowing_hosts",
        "unreachable",
        "incomplete",
        "night_hosts",
        "gateway_provinces",
    ),
    0,
)
PLENTY = {"cores": 1e6, "bandwidth": 1e12, "database_cores": 1e6, "side_by_side": 1e6}
FREE = {"turn_new": 0, "turn_unchanged": 0, "report_turn": 0, "start_turn": 0}
SMOOTH = figures().but(**NO_TROUBLE)
TOGETHER = 4  # portals to a host


def portals(
    count: int, *, hosts: int | None = None, seed: int = 0, gap: float = 1.0, gateway: str | None = None
) -> list[Portal]:
    """Portals of every size, on hosts of their own or on so many."""
    drawn = Random(seed)
    made = []
    for number in range(count):
        host = f"xxgk.d{number % (hosts or count)}.gov.cn"
        habits = Habits(latency=drawn.uniform(0.1, 0.8), gap=gap)
        articles = drawn.randint(5, 400)
        url = f"http://{host}/{number}/"
        made.append(Portal(url, host, articles // 10 + 1, 2, articles // 20 + 1, articles, 0, habits, gateway))
    return made


def first(some: list[Portal], table: Figures, workers: int, rules: Rules | None = None, seed: int = 0) -> Simulated:
    return Cluster([Task(one, 0.0, one.articles) for one in some], table, workers, seed=seed, rules=rules).run()


def last_end(simulated: Simulated) -> float:
    return max(task.ended or 0.0 for task in simulated.tasks)


def alone(portal: Portal, table: Figures, seed: int = 0) -> float:
    """Seconds of its first crawl where nothing is in the way."""
    return work(portal, Wanted(portal.articles), table, Random(f"{seed} {portal.url} 0 0")).seconds


def shown(found: Found) -> str:
    return json.dumps(found, default=vars, sort_keys=True)


# Laws


@pytest.mark.parametrize("workers", [1, 7])
def test_portals_of_one_host_take_as_long_as_one_after_the_other(workers: int) -> None:
    table = SMOOTH.but(poll=0, **FREE)
    some = portals(12, hosts=1)
    assert last_end(first(some, table, workers)) == pytest.approx(sum(alone(one, table) for one in some))


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_without_end_take_as_long_as_the_longest_host(seed: int) -> None:
    table = SMOOTH.but(poll=0, **PLENTY, **FREE)
    some = portals(40, hosts=40 // TOGETHER, seed=seed)
    chains: dict[str, float] = {}
    for one in some:
        chains[one.host] = chains.get(one.host, 0.0) + alone(one, table, seed)
    assert last_end(first(some, table, 1, seed=seed)) == pytest.approx(max(chains.values()))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_longer_delay_never_shortens_a_crawl(seed: int) -> None:
    ends = [last_end(first(portals(60, hosts=40, seed=seed, gap=gap), SMOOTH, 1)) for gap in (1, 2, 4, 8)]
    assert ends == sorted(ends)
    assert ends[-1] > 2 * ends[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_more_workers_are_never_slower(seed: int) -> None:
    table = SMOOTH.but(side_by_side=4)
    some = portals(150, seed=seed)
    ends = [last_end(first(some, table, workers)) for workers in (1, 2, 4, 8, 16)]
    assert ends == sorted(ends, reverse=True)
    assert ends[0] > 3 * ends[2]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"side_by_side": 1}, "crawls side by side"),
        ({"cores": 0.1, "side_by_side": 100}, "processors"),
        ({"bandwidth": 20_000, "side_by_side": 100}, "network"),
        ({"turn_new": 0.5, "side_by_side": 100}, "writers' turn"),
        ({"page_server": 0.5, "database_cores": 1, "side_by_side": 100}, "database server"),
    ],
)
def test_what_is_short_is_used_wholly_and_never_more_and_is_named_as_the_bottleneck(
    changed: dict[str, float], what: str
) -> None:
    found = first_crawl(portals(60), SMOOTH.but(**changed), 2)
    assert found.bottleneck == what
    assert 0.95 < found.used[what] <= 1 + 1e-9
    assert all(0 <= share <= 1 + 1e-9 for share in found.used.values())
    assert all(found.finished >= 0.98 * hours for hours in found.limits.values())


def test_the_work_is_the_same_whoever_does_it() -> None:
    some = portals(60, hosts=20, gateway="infogate.gov.cn")
    used = [first(some, SMOOTH, workers) for workers in (1, 3)]
    one, three = ([sum(each.used.processor for each in run.machines), run.server.turn] for run in used)
    assert one == pytest.approx(three)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_lost_is_made_up_for_by_more_work(seed: int) -> None:
    some = portals(60, hosts=20, seed=seed)
    kept_all, lost = (
        first_crawl(some, SMOOTH.but(side_by_side=4), 3, seed=seed, rules=rules)
        for rules in (Rules(), Rules(lost_every=HOUR / 4))
    )
    assert lost.losses > 0
    assert lost.exchanges > kept_all.exchanges
    assert all(lost.limits[name] >= kept_all.limits[name] for name in lost.limits)


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    table = figures()
    once, again, other = (
        shown(january(nation(table, seed, 0.01), table, 2, seed=seed, nights=2)) for seed in (1, 1, 2)
    )
    assert once == again
    assert once != other


# Politeness


@pytest.mark.parametrize("rules", [Rules(), Rules(lost_every=HOUR / 4)])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_host_is_asked_twice_at_once_or_too_early_whatever_is_lost(rules: Rules, seed: int) -> None:
    some = portals(60, hosts=15, seed=seed, gap=10, gateway="infogate.gov.cn")
    found = first_crawl(some, SMOOTH.but(side_by_side=4), 3, seed=seed, rules=rules)
    assert (found.polite.broken, found.read) == (0, 1.0)
    assert found.polite.margin >= 0
    assert (found.losses > 0) is (rules.lost_every is not None)


@pytest.mark.parametrize(
    "rules",
    [Rules(one_crawl_to_a_host=False), Rules(turns_by_the_database=False), Rules(False, False)],
)
def test_the_check_finds_what_breaks_where_the_lock_and_the_turns_are_off(rules: Rules) -> None:
    found = first_crawl(portals(40, hosts=5, gap=10), SMOOTH.but(poll=0), 2, rules=rules)
    assert found.polite.broken > 0
    assert found.polite.margin < 0


@pytest.mark.parametrize(
    ("second", "least", "broken"),
    [(101.0, 1.0, 0), (100.5, 1.0, 1), (50.0, 1.0, 1), (101.0, 0.9, 1), (200.0, 1.2, 0)],
)
def test_a_gap_is_too_short_between_two_crawls_and_within_one(second: float, least: float, broken: int) -> None:
    stints = [Stint("a", 0, 0.0, 100.0, 50, 1.0, 1.0), Stint("a", 1, second, second + 9, 5, 1.0, least)]
    assert kept([*stints, Stint("b", 2, 0.0, 100.0, 50, 1.0, 1.0)]).broken == broken


# The campaign


def test_a_host_that_blocks_is_asked_again_after_the_campaigns_pauses_and_its_rests_and_then_given_up() -> None:
    (portal,) = portals(1)
    portal = Portal(**{**vars(portal), "habits": Habits(0.2, 1.0, blocks=1.0)})
    found = first([portal], figures(), 1)
    asked = [stint.begun for stint in found.stints]
    pauses = campaign().again.pauses
    assert (found.tasks[0].outcome, found.tasks[0].tries) == (GIVEN_UP, len(pauses) + 1)
    for number, pause in enumerate(pauses):
        rest = min(FIRST * 2**number, LONGEST)
        assert timedelta(seconds=asked[number + 1] - found.stints[number].ended) >= max(pause, rest)


def test_each_portal_is_crawled_every_night_in_its_own_minute() -> None:
    some = portals(20)
    tasks = _tasks_of(some, nights=3)
    assert len(tasks) == 3 * len(some)
    for task in tasks:
        planned = (EPOCH + timedelta(seconds=task.planned)).astimezone(campaign().zone)
        begins = planned.replace(hour=campaign().window.begin.hour, minute=0)
        minutes = (planned - begins).total_seconds() / 60 % (24 * 60)
        assert minutes == slot_of(task.portal.url).minute
        assert task.outcome == OK


def _tasks_of(some: list[Portal], nights: int) -> list[Task]:
    from benchmarks.simulation.runs import _nights

    return Cluster(list(_nights(some, nights, SMOOTH)), SMOOTH, 4).run().tasks


def test_a_night_that_is_too_long_is_overtaken_by_the_next() -> None:
    assert january(portals(30), SMOOTH.but(side_by_side=1), 1, nights=4).skipped == 0
    found = january(portals(30, gap=60), SMOOTH.but(side_by_side=1), 1, nights=4)
    assert found.skipped > 0
    assert found.bottleneck == "crawls side by side"


# The table and the nation


def test_every_figure_has_a_source_and_those_that_are_set_are_the_programs_own() -> None:
    table = figures().table
    assert [name for name, figure in table.items() if not figure.source or not figure.unit] == []
    said = {name: figure.value for name, figure in table.items() if figure.basis == "set"}
    assert said.pop("poll") > 0
    assert said == {
        "delay": 1.0,
        "jitter": settings.XXGK_DELAY_JITTER,
        "timeout": settings.DOWNLOAD_TIMEOUT,
        "tries": 1 + getattr(settings, "RETRY_TIMES", 2),
    }


def test_what_a_run_is_given_is_assumed_and_a_figure_that_is_not_there_is_refused() -> None:
    changed = figures().but(delay=7)
    assert (changed["delay"], figures()["delay"], "delay" in changed.assumed) == (7, 1, True)
    with pytest.raises(KeyError, match="dely"):
        figures().but(dely=7)


def test_the_nation_has_its_portals_and_its_two_million_reports() -> None:
    some = nation(figures(), 0)
    assert 3_400 < len(some) < 3_600
    assert len({one.host for one in some}) < len(some) == len({one.url for one in some})
    assert 137_000 < sum(one.publishers for one in some) < 138_000
    assert 1_800_000 < sum(one.articles for one in some) < 2_200_000
    assert any(work(one, Wanted(0), figures(), Random(0)).outcome == BLOCKED for one in some)


# The command


def test_the_command_says_a_line_for_each_number_of_workers_and_each_thing_that_changes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["simulate", "--workers", "1,2", "--nights", "1", "--share", "0.002", "--json"]
    assert main(given) == 0
    table, country, *runs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (table["said"], country["said"]) == ("table", "nation")
    assert [(run["workers"], run["what"]) for run in runs[:4]] == [
        (workers, what) for workers in (1, 2) for what in ("first crawl", "January night")
    ]
    changed = {run["otherwise"] for run in runs[4:]}
    assert {"a delay of 10 s", "every host a tenth slower", "a worker lost every hour"} <= changed
    assert {run["polite"]["broken"] for run in runs} == {0}


def test_the_command_says_for_people_what_is_assumed_and_what_holds_it_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--workers", "1", "--nights", "1", "--share", "0.002"]) == 0
    said = capsys.readouterr().out
    assert "assumed: latency" in said
    assert said.count("bottleneck: ") == said.count("workers, ")
    assert "politeness: 0 gaps too short among " in said


@pytest.mark.parametrize(
    "wrong", [["--workers", "0"], ["--workers", "1,x"], ["--nights", "32"], ["--share", "0"], ["--share", "two"]]
)
def test_numbers_that_make_no_sense_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", *wrong])
    assert ended.value.code == 2
    assert f"argument {wrong[0]}: " in capsys.readouterr().err
