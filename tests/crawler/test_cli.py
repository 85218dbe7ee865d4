"""The command line: exit statuses, one-sentence errors, JSON lines and nothing else."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from crawler.cli import build
from tests.crawler import pages
from tests.crawler.commands import Here, xxgk
from tests.crawler.servers import serve

HOST = "xxgk.qinghe.gov.cn"


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    return Here(capsys, monkeypatch, tmp_path, columns=None)


def commands() -> list[list[str]]:
    group: Any = get_command(build())
    found = [[name] for name in group.commands]
    return [
        *found,
        *([name, part] for name, command in group.commands.items() for part in getattr(command, "commands", {})),
    ]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_json_and_a_help_with_an_example(command: list[str], here: Here) -> None:
    ran = here(*command, "--help")
    assert ran.status == 0
    assert "--json" in ran.out
    assert f"Example: xxgk {' '.join(command)}" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["crawl"], "PORTAL"),
        (["crawl", "atlantis"], "atlantis"),
        (["crawl", "ftp://a.gov.cn/"], "ftp://a.gov.cn/"),
        (["crawl", "http://a.gov.cn/", "--year", "soon"], "--year"),
        (["crawl", "http://a.gov.cn/", "--delay", "-1"], "--delay"),
        (["crawl", "http://a.gov.cn/", "--hours", "20-6"], "'20-6' are no hours: write hours of the day"),
        (["crawl", "http://a.gov.cn/", "--allow", "http://b/"], "http://b/"),
        (["portals"], "no archive"),
        (["portals", "add", "A B", "http://a.gov.cn/"], "id"),
        (["nonsense"], "nonsense"),
        (["--archive"], "--archive"),
        (["schedule", "atlantis", "--plan"], "atlantis"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_sentence_and_exit_status_2(
    arguments: list[str], says: str, here: Here, tmp_path: Path
) -> None:
    ran = here(*arguments)
    assert ran.status == 2
    assert ran.out == ""
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not (tmp_path / "xxgk-archive").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("XXGK_DOWNLOAD_DELAY", value) for value in ("fast", "-1", "nan", "inf")],
        ("XXGK_DELAY_JITTER", "20%"),
        ("XXGK_HOURS", "at night"),
        ("XXGK_CONTACT", "信息公开办"),
        ("XXGK_CONTACT", "a@b.cn (office)"),
        ("XXGK_CONTACT", "a@b.cn\r\nX-Other: 1"),
        ("XXGK_TURNS", "/dev/null"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named_in_a_sentence(
    name: str, value: str, here: Here, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XXGK_TURNS", str(tmp_path / "turns"))
    monkeypatch.setenv(name, value)
    ran = here("crawl", "http://a.gov.cn/")
    assert (ran.status, ran.out, name in ran.err, len(ran.err.strip().splitlines())) == (2, "", True, 1)
    assert not (tmp_path / "xxgk-archive").exists()


def test_the_version_is_said(here: Here) -> None:
    ran = here("--version")
    assert (ran.status, ran.out) == (0, f"xxgk {metadata.version('xxgk')}\n")


def test_a_traceback_is_shown_only_with_debug(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not an archive", encoding="utf-8")
    assert "Traceback" not in xxgk("--archive", "file", "portals", folder=tmp_path).err
    assert "Traceback" in xxgk("--archive", "file", "--debug", "portals", folder=tmp_path).err


def test_the_archive_is_made_where_it_was_asked_for(tmp_path: Path) -> None:
    with serve(pages.portal(1, host=HOST)) as proxy:
        url = f"http://{HOST}{pages.COLUMN}"
        one = xxgk("--archive", "here", "crawl", url, "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        other = xxgk(
            "crawl", url, "--delay", "0", folder=tmp_path, http_proxy=proxy.url, XXGK_ARCHIVE=str(tmp_path / "there")
        )
    assert (one.status, other.status) == (0, 0), one.err + other.err
    for name in ("here", "there"):
        assert list((tmp_path / name / "warc").glob("*.warc.gz"))
        assert list((tmp_path / name / "logs").glob("*.log"))
    assert not (tmp_path / "xxgk-archive").exists()


def test_a_table_for_people_names_portal_and_outcome(tmp_path: Path) -> None:
    with serve(pages.portal(1, host=HOST)) as proxy:
        ran = xxgk(
            "crawl",
            f"http://{HOST}{pages.COLUMN}",
            "--delay",
            "0",
            folder=tmp_path,
            http_proxy=proxy.url,
            COLUMNS="200",
        )
    assert HOST in ran.out
    assert "ok" in ran.out
    assert "1 new" in ran.err
