from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.captures import latest, payload, store
from archive.errors import UnreadableImport
from archive.intake.imports import import_paths
from archive.reports import list_reports, show, troubles
from archive.store import Archive
from archive.upkeep.verify import verify
from tests.archive.answers import answer, report_page
from tests.archive.conftest import Place
from tests.papers.paper import paper
from tests.papers.render import text, word

URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"
OTHER = "http://xxgk.qingwan.gov.cn/slj/1.html"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Reports in several formats, and what else lies about in a folder."""
    path = tmp_path / "给我的 files"
    (path / "2023").mkdir(parents=True)
    (path / "2023" / "财政局.html").write_bytes(report_page(paper("清湾市财政局")))
    (path / "2023" / "水利局.docx").write_bytes(word(paper("清湾市水利局")))
    (path / "审计局.txt").write_text(text(paper("清湾市审计局")), encoding="utf-8")
    (path / "指南.html").write_text("<title>政府信息公开指南</title><p>指南</p>", encoding="utf-8")
    (path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    return path


def test_a_folder_is_imported_with_all_below_it(archive: Archive, folder: Path) -> None:
    found = import_paths(archive, [folder])
    assert (found.files, found.captures, found.problems) == (4, 4, ())
    assert (found.derived.created, found.derived.refused) == (3, 1)
    assert {line.publisher for line in list_reports(archive)} == {"清湾市财政局", "清湾市水利局", "清湾市审计局"}
    view = show(archive, (folder / "2023" / "财政局.html").as_uri())
    assert view is not None
    assert view.captures[0].kind == "resource"
    assert verify(archive) == []


def test_an_import_can_be_repeated(archive: Archive, folder: Path) -> None:
    import_paths(archive, [folder])
    again = import_paths(archive, [folder])
    assert (again.captures, again.known) == (0, 4)
    assert len(list_reports(archive)) == 3


def test_a_file_that_changed_is_imported_again(archive: Archive, folder: Path) -> None:
    import_paths(archive, [folder])
    (folder / "2023" / "财政局.html").write_bytes(report_page(paper("清湾市财政局", seed=2)))
    again = import_paths(archive, [folder])
    assert (again.captures, again.derived.changed) == (1, 1)


def test_a_path_that_does_not_exist_is_wrong_usage(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(UnreadableImport, match="does not exist"):
        import_paths(archive, [tmp_path / "nothing"])


def test_progress_is_told_by_bytes_and_by_documents(archive: Archive, folder: Path) -> None:
    told: list[str] = []
    import_paths(archive, [folder], told.append)
    assert told[0] == "0 of 0 MiB: 水利局.docx"
    assert len([said for said in told if said.startswith("reading ")]) == 4


def foreign_warc(*responses: tuple[str, str, list[tuple[str, str]], bytes]) -> bytes:
    """A WARC file as another program writes it: uncompressed digests of its own, http statuses of all kinds."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    writer.write_record(writer.create_warcinfo_record("foreign.warc.gz", {"software": "another"}))
    for url, status, headers, body in responses:
        head = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
        fields = {"WARC-Date": "2021-02-03T04:05:06Z"}
        record = writer.create_warc_record(
            url, "response", payload=BytesIO(body), http_headers=head, warc_headers_dict=fields, length=len(body)
        )
        writer.write_record(record)
    return out.getvalue()


HTML = [("Content-Type", "text/html; charset=utf-8")]


@pytest.mark.parametrize("name", ["foreign.warc.gz", "foreign.warc"])
def test_documents_of_a_foreign_warc_file_keep_their_address_and_time(
    archive: Archive, tmp_path: Path, name: str
) -> None:
    body = report_page(paper("清湾市财政局", 2020))
    packed = gzip.compress(report_page(paper("清湾市水利局", 2020)))
    chunked = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    data = foreign_warc(
        (URL, "200 OK", [*HTML, ("Transfer-Encoding", "chunked")], chunked),
        (OTHER, "200 OK", [*HTML, ("Content-Encoding", "gzip")], packed),
        ("http://xxgk.qingwan.gov.cn/404", "404 Not Found", HTML, b"none"),
        ("http://xxgk.qingwan.gov.cn/logo.png", "200 OK", [("Content-Type", "image/png")], b"\x89PNG"),
    )
    path = tmp_path / name
    path.write_bytes(data if name.endswith("gz") else gzip.decompress(data))
    found = import_paths(archive, [path])
    assert (found.files, found.captures, found.skipped, found.problems) == (1, 2, 2, ())
    assert [line.url for line in list_reports(archive, year=2020)] == [URL, OTHER]
    capture = latest(archive, URL)
    assert capture is not None
    assert (capture.role, capture.fetched_at.isoformat()) == ("import", "2021-02-03T04:05:06+00:00")
    assert payload(archive, capture) == body
    assert import_paths(archive, [path]).known == 2
    assert verify(archive) == []


def test_a_cut_warc_file_gives_what_is_whole_and_a_problem(archive: Archive, tmp_path: Path) -> None:
    data = foreign_warc(
        (URL, "200 OK", HTML, report_page()), (OTHER, "200 OK", HTML, report_page(paper("清湾市水利局")))
    )
    path = tmp_path / "cut.warc.gz"
    path.write_bytes(data[:-400])
    found = import_paths(archive, [path])
    assert found.captures == 1
    assert len(found.problems) == 1
    assert OTHER in found.problems[0] or "cut" in found.problems[0]


def test_what_is_no_warc_file_is_a_problem_and_stops_nothing(archive: Archive, folder: Path) -> None:
    (folder / "a.warc.gz").write_bytes(b"\x1f\x8b\x08 no gzip at all")
    (folder / "b.warc").write_bytes(b"no warc at all\r\n\r\n")
    found = import_paths(archive, [folder])
    assert found.captures == 4
    assert len(found.problems) <= 2


def test_an_archive_can_be_made_anew_from_the_files_of_another(place: Place, tmp_path: Path) -> None:
    with Archive.open(tmp_path / "lost", create=True, write=True) as lost:
        store(lost, answer(URL, report_page()), role="article")
        store(lost, answer("http://xxgk.qingwan.gov.cn/robots.txt", b"", status=404), role="robots")
    with place.open() as archive:
        found = import_paths(archive, [tmp_path / "lost" / "warc"])
        assert (found.captures, found.skipped) == (1, 1)
        (line,) = list_reports(archive)
        assert line.url == URL


def test_a_file_that_was_named_and_holds_no_report_is_told(archive: Archive, folder: Path) -> None:
    path = folder / "指南.html"
    assert import_paths(archive, [folder]).without_report == ()
    for _ in range(2):  # also where it was known before
        (sentence,) = import_paths(archive, [path, folder / "审计局.txt"]).without_report
        assert sentence.startswith(f"{path}: refused: ")


def test_files_named_by_the_user_are_read_whatever_their_ending(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "report.download"
    path.write_bytes(report_page())
    assert import_paths(archive, [path]).derived.created == 1


def test_what_is_no_report_is_kept_and_shown(archive: Archive, folder: Path) -> None:
    import_paths(archive, [folder / "指南.html"])
    assert [trouble.outcome for trouble in troubles(archive)] == ["refused"]


def test_a_file_too_large_to_be_a_report_is_a_problem(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.intake.imports.LARGEST", 10)
    (tmp_path / "a.html").write_bytes(b"x" * 11)
    assert "larger than" in import_paths(archive, [tmp_path / "a.html"]).problems[0]
