"""Turns at a host, without a crawl: who may ask when, and what a process leaves behind that ends in the middle."""

from __future__ import annotations

import asyncio
import fcntl
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic, time

import pytest

from archive.addresses import asked_host
from crawler import turns
from crawler.errors import WrongUsage
from crawler.turns import Turns, folder_of
from spiders.outcomes import FetchRefused

HOST = "xxgk.qinghe.gov.cn"


class Clocks:
    """Both clocks, which go only when somebody waits; ``waited`` are the waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.shift = 1_700_000_000.0  # between the clock that is set and the one that is not
        self.waited: list[float] = []
        monkeypatch.setattr(turns, "monotonic", lambda: self.now)
        monkeypatch.setattr(turns, "time", lambda: self.now + self.shift)

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def gap_of(seconds: float) -> Callable[[], float]:
    return lambda: seconds


async def exchange(turns_: Turns, clocks: Clocks, gap: float, takes: float = 0.0, pause: float = 0.0) -> float:
    """One exchange that takes so long; returns when it began."""
    async with turns_.line(HOST), turns_.take(HOST, gap_of(gap), clocks.wait) as turn:
        turn.used = True
        began = clocks.now
        clocks.now += takes
        turn.pause = pause
    return began


def test_the_gap_lies_between_the_end_of_an_answer_and_the_next_request(tmp_path: Path, clocks: Clocks) -> None:
    async def run() -> list[float]:
        ours = Turns(tmp_path)
        return [await exchange(ours, clocks, gap=2, takes=5) for _ in range(3)]

    assert asyncio.run(run()) == [1000, 1007, 1014]


def test_a_turn_that_was_not_used_leaves_no_gap_behind_it(tmp_path: Path, clocks: Clocks) -> None:
    async def run() -> float:
        ours = Turns(tmp_path)
        async with ours.take(HOST, gap_of(60), clocks.wait):
            pass
        return await exchange(ours, clocks, gap=60)

    assert asyncio.run(run()) == 1000


@pytest.mark.parametrize(("first", "second", "begins"), [(2, 7, 1012), (7, 2, 1012), (0, 0, 1005)])
def test_between_two_crawls_lies_the_larger_gap_of_the_two(
    tmp_path: Path, clocks: Clocks, first: float, second: float, begins: float
) -> None:
    async def run() -> float:
        await exchange(Turns(tmp_path), clocks, gap=first, takes=5)
        return await exchange(Turns(tmp_path), clocks, gap=second)

    assert asyncio.run(run()) == pytest.approx(begins, abs=1e-4)


def test_all_crawls_of_a_host_keep_the_largest_gap_of_those_that_ask_it(tmp_path: Path, clocks: Clocks) -> None:
    async def run() -> list[float]:
        fast, slow = Turns(tmp_path), Turns(tmp_path)
        began = [await exchange(fast, clocks, gap=1), await exchange(fast, clocks, gap=1)]
        await exchange(slow, clocks, gap=5)
        began += [await exchange(fast, clocks, gap=1) for _ in range(3)]
        clocks.now += 120  # the slow one has ended long ago
        return [*began, *[await exchange(fast, clocks, gap=1) for _ in range(2)]]

    assert asyncio.run(run()) == pytest.approx([1000, 1001, 1011, 1016, 1021, 1141, 1142], abs=1e-4)


def test_the_files_do_not_grow_with_the_crawls_there_were(tmp_path: Path, clocks: Clocks) -> None:
    async def run() -> None:
        for _ in range(100):
            await exchange(Turns(tmp_path), clocks, gap=0.1)

    asyncio.run(run())
    assert (tmp_path / f"{HOST}.turn").stat().st_size < 1200


def test_what_a_host_asked_for_holds_for_other_crawls_too(tmp_path: Path, clocks: Clocks) -> None:
    async def run() -> float:
        await exchange(Turns(tmp_path), clocks, gap=0, pause=120)
        return await exchange(Turns(tmp_path), clocks, gap=0)

    assert asyncio.run(run()) == pytest.approx(1120, abs=1e-4)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://xxgk.qinghe.gov.cn/a", "xxgk.qinghe.gov.cn"),
        ("http://xxgk.qinghe.gov.cn:8080/a", "xxgk.qinghe.gov.cn"),
        ("https://XXGK.qinghe.gov.cn:8443/a", "xxgk.qinghe.gov.cn"),
        ("http://203.0.113.7:8080/", "203.0.113.7"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://[::1]:8080/", "::1:8080"),
        ("http://localhost:8080/", "localhost:8080"),
    ],
)
def test_the_ports_of_a_host_share_its_turn_but_on_this_machine(url: str, host: str) -> None:
    assert asked_host(url) == host


def test_hosts_do_not_wait_for_each_other(tmp_path: Path, clocks: Clocks) -> None:
    async def run() -> None:
        ours = Turns(tmp_path)
        async with ours.take(HOST, gap_of(60), clocks.wait) as turn:
            turn.used = True
            async with ours.take("www.liuchuan.gov.cn", gap_of(60), clocks.wait):
                pass

    asyncio.run(run())
    assert clocks.waited == []


@pytest.mark.parametrize(
    ("shift", "wait"), [(-7200, 2), (7200, 2), (0, 2)], ids=["set back", "set forward", "left alone"]
)
def test_a_clock_that_is_set_shortens_no_gap_of_this_crawl(
    tmp_path: Path, clocks: Clocks, shift: float, wait: float
) -> None:
    async def run() -> float:
        ours = Turns(tmp_path)
        await exchange(ours, clocks, gap=2)
        clocks.shift += shift
        return await exchange(ours, clocks, gap=2)

    assert asyncio.run(run()) == pytest.approx(1000 + wait, abs=1e-4)


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        ("1-a {future} 5.0 0.0", 5),  # as if it had ended now, and not an hour from now
        ("1-a {past} 50.0 0.0", 0),
        ("1-a {past} 5.0 70.0", 10),
        ("4194305-a {now} 5.0 0.0", 0),  # a process that has ended, and needs no gap
        ("4194305-a {now} 5.0 9.0", 9),  # but the host asked for this
        ("99999999999999999999-a {now} 5.0 0.0", 0),
        ("1-a {now} 5.0 0.0\n1-b {past} 7.0 0.0", 7),
        ("1-a {now} 5.0 0.0\n1-b {now} 9.", 5),
        ("1-a {now} 99999.0 0.0", 300),
        ("1-a {now} 0.0 99999.0", 300),
        ("1-a {now} nan 0.0", 0),
        ("1-a {now} 3.0 -inf", 0),
        ("1-a inf 1.0 0.0", 0),
        ("-5", 0),
        ("", 0),
        ("a b c d", 0),
        ("\0\0\0", 0),
        ("政府 {now} 5.0 0.0", 0),
    ],
)
def test_what_another_process_left_in_the_file_binds_as_far_as_it_can_be_believed(
    tmp_path: Path, clocks: Clocks, written: str, wait: float
) -> None:
    now = clocks.now + clocks.shift
    (tmp_path / f"{HOST}.turn").write_text(written.format(now=now, past=now - 60, future=now + 3600), encoding="utf-8")
    assert asyncio.run(exchange(Turns(tmp_path), clocks, gap=0)) == pytest.approx(1000 + wait, abs=1e-4)


def test_who_came_first_is_served_first(tmp_path: Path, clocks: Clocks) -> None:
    order: list[int] = []

    async def run() -> None:
        ours = Turns(tmp_path)

        async def one(number: int) -> None:
            async with ours.line(HOST), ours.take(HOST, gap_of(1), clocks.wait) as turn:
                turn.used = True
                order.append(number)
                await asyncio.sleep(0)

        await asyncio.gather(*(one(number) for number in range(20)))

    asyncio.run(run())
    assert order == list(range(20))


def test_two_crawls_that_both_wait_take_turns(tmp_path: Path) -> None:
    order: list[str] = []
    waits = {name: asyncio.Event() for name in "ab"}
    done: set[str] = set()

    async def crawl(name: str, other: str) -> None:
        async def wait(_: float) -> None:
            waits[name].set()
            await asyncio.sleep(0)

        ours = Turns(tmp_path)
        for _ in range(20):
            async with ours.line(HOST), ours.take(HOST, gap_of(0), wait) as turn:
                turn.used = True
                order.append(name)
                waits[other].clear()
                if other not in done:
                    await waits[other].wait()  # until it stands in line
        done.add(name)

    async def run() -> None:
        await asyncio.gather(crawl("a", "b"), crawl("b", "a"))

    asyncio.run(run())
    assert order == ["a", "b"] * 20


def test_a_wait_that_ends_in_a_refusal_gives_the_turn_back(tmp_path: Path, clocks: Clocks) -> None:
    async def refuse(seconds: float) -> None:
        raise FetchRefused(f"stopped instead of waiting {seconds:.0f} s")

    async def run() -> float:
        ours = Turns(tmp_path)
        await exchange(ours, clocks, gap=60)
        with pytest.raises(FetchRefused, match="instead of waiting 60 s"):
            async with ours.take(HOST, gap_of(60), refuse):
                pass
        return await exchange(Turns(tmp_path), clocks, gap=0)

    assert asyncio.run(run()) == pytest.approx(1060, abs=1e-4)


def _hold(folder: str, holds: object) -> None:
    async def run() -> None:
        async with Turns(Path(folder)).take(HOST, gap_of(0), asyncio.sleep):
            holds.set()  # type: ignore[attr-defined]
            signal.pause()

    asyncio.run(run())


def test_a_process_that_is_killed_gives_its_turn_back_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    holds = context.Event()
    process = context.Process(target=_hold, args=(str(tmp_path), holds))
    process.start()
    assert holds.wait(30)
    tried = 0

    async def wait(seconds: float) -> None:
        nonlocal tried
        tried += 1
        if tried == 3:
            process.kill()
            process.join()
        assert tried < 5
        await asyncio.sleep(seconds)

    async def run() -> None:
        async with Turns(tmp_path).take(HOST, gap_of(0), wait):
            pass

    asyncio.run(run())
    assert tried == 3


def test_a_file_or_folder_that_was_cleaned_away_meanwhile_is_made_again(tmp_path: Path, clocks: Clocks) -> None:
    folder = tmp_path / "turns"
    folder.mkdir()

    async def run() -> None:
        ours = Turns(folder)
        await exchange(ours, clocks, gap=1)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        await exchange(ours, clocks, gap=1)

    asyncio.run(run())
    assert {file.name for file in folder.iterdir()} == {f"{HOST}.turn", f"{HOST}.next"}


def test_without_a_place_for_turns_nothing_is_sent(tmp_path: Path, clocks: Clocks) -> None:
    (tmp_path / "target").touch()
    (tmp_path / f"{HOST}.turn").symlink_to(tmp_path / "target")
    with pytest.raises(FetchRefused, match=f"whose turn it is at {HOST} cannot be told") as caught:
        asyncio.run(exchange(Turns(tmp_path), clocks, gap=0))
    assert caught.value.outcome == "incomplete"


@pytest.mark.parametrize("host", ["2001:db8::1", "a" * 253, "../../etc", "政府.中国", "..", ""])
def test_every_host_has_a_file_of_its_own_in_the_folder(tmp_path: Path, host: str, clocks: Clocks) -> None:
    async def run() -> None:
        async with Turns(tmp_path).take(host, gap_of(0), clocks.wait) as turn:
            turn.used = True

    asyncio.run(run())
    assert len(list(tmp_path.iterdir())) == 2


def test_the_folder_is_made_for_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = folder_of(None)
    assert folder == tmp_path / f"xxgk-turns-{os.geteuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder_of(None) == folder
    assert folder_of(str(tmp_path / "named")) == tmp_path / "named"


def _link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to(folder.parent / "elsewhere")


def _open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


@pytest.mark.parametrize("make", [_link, _open_to_all, Path.touch], ids=["a link", "open to others", "a file"])
def test_a_folder_in_which_others_decide_is_refused_in_a_sentence(
    tmp_path: Path, make: Callable[[Path], Awaitable[None]]
) -> None:
    folder = tmp_path / "turns"
    make(folder)
    with pytest.raises(WrongUsage, match="XXGK_TURNS") as caught:
        folder_of(str(folder))
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(str(tmp_path / "turns"))
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(WrongUsage, match="only you write to"):
        folder_of(str(folder))


def test_a_child_that_outlives_a_turn_does_not_hold_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []

    def open_(path: Path, flags: int, mode: int = 0o777, real: Callable[..., int] = os.open) -> int:
        file = real(path, flags, mode)
        left.append(os.dup(file))  # what a fork leaves in a child
        return file

    async def run() -> None:
        async with Turns(tmp_path).take(HOST, gap_of(0), asyncio.sleep):
            pass

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_)
        asyncio.run(run())
    assert len(left) == 2
    for name in (f"{HOST}.turn", f"{HOST}.next"):
        with (tmp_path / name).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    for copy in left:
        os.close(copy)


def test_taking_a_turn_that_nobody_else_wants_costs_next_to_nothing(tmp_path: Path) -> None:
    async def run() -> float:
        ours = Turns(tmp_path)
        began = monotonic()
        for _ in range(500):
            async with ours.line(HOST), ours.take(HOST, gap_of(0), asyncio.sleep) as turn:
                turn.used = True
        return (monotonic() - began) / 500

    assert asyncio.run(run()) < 0.002  # seconds; about 0.0001 on an idle machine
    _, ended, gap, pause = (tmp_path / f"{HOST}.turn").read_text(encoding="ascii").split()
    assert abs(time() - float(ended)) < 60
    assert float(gap) == float(pause) == 0
