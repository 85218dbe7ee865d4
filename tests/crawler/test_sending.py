from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import simplejson
from sqlalchemy import insert, select

from archive.deposit import deposit
from archive.journal.notes import PortalNote
from archive.notices.notices import find
from archive.schema import Delivery, Notice
from archive.store import Archive
from crawler import sending
from crawler.errors import CrawlerError, WrongUsage
from crawler.sending import BEGUN, after_crawl, is_due, send
from crawler.targets import Owner, Target, read
from tests.archive.conftest import Clock
from tests.crawler.commands import ROOT, xxgk

PORTAL = "http://xxgk.qingwan.gov.cn/"
SECRET = "s3cr3t-t0k3n"
VARIABLES = {"XXGK_MAIL": "mailtos://xxgk:secret@smtp.example.org:465/?mode=ssl&from=xxgk@example.org&to=a@example.org"}


@dataclass
class Service:
    """A service that takes messages, or does not, and remembers them."""

    port: int = 0
    status: int = 200
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def url(self, path: str = SECRET) -> str:
        return f"json://127.0.0.1:{self.port}/{path}"

    def bodies(self, path: str = SECRET) -> list[str]:
        return [message["message"] for at, message in self.messages if at.strip("/") == path]


@contextmanager
def listening() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if service.status < 400:
                service.messages.append((self.path, simplejson.loads(body)))
            self.send_response(service.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with listening() as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    """09:30 in China."""
    return Clock(datetime(2024, 2, 1, 1, 30, tzinfo=UTC))


@pytest.fixture
def archive(tmp_path: Path, clock: Clock) -> Iterator[Archive]:
    with Archive.open(tmp_path / "xxgk-archive", create=True, write=True, clock=clock) as opened:
        yield opened


class Said(list[str]):
    def __call__(self, sentence: str) -> None:
        self.append(sentence)


def happen(archive: Archive, number: int, kind: str = "report.new", **facts: object) -> None:
    row = {
        "key": f"{kind}/{number}",
        "kind": kind,
        "at": archive.clock(),
        "noticed_at": archive.clock(),
        "title": f"第{number}件",
        "text": "详情",
        "url": f"http://www.a.gov.cn/{number}",
        **facts,
    }
    with archive.writing() as session:
        session.execute(insert(Notice), [row])


def owner(*targets: Target) -> Owner:
    return Owner(targets=targets)


def begun(archive: Archive, whom: Owner) -> Owner:
    sending.begin(archive, whom, Said())
    return whom


def test_a_digest_arrives_once(archive: Archive, clock: Clock, service: Service) -> None:
    whom = begun(archive, owner(Target(name="值班群", url=service.url())))
    happen(archive, 1)
    happen(archive, 2, "report.missing")
    clock.advance(days=1)
    said = Said()
    assert send(archive, whom, said).failed == ()
    ((_, message),) = service.messages
    assert message["title"] == "信息公开年报 2月2日：逾期未公布1，新公布1"
    assert message["message"].splitlines() == [
        "【逾期未公布】第2件。详情 http://www.a.gov.cn/2",
        "【新公布】第1件。详情 http://www.a.gov.cn/1",
    ]
    assert not message.get("attachments")
    for _ in range(3):
        clock.advance(days=1)
        assert send(archive, whom, said).digests == ()
    assert len(service.messages) == 1
    assert said == []


def test_what_a_failing_service_did_not_take_is_sent_again_and_told(
    archive: Archive, clock: Clock, service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    whom = begun(
        archive, owner(Target(name="坏", url=service.url("broken")), Target(name="好", url=service.url("good")))
    )
    happen(archive, 1)
    clock.advance(days=1)
    service.status = 500
    said = Said()
    assert send(archive, whom, said).failed == ("坏", "好")
    assert [sentence.split()[2] for sentence in said] == ["坏", "好"]
    service.status = 200
    happen(archive, 2)
    assert send(archive, whom, said).failed == ()
    assert service.bodies("broken") == service.bodies("good")
    assert [body.count("【") for body in service.bodies("good")] == [2]
    assert capfd.readouterr() == ("", "")


def test_a_failing_target_keeps_no_other_from_its_digest(archive: Archive, clock: Clock, service: Service) -> None:
    dead = Target(name="死", url="json://127.0.0.1:9/none")
    unset = Target(name="无", url="$XXGK_NOT_SET")
    wrong = Target(name="错", url=f"nosuch://{SECRET}")
    whom = begun(archive, owner(dead, unset, wrong, Target(name="好", url=service.url())))
    happen(archive, 1)
    clock.advance(days=1)
    said = Said()
    assert send(archive, whom, said, environment={}).failed == ("死", "无", "错")
    assert len(service.messages) == 1
    assert SECRET not in "".join(said)
    assert "$XXGK_NOT_SET, which is not set" in "".join(said)


def test_each_target_gets_what_it_asks_for(archive: Archive, clock: Clock, service: Service) -> None:
    jilin = Target(name="吉林", url=service.url("jilin"), divisions=("220000",))
    missing = Target(name="逾期", url=service.url("missing"), kinds=("report.missing", "portal.blocked"))
    years = Target(name="去年", url=service.url("years"), years=(2022,))
    whom = begun(archive, owner(jilin, missing, years))
    happen(archive, 1, division="220202001", report_year=2023)
    happen(archive, 2, "report.missing", division="110101", report_year=2022)
    happen(archive, 3, "portal.blocked", division=None)
    clock.advance(days=1)
    send(archive, whom, Said())
    assert [numbers(service, path) for path in ("jilin", "missing", "years")] == [["1"], ["2", "3"], ["2", "3"]]


def numbers(service: Service, path: str) -> list[str]:
    (body,) = service.bodies(path)
    return [line.partition("第")[2][:1] for line in body.splitlines()]


def test_a_target_is_told_of_nothing_before_it_was_first_seen_unless_it_says_so(
    archive: Archive, clock: Clock, service: Service
) -> None:
    happen(archive, 1)
    clock.advance(days=1)
    said = Said()
    late = Target(name="后来", url=service.url("late"), daily=False)
    since = Target(name="补发", url=service.url("since"), daily=False, since=clock.now.date() - timedelta(days=7))
    whom = owner(late, since)
    sending.begin(archive, whom, said)
    assert [sentence.split()[0] for sentence in said] == ["后来"]
    send(archive, whom, said)
    assert (service.bodies("late"), len(service.bodies("since"))) == ([], 1)
    happen(archive, 2)
    send(archive, whom, said)
    assert [len(service.bodies(path)) for path in ("late", "since")] == [1, 2]


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2024-02-01 09:00", "2024-02-01 23:59", False),
        ("2024-02-01 09:00", "2024-02-02 08:59", False),
        ("2024-02-01 09:00", "2024-02-02 09:00", True),
        ("2024-02-01 15:00", "2024-02-02 09:00", True),
        ("2024-02-01 08:59", "2024-02-01 09:00", True),
        ("2024-01-01 09:00", "2024-02-01 00:10", True),
    ],
)
def test_a_daily_digest_goes_once_from_its_hour_to_the_next(last: str, now: str, due: bool) -> None:
    moments = [datetime.fromisoformat(f"{each}+08:00").astimezone(UTC) for each in (last, now)]
    assert is_due(Target(name="日报", url="json://a"), moments[0], moments[1]) == due
    assert is_due(Target(name="即时", url="json://a", daily=False), moments[0], moments[1])


