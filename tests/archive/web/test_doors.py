"""The doors of the dashboard: who is answered, what an answer carries, who is signed in, and what is said of errors."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from archive.store import Archive
from archive.web.doors.bodies import LONGEST
from archive.web.doors.headers import PAGE_POLICY
from archive.web.doors.sessions import COOKIE
from archive.web.pages import portals
from tests.archive.web.site import ORIGIN, PASSWORD, Site, exchange

MISDIRECTED, FORBIDDEN = 421, 403


# Hosts


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost:8710", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8710"],
)
def test_the_names_of_this_machine_are_answered(site: Site, host: str) -> None:
    assert exchange(site.app, "GET", "/portals", [("Host", host)])[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "attack.example", "attack.example:8710", "localhost.attack.example", "localhost@attack.example", "127.0.0.1.attack.example",
        "127.0.0.2", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "::1", "localhost:", "localhost:port", "localhost:123456", "localhost.",
        "localhost ", "localhost/", "local\thost", "", "localhost,attack.example", "localhost:80:80", "[::1", "2130706433",
    ],
)  # fmt: skip
def test_every_other_name_is_refused_before_anything_is_shown(site: Site, host: str) -> None:
    status, headers, body = exchange(site.app, "GET", "/portals", [("Host", host)])
    assert status == MISDIRECTED
    assert body.startswith(b"This site is not called so here")
    assert "location" not in headers


def test_no_host_and_two_hosts_are_refused(site: Site) -> None:
    assert exchange(site.app, "GET", "/portals", [])[0] == MISDIRECTED
    for second in ("localhost", "attack.example"):
        assert exchange(site.app, "GET", "/portals", [("Host", "localhost"), ("Host", second)])[0] == MISDIRECTED


def test_a_name_in_another_header_is_not_believed(site: Site) -> None:
    claims = [("X-Forwarded-Host", "localhost"), ("Forwarded", "host=localhost"), ("X-Host", "localhost")]
    assert exchange(site.app, "GET", "/portals", [("Host", "attack.example"), *claims])[0] == MISDIRECTED
    status, _, body = exchange(
        site.app, "GET", "/portals", [("Host", "localhost"), ("X-Forwarded-Host", "attack.example")]
    )
    assert status == 200
    assert b"attack.example" not in body


@pytest.mark.parametrize(
    "path", ["http://attack.example/portals", "//attack.example/portals", "*", "attack.example:443"]
)
def test_a_target_with_a_host_of_its_own_leads_nowhere(site: Site, path: str) -> None:
    status, headers, body = exchange(site.app, "GET", path, [("Host", "localhost")])
    assert status == 404
    assert "location" not in headers
    assert b'"http://attack.example' not in body


def test_a_name_that_the_start_allows_is_answered(shut: Site) -> None:
    assert exchange(shut.app, "GET", "/sign-in", [("Host", "Archive.Example:443")])[0] == 200


# Changes


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://attack.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://localhost.attack.example"},
        {"origin": "http://localhost:8710"},
        {"origin": "http://user@localhost"},
        {"origin": "localhost"},
        {"origin": "file://"},
        {"origin": "http://["},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
        {"origin": ORIGIN, "sec-fetch-site": "none"},
        {"referer": f"{ORIGIN}/portals"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_change_from_elsewhere_is_refused(fresh: Site, headers: dict[str, str], method: str) -> None:
    response = fresh.ask(method, "/sign-in", data={"name": "王敏", "password": PASSWORD}, headers=headers)
    assert response.status_code == FORBIDDEN
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("headers", [{"origin": ORIGIN}, {"origin": ORIGIN, "sec-fetch-site": "same-origin"}])
def test_a_change_from_our_own_page_is_taken(fresh: Site, headers: dict[str, str]) -> None:
    response = fresh.ask("POST", "/sign-in", data={"name": "王敏", "password": PASSWORD}, headers=headers)
    assert response.status_code == 303
    assert COOKIE in response.headers["set-cookie"]


def test_signing_out_needs_a_form_of_the_same_session(fresh: Site) -> None:
    other = Site(fresh.app)
    other.sign_in("李雷")
    fresh.sign_in("王敏")
    for token in (
        "",
        "x",
        "x.y",
        ".",
        "é.é",
        other.token(),
        fresh.token()[:-1],
        "\ud800".encode("utf-8", "replace").decode(),
    ):
        fresh.post("/sign-out", {"token": token})
        assert "王敏" in fresh.get("/portals").text, token
    fresh.post("/sign-out", {"token": fresh.token()})
    assert "王敏" not in fresh.get("/portals").text
    assert "李雷" in other.get("/portals").text


def test_a_page_is_read_with_get_and_head_only(site: Site) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = site.ask(method, "/portals", headers={"origin": ORIGIN})
        assert (response.status_code, response.headers["content-security-policy"]) == (405, PAGE_POLICY)


@pytest.mark.parametrize(
    ("mode", "dest", "status"),
    [
        ("navigate", "document", 200),
        ("navigate", "iframe", 403),
        ("navigate", "embed", 403),
        ("no-cors", "image", 403),
        ("no-cors", "script", 403),
        ("cors", "empty", 403),
    ],
)
@pytest.mark.parametrize("where", ["cross-site", "same-site"])
def test_another_sites_page_may_link_here_and_show_nothing(
    site: Site, where: str, mode: str, dest: str, status: int
) -> None:
    asked = {"sec-fetch-site": where, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
    site.raw("/portals", status, asked)
    site.raw("/portals", 200, asked | {"sec-fetch-site": "same-origin"})


# Bodies


def test_a_body_that_is_announced_as_too_long_is_not_read(fresh: Site) -> None:
    for announced in (str(LONGEST + 1), "9" * 30, "-1", "x", "", "1e3", "٣"):
        headers = [("Host", "localhost"), ("Origin", ORIGIN), ("Content-Length", announced.encode().decode("latin-1"))]
        assert exchange(fresh.app, "POST", "/sign-in", headers, [b"never read"])[0] == 413, announced


def test_a_body_that_grows_too_long_on_its_way_is_refused(fresh: Site) -> None:
    form = [("Host", "localhost"), ("Origin", ORIGIN), ("Content-Type", "application/x-www-form-urlencoded")]
    status, headers, body = exchange(fresh.app, "POST", "/sign-in", form, [b"name=", *[b"x" * 9000] * 10])
    assert (status, headers["content-security-policy"]) == (413, PAGE_POLICY)
    assert body == b"A form has at most 65,536 bytes.\n"
    parts = [("Content-Type", "multipart/form-data; boundary=b"), *form[:2]]
    piece = b'--b\r\nContent-Disposition: form-data; name="name"; filename="x"\r\n\r\n'
    assert exchange(fresh.app, "POST", "/sign-in", parts, [piece, *[b"x" * 9000] * 10])[0] == 413


def test_a_body_of_many_fields_is_refused_or_read_and_breaks_nothing(fresh: Site) -> None:
    form = [("Host", "localhost"), ("Origin", ORIGIN), ("Content-Type", "application/x-www-form-urlencoded")]
    assert exchange(fresh.app, "POST", "/sign-in", form, [b"&".join([b"a=1"] * 15_000)])[0] in {400, 422}
    for body in (b"\xff\xfe=\x00", b"name=%ff%00&password=%00", b"name", b"=&=&=", b"%", b""):
        assert exchange(fresh.app, "POST", "/sign-in", form, [body])[0] in {303, 400, 403, 422, 429}, body
    for kind in ("multipart/form-data", "multipart/form-data; boundary=", "application/json", "x", ""):
        told = exchange(fresh.app, "POST", "/sign-in", [*form[:2], ("Content-Type", kind)], [b"{}"])
        assert told[0] in {400, 403, 415, 422, 429}, kind


# Answers


@pytest.mark.parametrize(
    "path",
    ["/portals", "/portals.csv", "/portals.xlsx", "/api/v1/portals", "/api/v1/openapi.json", "/static/site.css", "/sign-in", "/nowhere",
     "/api/v1/nowhere", "/static/../site.css", "/portals?after=x", "/api/v1/portals?limit=0", "/sign-in?next=/x", "/language/en"],
)  # fmt: skip
def test_every_answer_has_the_headers_that_hold_a_browser_back(site: Site, path: str) -> None:
    response = site.ask("GET", path)
    policy = response.headers["content-security-policy"]
    assert policy.count("default-src 'none'") == 1
    assert "script" not in policy
    expected = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    assert {name: response.headers[name] for name in expected} == expected
    assert "cookie" in response.headers["vary"].lower()
    assert "server" not in response.headers
    assert "access-control-allow-origin" not in response.headers


def test_what_is_the_same_is_not_sent_again(site: Site) -> None:
    first = site.raw("/portals")
    tag = first.headers["etag"]
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', tag)
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = site.raw("/portals", 304, {"if-none-match": known})
        assert (again.content, again.headers["etag"]) == (b"", tag)
        assert again.headers["content-security-policy"] == PAGE_POLICY
        assert again.headers["cache-control"] == "private, no-cache"
    for unknown in ('"x"', "x", 'W/""', ",", f'"{tag}'):
        assert site.raw("/portals", 200, {"if-none-match": unknown}).content == first.content


def test_another_language_another_visitor_and_another_coding_are_other_answers(site: Site) -> None:
    tag = site.raw("/portals").headers["etag"]
    assert site.raw("/portals?lang=en", 200, {"if-none-match": tag}).headers["etag"] != tag
    plain = site.raw("/portals", 200, {"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == site.raw("/portals").text
    site.sign_in()
    assert "已登录" in site.raw("/portals", 200, {"if-none-match": tag}).text


def test_a_change_of_the_archive_is_another_answer(own_site: Site, own_city: Path) -> None:
    tag = own_site.raw("/api/v1/portals").headers["etag"]
    own_site.raw("/api/v1/portals", 304, {"if-none-match": tag})
    from archive.deposit import deposit
    from archive.journal.notes import PortalNote

    with Archive.open(own_city, write=True) as archive:
        note = PortalNote(archive.clock(), None, portal="http://new.qingwan.gov.cn/", outcome="ok", detail=None)
        deposit(archive, notes=[note])
    assert own_site.raw("/api/v1/portals", 200, {"if-none-match": tag}).headers["etag"] != tag


def test_head_says_what_get_would_and_errors_have_no_tag(site: Site) -> None:
    got, headed = site.raw("/portals"), site.ask("HEAD", "/portals")
    assert headed.status_code == 200
    for name in ("content-type", "etag", "content-security-policy"):
        assert headed.headers[name] == got.headers[name]
    assert "etag" not in site.raw("/nowhere", 404).headers
    assert site.ask("HEAD", "/nowhere").status_code == 404
    assert site.ask("HEAD", "/portals.csv").status_code == 200


def test_the_style_is_kept_by_the_browser_as_long_as_it_is_the_same(site: Site) -> None:
    address = str(site.get("/portals").one("link[rel=stylesheet]").get("href"))
    assert site.raw(address).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert site.raw("/static/site.css?v=old").headers["cache-control"] == "private, no-cache"
    for path in (
        "/static/",
        "/static/site.py",
        "/static/%2e%2e/settings.py",
        "/static/..%2fsettings.py",
        "/static/site.css%00",
    ):
        assert site.ask("GET", path).status_code == 404


# Ways out

ELSEWHERE = (
    "//attack.example", "///attack.example", "/\\attack.example", "\\/attack.example", "\\\\attack.example", "http://attack.example/",
    "https:attack.example", "javascript:attack()", "attack.example", "/\t/attack.example", "/\n/attack.example", "\t//attack.example",
    " //attack.example", "/\x00/attack.example", "/\r\nSet-Cookie: attack=1", "data:text/html,x", "", "@attack.example", "/\u2028", "/报告",
)  # fmt: skip


@pytest.mark.parametrize("following", ELSEWHERE)
def test_no_page_leads_elsewhere_on_behalf_of_who_made_the_link(fresh: Site, following: str) -> None:
    chosen = fresh.raw(f"/language/en?next={quote(following)}", 303)
    assert chosen.headers["location"] == "/"
    assert "attack" not in str(chosen.headers)
    assert str(fresh.get(f"/sign-in?next={quote(following)}").one("input[name=next]").get("value")) == "/"
    assert fresh.post("/sign-in", {"name": "王敏", "password": PASSWORD, "next": following}).headers["location"] == "/"


@pytest.mark.parametrize(
    "following", ["/", "/portals?outcome=ok&after=50", "/publishers/7?year=2024#x", "/search?words=%E5%85%AC%E5%BC%80"]
)
def test_a_path_of_ours_is_gone_on_to(fresh: Site, following: str) -> None:
    assert fresh.raw(f"/language/zh?next={quote(following)}", 303).headers["location"] == following
    assert (
        fresh.post("/sign-in", {"name": "王敏", "password": PASSWORD, "next": following}).headers["location"]
        == following
    )


# Language


def test_the_language_is_chinese_until_somebody_chooses(site: Site) -> None:
    assert site.get("/portals").root.get("lang") == "zh-CN"
    english = str(site.get("/portals?outcome=ok").css(".visitor a")[0].get("href"))
    assert site.raw(english, 303).headers["location"] == "/portals?outcome=ok"
    assert site.get("/portals").root.get("lang") == "en"
    assert site.get("/portals", lang="zh").root.get("lang") == "zh-CN"
    assert site.raw(str(site.get("/portals").css(".visitor a")[0].get("href")), 303).headers["location"] == "/portals"
    assert site.get("/portals").root.get("lang") == "zh-CN"


@pytest.mark.parametrize("language", ["fr", "", "ZH", "../en", "<script>", "zh-CN", "\u0000"])
def test_a_language_that_is_none_of_ours_is_not_kept(site: Site, language: str) -> None:
    assert site.get(f"/portals?lang={quote(language)}").root.get("lang") == "zh-CN"
    response = site.ask("GET", f"/language/{quote(language, safe='')}")
    assert response.status_code in {303, 404}
    assert "set-cookie" not in response.headers
    site.cookies.set("xxgk-language", quote(language), domain="localhost.local", path="/")
    assert site.get("/portals").root.get("lang") == "zh-CN"


# Errors


def test_a_wrong_parameter_is_told_in_a_sentence_on_a_page_and_in_json(site: Site) -> None:
    wrong = f"/portals?outcome={'x' * 101}"
    assert (
        site.get(wrong, status=422).texts("main p")[0].startswith("参数有误：outcome: String should have at most 100")
    )
    assert site.get(wrong, lang="en", status=422).texts("main p")[0].startswith("A parameter is wrong: outcome: ")
    assert site.json(f"/api/v1{wrong}", 422)["detail"].startswith("outcome: String should have at most 100")
    assert site.json("/api/v1/portals?limit=501", 422)["detail"].startswith("limit: ")
    for after in ("x", "-1", "1e3", "٣", "9" * 19, " 1", "%00", "1%0a"):
        assert site.json(f"/api/v1/portals?after={after}", 422) == {"detail": "after: this is no cursor of ours"}
        site.get(f"/portals?after={after}", status=422)


@pytest.mark.parametrize("path", ["/nowhere", "/portals/", "/%00", "/%ff", "/static", "/<script>", "/portals.json"])
def test_what_is_not_there_is_told_on_a_page(site: Site, path: str) -> None:
    page = site.get(path, status=404)
    assert page.texts("main p")[0] == "没有这个页面：请从导航进入。"


def test_what_the_api_does_not_have_is_told_in_json(site: Site) -> None:
    assert site.json("/api/v1/nowhere", 404) == {"detail": "Not Found"}
    assert site.json("/api/v1/", 404) == {"detail": "Not Found"}


def test_what_the_archive_cannot_answer_is_told_with_its_sentence(fresh: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from archive.errors import ArchiveError, NoArchive, UnknownPublisher

    for error, status in (
        (UnknownPublisher("甲局 <b>"), 404),
        (NoArchive("gone"), 503),
        (ArchiveError("too <b>old"), 400),
    ):
        _break(monkeypatch, error)
        fresh.app.state.house.memory.forget()
        assert str(error) in fresh.get("/portals", status=status).text
        assert fresh.json("/api/v1/portals", status) == {"detail": str(error)}


def test_an_error_that_nobody_foresaw_is_in_the_log_and_nowhere_else(
    fresh: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _break(monkeypatch, RuntimeError("a secret at /home/somebody"))
    page = fresh.get("/portals", status=500)
    assert page.texts("main p")[0] == "出现意外错误，已记入运行日志。"
    told = fresh.json("/api/v1/portals", 500)
    assert told == {"detail": "something unforeseen happened; the log of the server has it"}
    for response in (page.response, fresh.raw("/portals.csv", 500), fresh.raw("/portals.xlsx", 500)):
        assert "secret" not in response.text + str(response.headers)
        assert "Traceback" not in response.text
        assert response.headers["content-security-policy"] == PAGE_POLICY
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in logged[:2]] == [
        "a page of the dashboard broke: GET '/portals'",
        "a page of the dashboard broke: GET '/api/v1/portals'",
    ]
    assert all("a secret at /home/somebody" in str(record.exc_info and record.exc_info[1]) for record in logged)


def _break(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(_: object) -> None:
        raise error

    monkeypatch.setattr(portals, "portals", broken)
