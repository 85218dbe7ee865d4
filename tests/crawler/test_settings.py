"""Scrapy's settings: every door shut, and a reason on every line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from crawler import settings

SOURCE = Path(str(settings.__file__)).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELNETCONSOLE_ENABLED", False),
        ("REMOTE_CONTROL_ENABLED", False),
        ("DOWNLOAD_VERIFY_CERTIFICATES", True),
        ("COOKIES_ENABLED", False),
        ("DOWNLOAD_DELAY_JITTER", 0),
        ("XXGK_DELAY_JITTER", 0.2),
        ("XXGK_ASK_RESTING", False),
        ("CONCURRENT_REQUESTS_PER_DOMAIN", 1),
        ("AUTOTHROTTLE_ENABLED", True),
        ("TWISTED_DNS_RESOLVER", "crawler.resolver.GuardedResolver"),
        ("XXGK_INSECURE_TLS", []),
    ],
)
def test_a_setting_that_guards_is_set(name: str, value: Any) -> None:
    assert getattr(settings, name) == value


@pytest.mark.parametrize("scheme", ["file", "data", "ftp", "s3"])
def test_nothing_but_http_is_fetched(scheme: str) -> None:
    assert settings.DOWNLOAD_HANDLERS[scheme] is None


def test_no_answer_may_be_larger_than_memory_can_hold() -> None:
    assert settings.DOWNLOAD_MAXSIZE <= 64 << 20


def test_every_setting_says_why() -> None:
    plain = {
        "BOT_NAME",
        "SPIDER_MODULES",
        "NEWSPIDER_MODULE",
        "USER_AGENT",
        "XXGK_ARCHIVE",
        "XXGK_DATABASE",
    }  # names of things
    lines = re.findall(r"^([A-Z][A-Z_]+)(?:: [^=]+)? = (.*)$", SOURCE, re.MULTILINE)
    grouped = {"DOWNLOAD_HANDLERS", "DEFAULT_REQUEST_HEADERS", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS", "ITEM_PIPELINES"}
    assert [name for name, rest in lines if name not in plain | grouped and "  # " not in rest] == []