def test_a_day_brings_one_digest_however_often_it_is_tried(archive: Archive, clock: Clock, service: Service) -> None:
    whom = begun(archive, owner(Target(name="值班群", url=service.url())))
    for hour in range(72):
        clock.advance(hours=1)
        happen(archive, hour)
        send(archive, whom, Said())
    assert len(service.messages) == 3
    sent = [line for body in service.bodies() for line in body.splitlines() if line.startswith("【")]
    assert len(sent) == len(set(sent))


def test_a_long_digest_says_how_many_more_there_are(archive: Archive, clock: Clock, service: Service) -> None:
    short = Target(name="短", url=service.url("short"), lines=3)
    small = Target(name="小", url=service.url("small"), bytes=200)
    whom = begun(archive, owner(short, small))
    for number in range(1, 41):
        happen(archive, number)
    clock.advance(days=1)
    send(archive, whom, Said())
    (body,) = service.bodies("short")
    assert [line[:4] for line in body.splitlines()] == ["【新公布", "【新公布", "【新公布", "另有37"]
    (body,) = service.bodies("small")
    assert len(body.encode()) < 300
    clock.advance(days=1)
    assert send(archive, whom, Said()).digests == ()


@pytest.mark.parametrize(
    "title",
    ["@所有人 <!channel> <@U1> @everyone", "\\n[链接](file:///etc/passwd)", "![](/etc/passwd)", "{{ token }} :smile:"],
)
def test_what_a_portal_wrote_stays_plain_text(archive: Archive, service: Service, title: str) -> None:
    whom = begun(archive, owner(Target(name="值班群", url=service.url(), daily=False)))
    happen(archive, 1, title=title, url="javascript:alert(1)")
    send(archive, whom, Said())
    ((_, message),) = service.messages
    assert message["message"] == f"【新公布】{title}。详情".translate(str.maketrans("@<>", "＠＜＞"))
    assert not message.get("attachments")


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_process_killed_between_sending_and_noting_sends_that_one_digest_again(
    archive: Archive, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    whom = begun(archive, owner(Target(name="值班群", url=service.url(), daily=False)))
    happen(archive, 1)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "deposit", killed)
        with pytest.raises(KeyboardInterrupt):
            send(archive, whom, Said())
    for _ in range(3):
        send(archive, whom, Said())
    assert len(service.messages) == 2


