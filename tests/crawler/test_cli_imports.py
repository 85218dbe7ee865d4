"""``xxgk import`` as its users run it: what it says and its exit statuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archive.answers import report_page
from tests.archive.foreign import Writer, sha1
from tests.crawler.commands import xxgk
from tests.papers.paper import paper

ORDINARY = "<title>信息公开指南</title><p>政府信息公开指南</p>".encode()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """What a user may have: a report, a page that is none, and web archives whole, cut and wanting."""
    page = report_page(paper("清湾市财政局", 2020))
    writer = Writer()
    writer.response("http://xxgk.qingwan.gov.cn/a.html", page)
    for number in range(5):
        writer.response(f"http://xxgk.qingwan.gov.cn/{number}.html", ORDINARY + b"%d" % number)
    folder = tmp_path / "files"
    folder.mkdir()
    writer.save(folder / "whole.warc.gz")
    (folder / "cut.warc.gz").write_bytes(writer.data[:-200])
    wanting = Writer()
    wanting.revisit("http://xxgk.qingwan.gov.cn/b.html", sha1(b"elsewhere"))
    wanting.save(folder / "wanting.warc.gz")
    (folder / "report.html").write_bytes(page)
    (folder / "guide.html").write_bytes(ORDINARY)
    return folder


@pytest.mark.parametrize(
    ("names", "status", "said"),
    [
        (["whole.warc.gz"], 0, ["6 captures", "1 new", "5 no reports"]),
        (["report.html"], 0, ["1 captures", "1 new"]),
        (["report.html", "guide.html"], 1, ["guide.html: refused: "]),
        (["cut.warc.gz"], 1, ["cut.warc.gz: ", "at byte ", "get the file anew"]),
        (["wanting.warc.gz"], 1, ["1 revisit records refer to answers"]),
        (["nothing.warc.gz"], 2, ["does not exist"]),
    ],
)
def test_the_exit_status_says_whether_something_needs_attention(
    files: Path, tmp_path: Path, names: list[str], status: int, said: list[str]
) -> None:
    ran = xxgk("import", *(str(files / name) for name in names), folder=tmp_path)
    assert (ran.status, ran.out) == (status, "")
    words = " ".join(ran.err.split())
    assert [one for one in said if one not in words] == []


def test_ordinary_pages_in_a_folder_are_no_failure(files: Path, tmp_path: Path) -> None:
    for name in ("cut.warc.gz", "wanting.warc.gz"):
        (files / name).unlink()
    ran = xxgk("import", str(files), "--json", folder=tmp_path)
    (line,) = ran.lines
    assert (ran.status, line["files"], line["captures"], line["problems"]) == (0, 3, 8, [])
    assert (line["derived"]["created"], line["derived"]["refused"]) == (2, 6)
