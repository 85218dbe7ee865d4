from __future__ import annotations

import signal
import socket
from pathlib import Path

import httpx
import pytest
import simplejson

from archive.store import Archive
from tests.crawler.commands import Here, start


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    with Archive.open(tmp_path / "xxgk-archive", create=True):
        pass
    return Here(capsys, monkeypatch, tmp_path, "serve")


@pytest.mark.parametrize(
    "beyond", [["--host", "0.0.0.0"], ["--host", "::"], ["--host", "192.0.2.1"], ["--name", "reports.example.org"]]
)
@pytest.mark.parametrize("password", [None, "short"])
def test_who_can_be_reached_from_elsewhere_needs_a_password(
    here: Here, monkeypatch: pytest.MonkeyPatch, beyond: list[str], password: str | None
) -> None:
    if password is not None:
        monkeypatch.setenv("XXGK_PASSWORD", password)
    ran = here(*beyond)
    assert ran.status == 2
    assert "can be reached from other machines: set a password of 8 characters or more" in ran.err


@pytest.mark.parametrize(
    ("written", "said"),
    [(None, "cannot be read"), ("\n", "has no password on its first line"), ("", "has no password")],
)
def test_a_password_file_without_a_password_is_named(here: Here, written: str | None, said: str) -> None:
    file = here.folder / "password"
    if written is not None:
        file.write_text(written)
    ran = here("--password-file", str(file))
    assert (ran.status, str(file) in ran.err, said in ran.err) == (2, True, True)


def test_a_port_that_is_taken_is_named(here: Here) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = here("--port", str(taken.getsockname()[1]))
    assert ran.status == 2
    assert "nothing can listen at 127.0.0.1:" in ran.err


def test_where_there_is_no_archive_nothing_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = Here(capsys, monkeypatch, tmp_path, "serve")("--port", "0")
    assert (ran.status, "there is no archive in" in ran.err) == (2, True)


def test_it_says_where_it_is_answers_there_and_ends_with_ctrl_c(here: Here) -> None:
    with start("serve", "--port", "0", "--json", folder=here.folder) as process:
        where = str(simplejson.loads(process.stdout.readline())["url"])
        with httpx.Client(base_url=where, trust_env=False) as client:
            assert client.get("/").status_code == 200
            assert client.get("/", headers={"host": "stranger.example"}).status_code == 421
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 3
    assert "the password for acknowledging, for this run: " in said


def test_under_another_name_everything_asks_for_the_password(here: Here) -> None:
    order = ("serve", "--port", "0", "--json", "--name", "Reports.Example.org")
    with start(*order, folder=here.folder, XXGK_PASSWORD="long enough") as process:
        where = str(simplejson.loads(process.stdout.readline())["url"])
        with httpx.Client(base_url=where, headers={"host": "reports.example.org"}, trust_env=False) as client:
            asked = client.get("/")
            assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2F")
            assert client.get("/api/v1/portals").status_code == 401
            assert client.get("/api/v1/portals", auth=("anybody", "long enough")).status_code == 200
        process.send_signal(signal.SIGINT)
    assert process.returncode == 3