def test_two_that_send_at_once_send_each_digest_once(archive: Archive, clock: Clock, service: Service) -> None:
    whom = begun(archive, owner(Target(name="值班群", url=service.url(), daily=False)))
    for number in range(5):
        happen(archive, number)

    def run() -> None:
        with Archive.open(archive.folder, write=True, clock=clock) as own:
            send(own, whom, Said())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(service.messages) == 1


def test_nothing_is_sent_where_nobody_is_named(archive: Archive) -> None:
    happen(archive, 1)
    assert read(archive.folder) == Owner()
    assert send(archive, Owner(), Said()).digests == ()


def test_without_apprise_it_is_one_sentence(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(CrawlerError, match=r"pip install 'xxgk\[notices\]'"):
        send(archive, owner(Target(name="值班群", url="json://a")), Said())


CONFIG = """\
[feeds]
folder = "feeds"

[[targets]]
name = "值班群"
url = "$XXGK_TEST_TARGET"
daily = false
"""


def test_after_a_crawl_what_happened_is_found_written_and_sent(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("XXGK_TEST_TARGET", service.url())
    folder, said = tmp_path / "archive", Said()
    with Archive.open(folder, create=True, write=True, clock=clock):
        pass
    (folder / "notices.toml").write_text(CONFIG, encoding="utf-8")
    assert after_crawl(folder, None, said, clock=clock)
    clock.advance(days=1)
    with Archive.open(folder, write=True, clock=clock) as archive:
        deposit(archive, notes=[PortalNote(clock.now, None, PORTAL, "blocked:wzws", None)])
    assert after_crawl(folder, None, said, clock=clock)
    assert after_crawl(folder, None, said, clock=clock)
    assert service.bodies() == [
        "【网站拦截】xxgk.qingwan.gov.cn拦截了采集。自2024-02-02起：wzws。在此期间不能判断其单位是否已公布。 http://xxgk.qingwan.gov.cn/"
    ]
    assert (folder / "feeds" / "nation.atom").is_file()
    assert len(said) == 1  # that the target is told from now on


def test_after_a_crawl_nothing_of_ours_is_raised(tmp_path: Path, clock: Clock) -> None:
    said = Said()
    assert not after_crawl(tmp_path / "none", None, said, clock=clock)
    with Archive.open(tmp_path / "archive", create=True, write=True, clock=clock) as archive:
        (archive.folder / "notices.toml").write_text("[[targets]]\nname = 1", encoding="utf-8")
    assert not after_crawl(tmp_path / "archive", None, said, clock=clock)
    assert len(said) == 2
    assert "there is no archive" in said[0]
    assert "notices.toml: targets.0.name" in said[1]


WRONG = [
    (f'[[targets]]\nname = "a"\nurl = "json://{SECRET}"\nkinds = ["report.old"]', "report.old"),
    (f'[[targets]]\nname = "a"\nurl = "json://{SECRET}"\nat = "25:00"', "no time of the day"),
    (f'[[targets]]\nname = "a"\nurl = "json://{SECRET}"\ncolour = "red"', "colour"),
    (f'[[targets]]\nname = "a"\nurl = ["json://{SECRET}"]', "targets.0.url"),
    (f'[[targets]]\nname = "a"\nurl = "json://{SECRET}"\ndivisions = ["吉林"]', "divisions"),
    (f'[[targets]]\nname = ""\nurl = "json://{SECRET}"', "targets.0.name"),
    (f'[[targets]]\nname = "a"\nurl = "json://{SECRET}', "is no TOML"),
    (f'[[targets]]\nname = "a"\nurl = "json://{SECRET}"\n[[targets]]\nname = "a"\nurl = "json://b"', "name a twice"),
    ('[feeds]\nfolder = "f"\nbase = "ftp://x"', "feeds.base"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_file_is_named_with_the_place_and_without_a_url(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "notices.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongUsage) as caught:
        read(tmp_path)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "notices.toml" in str(caught.value)


def test_what_was_sent_stands_in_the_journal(archive: Archive, clock: Clock, service: Service) -> None:
    whom = begun(archive, owner(Target(name="值班群", url=service.url(), daily=False)))
    deposit(archive, notes=[PortalNote(clock.now, None, PORTAL, "ok", None)])
    find(archive, clock.now)
    clock.advance(days=1)
    deposit(archive, notes=[PortalNote(clock.now, None, PORTAL, "unreachable", "no route")])
    find(archive, clock.now)
    send(archive, whom, Said())
    with archive.session() as session:
        keys = session.scalars(select(Delivery.key).where(Delivery.target == "值班群").order_by(Delivery.key)).all()
    assert keys == [BEGUN, f"portal.unreachable/{PORTAL}/20240202T013000Z"]


def test_the_commands_list_send_write_feeds_and_try_a_target(tmp_path: Path, service: Service) -> None:
    folder = tmp_path / "xxgk-archive"
    url = service.url()
    with Archive.open(folder, create=True, write=True) as archive:
        (folder / "notices.toml").write_text(CONFIG, encoding="utf-8")
        assert xxgk("notices", "send", folder=tmp_path, XXGK_TEST_TARGET=url).status == 0
        deposit(archive, notes=[PortalNote(archive.clock(), None, PORTAL, "unreachable", "no route")])
    assert xxgk("notices", "send", "--dry-run", folder=tmp_path, XXGK_TEST_TARGET=url).out == ""
    sent = xxgk("notices", "send", "--json", folder=tmp_path, XXGK_TEST_TARGET=url)
    assert (sent.status, [line["target"] for line in sent.lines]) == (0, ["值班群"])
    assert len(service.messages) == 1
    listed = xxgk("notices", "--json", "--kind", "portal.unreachable", folder=tmp_path)
    assert [line["kind"] for line in listed.lines] == ["portal.unreachable"]
    assert "xxgk.qingwan.gov.cn无法访问" in xxgk("notices", folder=tmp_path, COLUMNS="200").out
    assert xxgk("notices", "feeds", str(tmp_path / "web"), folder=tmp_path).status == 0
    assert (tmp_path / "web" / "rest.atom").read_bytes() == (folder / "feeds" / "rest.atom").read_bytes()
    tried = xxgk("notices", "test", "值班群", folder=tmp_path, XXGK_TEST_TARGET=url)
    assert (tried.status, tried.out, len(service.messages)) == (0, "", 2)
    service.status = 503
    tried = xxgk("notices", "test", "值班群", folder=tmp_path, XXGK_TEST_TARGET=url)
    assert tried.status == 1
    assert SECRET not in tried.err
    unknown = xxgk("notices", "test", "别人", folder=tmp_path)
    assert (unknown.status, unknown.err.count("\n")) == (2, 1)
    assert xxgk("notices", "kinds", "--json", folder=tmp_path).lines[0]["kind"] == "report.missing"


def test_the_targets_of_the_manual_are_ones_that_apprise_knows(tmp_path: Path) -> None:
    import warnings

    manual = (ROOT / "docs" / "notices.md").read_text(encoding="utf-8")
    sample = manual.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "notices.toml").write_text(sample, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apprise

        known = {target.name: apprise.Apprise().add(target.address(VARIABLES)) for target in read(tmp_path).targets}
    assert len(known) >= 5
    assert all(known.values()), known
