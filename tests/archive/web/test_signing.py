"""Signing in and out: who has the password, how long a session lasts, and what a closed site shows without one."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

import pytest
from httpx import Response

from archive.web.doors import sessions
from archive.web.doors.sessions import COOKIE, LASTS, Sessions, TooSoon
from archive.web.settings import Settings
from tests.archive.web.site import PASSWORD, Site, exchange, opened


class Ticks:
    """A clock of seconds that goes only when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    "path", ["/", "/portals", "/nowhere", "/api", "/sign-out", "//attack.example", "/\\attack.example"]
)
def test_a_closed_site_leads_people_to_where_they_sign_in(shut: Site, path: str) -> None:
    status, headers, body = exchange(shut.app, "GET", path, [("Host", "localhost")])
    assert (status, body) == (303, b"")
    assert headers["location"].startswith("/sign-in?next=%2F")
    asked = Site(shut.app).get(headers["location"])
    following = str(asked.one("input[name=next]").get("value"))
    assert following == (path if path.isalpha() or "attack" not in path else "/")


@pytest.mark.parametrize(
    "path", ["/api/v1/portals", "/api/v1/openapi.json", "/portals.csv", "/portals.xlsx", "/feeds/x.atom"]
)
def test_a_closed_site_asks_programs_for_the_password(shut: Site, path: str) -> None:
    response = shut.raw(path, 401)
    assert response.headers["www-authenticate"] == 'Basic realm="xxgk", charset="UTF-8"'
    assert response.json() == {"detail": "This site wants its password (HTTP Basic, any name)."}


def test_a_program_with_the_password_is_let_in(shut: Site) -> None:
    assert shut.raw("/api/v1/portals", 200, _basic(f"anybody:{PASSWORD}")).json()["total"] == 1
    shut.raw("/api/v1/portals", 200, {"authorization": f"BASIC {b64encode(f':{PASSWORD}'.encode()).decode()}"})
    shut.raw("/portals", 200, _basic(f"x:{PASSWORD}"))


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic ", "Basic x", "Basic ====", "Basic \xff", "Bearer correct horse", f"Basic {b64encode(PASSWORD.encode()).decode()}",
     f"Basic {b64encode(b'x:wrong').decode()}", f"Basic {b64encode(bytes([0x78, 0x3A, 0xFF])).decode()}"],
)  # fmt: skip
def test_a_program_without_it_is_not(shut: Site, authorization: str) -> None:
    headers = [("Host", "localhost"), ("Authorization", authorization)]
    assert exchange(shut.app, "GET", "/api/v1/portals", headers)[0] == 401


def test_who_signs_in_is_let_in_and_goes_on_where_they_wanted(shut: Site) -> None:
    asked = shut.raw("/portals", 303).headers["location"]
    following = str(shut.get(asked).one("input[name=next]").get("value"))
    told = shut.post("/sign-in", {"name": "王敏", "password": PASSWORD, "next": following})
    assert told.headers["location"] == "/portals"
    assert "已登录：王敏" in shut.get("/portals").text
    shut.json("/api/v1/portals")
    shut.post("/sign-out", {"token": shut.token()})
    shut.raw("/portals", 303)


def test_nothing_but_the_form_and_its_style_is_open(shut: Site) -> None:
    page = shut.get("/sign-in")
    shut.raw(str(page.one("link[rel=stylesheet]").get("href")))
    for path in ("/sign-in.csv", "/sign-in/../portals", "/sign-intruder", "/static/../portals", "/sign-in/x"):
        status, headers, _ = exchange(shut.app, "GET", path, [("Host", "localhost")])
        assert status in {303, 401, 404}, path
        assert status != 303 or headers["location"].startswith("/sign-in?next="), path


def test_a_wrong_password_is_told_and_soon_has_to_wait(fresh: Site) -> None:
    page = _form(fresh, "wrong", 403)
    assert "密码不对" in page
    assert "wrong" not in page
    assert re.search("请等 [12] 秒", _form(fresh, PASSWORD, 429))
    assert COOKIE not in fresh.cookies


def test_each_wrong_password_makes_the_next_wait_longer_and_the_right_one_ends_it() -> None:
    clock = Ticks()
    known = Sessions(PASSWORD, clock)
    waited = []
    for _ in range(9):
        assert not known.fits("wrong")
        with pytest.raises(TooSoon) as soon:
            known.fits(PASSWORD)
        waited.append(soon.value.seconds)
        clock.now += soon.value.seconds
    assert waited == [1, 2, 4, 8, 16, 32, 64, 64, 64]
    assert known.fits(PASSWORD)
    assert not known.fits("")
    clock.now += 1
    assert known.fits(PASSWORD)


def test_where_no_password_was_set_nobody_signs_in(city: Path) -> None:
    with opened(city, Settings()) as site:
        assert "/sign-in" not in {link.partition("?")[0] for link in site.get("/portals").links().values()}
        assert not site.get("/sign-in").css("input[type=password]")
        for password in ("", "None", PASSWORD):
            site.post("/sign-in", {"name": "王敏", "password": password}, 403)
    assert not Sessions(None).fits("")


@pytest.mark.parametrize("name", ["", "  ", "\t\n", "\u3000"])
def test_who_signs_in_has_a_name(fresh: Site, name: str) -> None:
    assert "请写下姓名" in fresh.post("/sign-in", {"name": name, "password": PASSWORD}, 422).text


def test_a_name_is_shown_as_it_was_written_and_no_longer_than_a_name(fresh: Site) -> None:
    fresh.sign_in('<script>x</script>" onclick="x')
    assert '已登录：<script>x</script>" onclick="x' in fresh.get("/portals").text
    fresh.post("/sign-in", {"name": "x" * 101, "password": PASSWORD}, 422)


# Sessions


def test_a_session_ends_by_the_clock_and_at_once_when_one_signs_out(
    fresh: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Ticks()
    monkeypatch.setattr(fresh.app.state.house.sessions, "_clock", clock)
    fresh.sign_in("王敏")
    clock.now += LASTS - 1
    assert "王敏" in fresh.get("/portals").text
    clock.now += 1
    assert "王敏" not in fresh.get("/portals").text
    fresh.sign_in("王敏")
    kept = fresh.cookies[COOKIE]
    fresh.post("/sign-out", {"token": fresh.token()})
    assert fresh.app.state.house.sessions.visitor(kept) is None


def test_no_page_of_before_is_kept_by_what_lies_between(fresh: Site) -> None:
    fresh.sign_in()
    assert fresh.raw("/portals").headers["cache-control"] == "private, no-cache"


def test_the_cookie_of_a_session_is_for_our_pages_only(fresh: Site) -> None:
    response = fresh.post("/sign-in", {"name": "王敏", "password": PASSWORD})
    (cookie,) = response.headers.get_list("set-cookie")
    assert {"httponly", "samesite=strict", "path=/", "max-age=43200"} <= {
        part.strip().lower() for part in cookie.split(";")
    }
    assert "domain" not in cookie.lower()
    assert len(cookie.partition("=")[2].partition(";")[0]) >= 43
    (choice,) = fresh.raw("/language/en?next=/portals", 303).headers.get_list("set-cookie")
    assert {"httponly", "samesite=lax"} <= {part.strip().lower() for part in choice.split(";")}


def test_a_session_is_new_each_time_and_that_of_a_visitor_is_not_taken_from_them(fresh: Site) -> None:
    fresh.cookies.set(COOKIE, "chosen-by-an-attacker", domain="localhost.local", path="/")
    fresh.sign_in()
    first = fresh.app.state.house.sessions
    assert first.visitor("chosen-by-an-attacker") is None
    for guessed in (None, "", "x", "\ud800"):
        assert first.visitor(guessed) is None


def test_only_so_many_sessions_are_open_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_MOST", 3)
    known = Sessions(PASSWORD)
    cookies = [known.begin(str(number)) for number in range(5)]
    assert [visitor.name for cookie in cookies if (visitor := known.visitor(cookie))] == ["2", "3", "4"]


def test_tokens_are_another_each_time_and_hold_for_their_session_only() -> None:
    known = Sessions(PASSWORD)
    one, other = (known.visitor(known.begin(name)) for name in ("王敏", "王敏"))
    assert one is not None
    assert other is not None
    tokens = {one.token() for _ in range(5)}
    assert len(tokens) == 5
    assert all(one.sent(token) and not other.sent(token) for token in tokens)


def _basic(credentials: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(credentials.encode()).decode()}"}


def _form(site: Site, password: str, status: int) -> str:
    response: Response = site.post("/sign-in", {"name": "王敏", "password": password}, status)
    return response.text
